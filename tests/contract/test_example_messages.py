"""Every example of a message and of an event is consumed by both hosts, as it is documented."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from penstock.domain.events import Event
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.subscription import Subscription
from penstock.entrypoints.functions.host import Host
from penstock.entrypoints.serve.consume import Consumer
from penstock.ports import Outgoing
from penstock.settings import Function
from tests.contract.shown.documents import EXAMPLES, example
from tests.contract.shown.house import House, Visit, visiting
from tests.contract.shown.scenes import SCENES, run
from tests.unit.entrypoints.lambda_host import Remaining, records

EVENTS = sorted(path.stem for path in EXAMPLES.glob("event-*.json"))
MESSAGES = sorted(path.stem for path in EXAMPLES.glob("message-*.json"))
REQUESTED = {
    "message-payment-refund": next(one for one in SCENES if one.operation == "createRefund"),
    "message-collect": next(one for one in SCENES if one.operation == "collectSubscription"),
}
"""Messages that Penstock sends to itself, and the request that makes it send each."""


async def by_function(house: House, function: Function, queue: str) -> None:
    """The function's sandbox gets what the queue hands out."""
    messages = await house.world.queues[queue].receive(10, 0)
    host = Host(function, house.platform)
    answered = await asyncio.to_thread(host.batch, records(messages), Remaining())
    await asyncio.to_thread(host.close)

    assert {"batchItemFailures": []} == answered
    for message in messages:
        await house.world.queues[queue].delete(message)


async def by_serve(house: House, function: Function, queue: str) -> None:
    """A consumer of `penstock serve` works until the queue is empty."""
    stop = asyncio.Event()
    consumer = asyncio.create_task(Consumer(house.platform.batch(function), 10, stop).run())
    async with asyncio.timeout(10):
        while any((await house.world.queues[queue].depth()).values()):  # noqa: ASYNC110 - no event says that a queue is empty
            await asyncio.sleep(0)
        stop.set()
        await consumer


HOSTS = {"functions": by_function, "serve": by_serve}


@pytest.fixture(params=list(HOSTS))
def consume(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return HOSTS[request.param]


@pytest.mark.parametrize("name", EVENTS)
async def test_an_event_reaches_a_sink_as_it_is_documented(name: str, consume: Any):
    house, shown = House(), example(name)
    event = Event.loads(json.dumps(shown))
    sent = Outgoing(event.dumps(), group=event.entity, dedup=event.id)
    await house.world.queues["sink-pager"].send(sent)
    await consume(house, Function.deliver, "sink-pager")

    (got,) = (one.cloud_event() for one in house.pager.got)
    assert {**shown, "time": got["time"]} == got


@pytest.mark.parametrize("name", [one for one in MESSAGES if one not in REQUESTED])
async def test_a_payment_that_is_sent_as_a_message_is_charged(name: str, consume: Any):
    house, shown = House(), example(name)
    sent = Outgoing(json.dumps(shown), group=shown["id"], dedup=shown["id"])
    await house.world.queues["payments"].send(sent)
    await consume(house, Function.charge, "payments")

    payment = await house.world.ledger.load(Payment, shown["id"])
    assert payment is not None
    assert PaymentStatus.succeeded is payment.status
    assert shown["order"]["amount"] == payment.order.amount.minor


@pytest.mark.parametrize("name", REQUESTED)
async def test_a_message_of_our_own_is_sent_as_documented_and_done(name: str, consume: Any):
    async with visiting("functions") as visit:
        await run(REQUESTED[name], visit)
        queue = visit.house.world.queues["payments"]
        (message,) = await queue.receive(10, 0)
        assert example(name) == json.loads(message.body)

        await queue.postpone([message], 0)
        await consume(visit.house, Function.charge, "payments")

        assert OperationState.succeeded is await outcome(visit, example(name))


async def outcome(visit: Visit, message: dict[str, str]) -> OperationState:
    """Where the message's operation stands."""
    collect = message["action"] == OperationKind.collect.value
    kind = Subscription if collect else Payment
    entity = await visit.house.world.ledger.load(kind, message["id"])
    assert entity is not None
    operation = entity.operation_by_id(message["operation"])
    assert operation is not None
    return operation.state
