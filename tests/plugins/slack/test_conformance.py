"""Slack does what every sink must, against its simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from penstock.plugins import load
from penstock.testing.conformance import Bench, SinkConformance
from penstock.testing.serving import served
from penstock_slack.simulator import build


class TestSlack(SinkConformance):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[Bench]:
        async with served(build(tmp_path)) as simulator:
            yield Bench(
                load(["penstock_slack"]).sink("slack"),
                secret=simulator.told.secret,
                profile=simulator.told.profile,
                http=simulator.http,
            )
