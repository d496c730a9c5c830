"""Publish: what is committed leaves in order, and who else writes meanwhile is no obstacle."""

from __future__ import annotations

from typing import Any

from penstock.domain.change import Change
from penstock.domain.payment import Payment
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import LedgerConflict
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import notification
from tests.unit.pipeline.world import World

SALE = Ref(EntityKind.payment, "acme-SALE1")


class Overtaken:
    """A ledger to which somebody else writes just before the mark does."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def commit(self, change: Change[Any]) -> None:
        before = await self._ledger.load(Payment, change.entity.id)
        if before is not None and change.entity.published > before.published:
            self.refused += 1
            raise LedgerConflict("not at the expected version any more")
        await self._ledger.commit(change)


async def test_an_event_that_left_while_its_payment_moved_on_is_no_failure():
    world = World()
    ledger = Overtaken(world.ledger)
    world.wrap = lambda port: ledger if port is world.ledger else port
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="d"))

    (result,) = await world.consume(world.verified, world.process)

    assert ("done", True) == (result.status, ledger.refused > 0)
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
