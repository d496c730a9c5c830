"""AcmeChat does what every sink must, against its simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from acmechat.simulator import build

from penstock.api import Attempt, Delivered
from penstock.plugins import load
from penstock.testing import Bench, SinkConformance, event, served


class TestAcmeChat(SinkConformance):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[Bench]:
        async with served(build(tmp_path)) as simulator:
            yield Bench(
                load(["acmechat"]).sink("acmechat"),
                secret=simulator.told.secret,
                http=simulator.http,
            )


async def test_an_event_comes_as_a_cloudevent(tmp_path: Path) -> None:
    simulator = build(tmp_path)
    told = event("payment.succeeded")
    async with served(simulator) as running:
        bench = Bench(
            load(["acmechat"]).sink("acmechat"), secret=running.told.secret, http=running.http
        )

        assert Delivered() == await bench.build().deliver(told, Attempt(1))

    assert [told.cloud_event()] == list(simulator.messages)
