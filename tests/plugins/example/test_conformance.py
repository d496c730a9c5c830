"""The Example gateway does what every gateway must, against its simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from penstock.plugins import load
from penstock.testing.conformance import (
    Bench,
    ChargesConformance,
    GatewayConformance,
    LookupConformance,
)
from penstock.testing.serving import served
from penstock_example.simulator import build


class TestExample(GatewayConformance, ChargesConformance, LookupConformance):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[Bench]:
        async with served(build(tmp_path)) as simulator:
            yield Bench(
                load(["penstock_example"]).gateway("example"),
                {"PROVIDER_EXAMPLE_REQUEST_URI": simulator.told.settings["request_uri"]},
                http=simulator.http,
            )
