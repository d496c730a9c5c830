"""A subscriber who owes, and the collection of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.api import Money
from penstock.domain.events import Event
from penstock.domain.operation import Operation
from penstock.errors import RequestRefused
from penstock.pipeline.batch import Backoff, Batch
from penstock.pipeline.charge import Charge
from penstock.pipeline.collect import Collect
from penstock.pipeline.collecting import CollectAsked, Collecting, collections
from penstock.pipeline.dispatch import Dispatch
from penstock.pipeline.hand_over import HandOver
from tests.unit.pipeline.club import Club
from tests.unit.pipeline.desk import Desk
from tests.unit.pipeline.world import CALLER, LEASE

OWED = Money(990, "EUR")


def hand_over(desk: Desk) -> HandOver:
    return HandOver(desk.wrap(desk.ledger), desk.wrap(desk.payments), desk.clock, desk.ids)


async def ask(desk: Desk, key: str = "k-1", **asked: object) -> Operation:
    stage = Collecting(desk.wrap(desk.ledger), hand_over(desk), desk.clock, desk.ids, {"club"})
    wanted = CollectAsked("the card was replaced", **asked)  # type: ignore[arg-type]  # by name
    _, operation = await stage(key, "club-I-1", wanted, CALLER)
    return operation


async def refused(desk: Desk, key: str = "k-1", **asked: object) -> RequestRefused:
    """What a request is refused with; nothing may have been sent."""
    before = await desk.payments.depth()
    with pytest.raises(RequestRefused) as refusal:
        await ask(desk, key, **asked)
    assert before == await desk.payments.depth()
    return refusal.value


async def work(desk: Desk) -> None:
    """One turn of the queue's consumer."""
    ledger = desk.wrap(desk.ledger)
    gateways = {"club": desk.wrap(desk.club)}
    charge = Charge({}, ledger, desk.publish, desk.clock, desk.ids, LEASE, desk.gate)
    collect = Collect(gateways, ledger, desk.publish, desk.clock, desk.ids, LEASE, desk.gate)
    messages = await desk.payments.receive(10, 0)
    batch = Batch(
        "test", Dispatch(charge, {}, collect), desk.payments, desk.clock, Backoff(2, 900), 20
    )
    for message, result in zip(messages, await batch.run(messages, lambda: 3600.0), strict=True):
        if result.status != "retry":
            await desk.payments.delete(message)


async def owing(club: Club | None = None) -> Desk:
    desk = Desk(club or Club())
    await desk.active()
    desk.club.held["I-1"] = replace(desk.club.held["I-1"], outstanding=OWED, failures=1)
    await desk.observe((await desk.subscription()).ref, "club")
    return desk


async def collection(desk: Desk) -> Operation:
    (found,) = collections(await desk.subscription())
    return found


async def told(desk: Desk) -> list[Event]:
    """What left about collections."""
    left = [Event.loads(message.body) for message in await desk.events.receive(10, 0)]
    return [one for one in left if one.type.startswith("collection.")]
