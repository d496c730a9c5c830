"""AcmeChat does what every sink must, against its simulator."""

from __future__ import annotations

from pathlib import Path

import pytest
from acmechat.simulator import AcmeChatSimulator, build

from penstock.api import Attempt, Delivered
from penstock.plugins import load
from penstock.testing import Bench, Simulate, SinkConformance, event


@pytest.fixture
def simulator(tmp_path: Path) -> AcmeChatSimulator:
    return build(tmp_path)


@pytest.fixture
async def bench(penstock_simulator: Simulate, simulator: AcmeChatSimulator) -> Bench:
    running = await penstock_simulator(simulator)
    return Bench(
        load(["acmechat"]).sink("acmechat"), secret=running.told.secret, http=running.http
    )


class TestAcmeChat(SinkConformance):
    """The kit's checks."""


async def test_an_event_comes_as_a_cloudevent(bench: Bench, simulator: AcmeChatSimulator) -> None:
    told = event("payment.succeeded")

    assert Delivered() == await bench.build().deliver(told, Attempt(1))
    assert [told.cloud_event()] == list(simulator.messages)
