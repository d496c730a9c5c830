"""What two workers do at the same moment is done once, and neither fails for the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from penstock.domain.change import Change, change
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Payment
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.signup import SignUp
from penstock.errors import GatewayUnavailable, LedgerConflict
from penstock.pipeline.orders import load_order
from tests.unit.pipeline.acme import NOON
from tests.unit.pipeline.club import asked
from tests.unit.pipeline.desk import Desk
from tests.unit.pipeline.invoicing import arrive
from tests.unit.pipeline.store import CALLER, Store
from tests.unit.pipeline.world import World

ORDER = load_order({"amount": 1250, "currency": "USD"})


class Around:
    """A ledger with some of its methods replaced."""

    def __init__(self, ledger: Any, **methods: Callable[..., Any]) -> None:
        self._ledger = ledger
        for name, method in methods.items():
            setattr(self, name, method)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


def late(ledger: Any, kind: type[Any]) -> Around:
    """A ledger whose first look was before the other request was committed."""
    looked: list[bool] = []

    async def load(wanted: type[Any], identity: str) -> Any:
        if wanted is kind and not looked:
            looked.append(True)
            return None
        return await ledger.load(wanted, identity)

    return Around(ledger, load=load)


def refusing(ledger: Any) -> Around:
    """A ledger that is never at the expected version, and holds nothing."""

    async def commit(decided: Change[Any]) -> None:
        raise LedgerConflict("not at the expected version any more")

    return Around(ledger, commit=commit)


async def test_the_same_checkout_asked_for_at_the_same_moment_is_one():
    store = Store()
    first = await store.pay()
    slow = late(store.ledger, Payment)
    store.wrap = lambda port: slow if port is store.ledger else port

    second = await store.pay()

    assert (first.approval, 1) == (second.approval, len(store.till.requests))


async def test_the_same_sign_up_asked_for_at_the_same_moment_is_one():
    desk = Desk()
    first = await desk.subscribe("key-1", asked())
    slow = late(desk.ledger, SignUp)
    desk.wrap = lambda port: slow if port is desk.ledger else port

    second = await desk.subscribe("key-1", asked())

    assert (first.opened, 1) == (second.opened, len(desk.club.requests))


async def test_a_ledger_that_takes_nothing_is_a_failure_of_a_sign_up():
    desk = Desk()
    ledger = refusing(desk.ledger)
    desk.wrap = lambda port: ledger if port is desk.ledger else port

    with pytest.raises(LedgerConflict):
        await desk.subscribe("key-1", asked())


async def test_a_ledger_that_takes_nothing_is_a_failure_of_a_checkout():
    store = Store()
    ledger = refusing(store.ledger)
    store.wrap = lambda port: ledger if port is store.ledger else port

    with pytest.raises(LedgerConflict):
        await store.open("key-1", "till", ORDER, CALLER)


async def test_a_ledger_that_takes_nothing_is_a_failure_of_a_payment():
    world = World()
    ledger = refusing(world.ledger)
    world.wrap = lambda port: ledger if port is world.ledger else port

    with pytest.raises(LedgerConflict):
        await world.accept("key-1", "acme", ORDER, CALLER)


async def test_a_charge_that_began_before_its_message_was_noted_is_left_as_it_is():
    world = World()
    commits: list[str] = []

    async def commit(decided: Change[Any]) -> None:
        commits.append(decided.entity.id)
        if len(commits) == 2:
            # The message is taken at once: the consumer has written first.
            await world.ledger.commit(
                change(held := await world.payment(commits[0]), held, now=NOON, new_id=str)
            )
        await world.ledger.commit(decided)

    ledger = Around(world.ledger, commit=commit)
    world.wrap = lambda port: ledger if port is world.ledger else port

    accepted = await world.accept("key-1", "acme", ORDER, CALLER)

    assert (2, 1) == (len(commits), len(await world.drain(world.payments)))
    assert accepted.id == commits[0]


async def test_a_follow_that_fails_holds_up_no_other_and_is_told():
    """
    Each is tried: what one entity meets is no reason to leave another as it was.
    """
    world = World()
    await arrive(world)
    await world.consume(world.verified, world.process)
    held = await world.payment()
    follows = [
        Operation(f"f-{name}", OperationKind.follow, reference=f"{kind}#{name}", due_at=NOON)
        for kind, name in (
            ("subscription", "acme-1"),
            ("payment", "acme-2"),
            ("subscription", "acme-3"),
            ("payment", "acme-4"),
        )
    ]
    after = replace(held, operations=(*held.operations, *follows), version=held.version + 1)
    await world.ledger.commit(Change(after, held.version))
    asked: list[str] = []

    class Observing:
        async def __call__(self, target: Ref, gateway: str, learned: Any) -> None:
            asked.append(target.id)
            raise GatewayUnavailable(f"away: {target.id}")

    finish = replace(world.finish, observe_subscription=Observing())

    with pytest.raises(GatewayUnavailable, match="away: acme-1"):
        await finish(held.ref)

    left = [one.id for one in (await world.payment()).operations if one.kind == "follow"]
    assert (["acme-1", "acme-3"], ["f-acme-1", "f-acme-3"]) == (asked, left)
    assert set(held.operations) <= set((await world.payment()).operations)


async def test_an_entity_that_is_not_there_has_nothing_to_finish():
    world = World()

    await world.finish(Ref(EntityKind.payment, "acme-NONE"))

    assert [] == await world.published()


async def test_events_that_wait_leave_together_and_are_marked_together():
    world = World()
    await arrive(world)
    await world.consume(world.verified, world.process)
    await world.published()
    # Longer than the topic remembers an event's id.
    world.clock.advance(600)
    held = await world.payment()
    again = replace(held, published=0, version=held.version + 1)
    await world.ledger.commit(Change(again, held.version))

    after = await world.publish(held.ref)

    assert after is not None
    assert (2, 2) == (len(await world.published()), after.published)
