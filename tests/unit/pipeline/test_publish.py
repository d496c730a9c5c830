"""Publish: what is committed leaves in order, and who else writes meanwhile is no obstacle."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.domain.change import Change, Fact, change
from penstock.domain.events import EventType
from penstock.domain.payment import Payment
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import LedgerConflict
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import notification
from tests.unit.pipeline.world import World

SALE = Ref(EntityKind.payment, "acme-SALE1")


class Overtaken:
    """A ledger to which another worker writes just before the n-th commit of a mark."""

    def __init__(self, ledger: Any, nth: int) -> None:
        self._ledger = ledger
        self._left = nth

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def commit(self, change: Change[Any]) -> None:
        before = await self._ledger.load(Payment, change.entity.id)
        if before is not None and change.entity.published > before.published:
            self._left -= 1
            if self._left == 0:
                raise LedgerConflict("not at the expected version any more")
        await self._ledger.commit(change)


@pytest.mark.parametrize("nth", [1, 2], ids=["with the invoice's commit", "by itself"])
async def test_an_event_that_left_while_its_payment_moved_on_is_no_failure(nth: int):
    world = World()
    ledger = Overtaken(world.ledger, nth)
    world.wrap = lambda port: ledger if port is world.ledger else port
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="d"))

    (result,) = await world.consume(world.verified, world.process)

    assert "done" == result.status
    world.wrap = lambda port: port
    await world.publish(SALE)
    held = await world.ledger.load(Payment, "acme-SALE1")
    assert held is not None
    assert not held.unsent
    # The same ids again: the topic drops them, as it drops any copy.
    assert ["payment.succeeded", "invoice.paid"] == [e.type for e in await world.published()]


async def test_what_is_marked_is_not_sent_again():
    world = World()
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="d"))
    await world.consume(world.verified, world.process)

    held = await world.ledger.load(Payment, "acme-SALE1")
    world.wrap = lambda port: None if port is world.events else port

    # There is no topic now that could be sent to.
    assert held == await world.publish(SALE)
    assert await world.publish(Ref(EntityKind.payment, "nobody's")) is None


class Reads:
    """A ledger that notes what is read of it, and by which call."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name in ("find", "load", "unsent"):
            self.calls.append(name)
        return getattr(self._ledger, name)


async def test_what_was_committed_just_now_is_not_read_again():
    world = World()
    ledger = Reads(world.ledger)
    world.wrap = lambda port: ledger if port is world.ledger else port
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="d"))

    await world.consume(world.verified, world.process)

    # Whether the notification is known, and how its payment stands.
    assert ["load", "find"] == ledger.calls
    assert ["payment.succeeded", "invoice.paid"] == [e.type for e in await world.published()]


async def test_events_that_an_earlier_commit_left_behind_go_first():
    world = World()
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="d"))
    await world.consume(world.verified, world.process)
    await world.ledger.commit(await moved(world, EventType.payment_released))
    latest = await moved(world, EventType.payment_released)
    await world.ledger.commit(latest)

    await world.publish.unsent(latest.entity)

    assert [1, 2, 3, 4] == [event.sequence for event in await world.published()]


async def moved(world: World, fact: EventType) -> Change[Payment]:
    """A change of the payment, as one decides that has just read it."""
    read = await world.ledger.load(Payment, SALE.id)
    assert read is not None
    return change(read, read, [Fact(fact)], now=world.clock.now(), new_id=world.ids.new)
