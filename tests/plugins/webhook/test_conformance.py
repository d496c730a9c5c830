"""The webhook sink does what every sink must, against its simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from penstock.plugins import load, plugin_variables
from penstock.plugins.registration import Kind
from penstock.testing.clock import NOON
from penstock.testing.conformance import Bench, SinkConformance
from penstock.testing.serving import served
from penstock_webhook.simulator import build


class TestWebhook(SinkConformance):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[Bench]:
        endpoint = build(tmp_path)
        endpoint.now = lambda: NOON
        async with served(endpoint) as simulator:
            yield Bench(
                load(["penstock_webhook"]).sink("webhook"),
                environ=plugin_variables(Kind.sink, "webhook", simulator.told.settings),
                secret=simulator.told.secret,
                profile=simulator.told.profile,
                http=simulator.http,
            )
