"""An event that Slack's host did not take arrives before the next one of its payment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from penstock.adapters.http import AiohttpHttp
from penstock.adapters.memory import MemoryAttempts
from penstock.api import EventType
from penstock.pipeline.deliver import Deliver
from penstock.ports import Outgoing
from penstock.testing.builders import event
from penstock.testing.context import FixedSecrets, context
from penstock_slack.simulator import build
from penstock_slack.sink import SlackSettings, SlackSink
from tests.unit.pipeline.world import World

FIRST = event(EventType.payment_succeeded, id="event-1", sequence=1)
NEXT = event(EventType.invoice_paid, id="event-2", sequence=2)


@pytest.mark.parametrize("status", [408, 425, 429, 503])
async def test_a_message_that_slack_asks_for_again_arrives_once_and_before_the_next(
    tmp_path: Path, status: int
):
    world, simulator = World(), build(tmp_path)
    http = AiohttpHttp(5.0)
    client: TestClient[Any, Any]
    async with TestClient(TestServer(simulator.app)) as client:
        told = simulator.describe(str(client.make_url("")))
        fault = {"method": "POST", "path": "/services/", "status": status, "body": "x", "times": 1}
        async with client.post("/_simulator/faults", json=[fault]) as answer:
            assert 200 == answer.status
        sink = SlackSink(
            context(
                SlackSettings(), http=http, secrets=FixedSecrets(told.secret), profile=told.profile
            )
        )
        deliver = Deliver(sink, MemoryAttempts(), world.clock)
        for one in (FIRST, NEXT):
            await world.events.send(Outgoing(one.dumps(), group=one.entity, dedup=one.id))
        results = await world.consume(world.events, deliver)
        world.clock.advance(2)
        again = await world.consume(world.events, deliver)

        assert ["retry", "retry"] == [result.status for result in results]
        assert ["done", "done"] == [result.status for result in again]
        assert ["Payment succeeded: 12.50 USD", "Invoice paid: 12.50 USD"] == [
            one["text"].splitlines()[0] for one in simulator.messages
        ]
        await http.aclose()
