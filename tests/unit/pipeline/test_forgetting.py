"""Who paid is in one place of the ledger, and is erased there without losing what was paid."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import Money, Payer, SubscriptionObservation, SubscriptionStatus
from penstock.domain import rules
from penstock.domain.change import Fact, change
from penstock.domain.events import Event, EventType
from penstock.domain.payment import Payment
from penstock.domain.subscription import Subscription
from penstock.errors import LedgerConflict
from penstock.pipeline.forgetting import Forget
from penstock.pipeline.retention import MARK, Retention
from penstock.ports import Outgoing
from penstock.testing.ports.samples import full
from tests.unit.pipeline.acme import NOON, notification
from tests.unit.pipeline.contended import Contended
from tests.unit.pipeline.invoicing import arrive
from tests.unit.pipeline.test_kill import Dying, Killed
from tests.unit.pipeline.world import ITEM_TIMEOUT, World

_LONG = 365
SECRETS = ("Ann", "ann@", "@example")


def forget(world: World) -> Forget:
    return Forget(world.wrapped_ledger, world.clock, world.ids)


def retention(world: World, days: int | None = _LONG) -> Retention:
    return Retention(
        world.wrapped_ledger,
        world.wrap(world.watermarks),
        forget(world),
        world.clock,
        days,
        ITEM_TIMEOUT,
    )


async def sold() -> World:
    """A sale with its invoice, as the bank confirmed it."""
    world = World()
    await arrive(world)
    await world.consume(world.verified, world.process)
    return world


async def told(world: World, payment: Payment) -> Sequence[Event]:
    return await world.ledger.history(payment.ref, 100)


def named(value: object) -> list[str]:
    return [one for one in SECRETS if one in repr(value)]


async def put_name_into_first_event(world: World) -> Payment:
    """As versions did that kept the name in events, too."""
    payment = await world.payment()
    first = (await told(world, payment))[-1]
    data = {**first.data, "payer": {"reference": "PAYER1", "name": "Ann"}}
    await world.ledger.rewrite(replace(first, data=data))
    return payment


async def test_the_ledger_keeps_events_without_the_name_and_publishes_them_with_it():
    world = await sold()
    payment = await world.payment()

    assert [{"reference": "PAYER1"}] * 2 == [
        event.data["payer"] for event in await told(world, payment)
    ]
    assert [{"reference": "PAYER1", "name": "Ann"}] * 2 == [
        event.data["payer"] for event in await world.published()
    ]


async def test_a_forgotten_payer_is_in_no_state_and_no_event_and_the_money_stays():
    world = await sold()
    before = await put_name_into_first_event(world)

    assert await forget(world)(before)
    after = await world.payment()

    data = [event.data for event in await told(world, after)]
    assert ([], []) == (named(data), named(after.payer))
    assert (Payer("PAYER1"), before.transactions, before.invoice_number, world.clock.now()) == (
        after.payer,
        after.transactions,
        after.invoice_number,
        after.forgotten_at,
    )
    assert not await forget(world)(after)


@pytest.mark.parametrize(
    ("state", "event", "erased"),
    [(False, False, False), (True, False, True), (False, True, True), (True, True, True)],
)
async def test_it_says_whether_there_was_a_name_in_the_state_or_in_an_event(
    state: bool, event: bool, erased: bool
):
    world = await sold()
    if event:
        await put_name_into_first_event(world)
    if not state:
        payment = await world.payment()
        decided = rules.forget(payment, now=NOON, new_id=world.ids.new)
        assert decided is not None
        await world.ledger.commit(decided)

    assert erased == await forget(world)(await world.payment())
    assert not await forget(world)(await world.payment())


async def test_a_name_is_erased_from_every_event_however_many_there_are():
    world = await sold()
    for _ in range(120):
        held = await world.payment()
        fact = Fact(EventType.payment_on_hold, {"payer": {"name": "Ann"}})
        decided = change(held, held, [fact], now=NOON, new_id=world.ids.new)
        await world.ledger.commit(decided)

    await forget(world)(await world.payment())

    events = await world.ledger.history((await world.payment()).ref, 1000)
    assert (122, []) == (len(events), named([one.data for one in events]))


@pytest.mark.parametrize("conflicts", [9, 10])
async def test_a_payer_is_forgotten_though_others_write_and_given_up_after_ten_tries(
    conflicts: int,
):
    world = await sold()
    ledger = Contended(world, conflicts)
    world.wrap = lambda port: ledger if port is world.ledger else port
    with nullcontext() if conflicts < 10 else pytest.raises(LedgerConflict, match="try again"):
        await forget(world)(await world.payment())

    assert (conflicts < 10) == (_name(await world.payment()) is None)


async def test_what_the_gateway_shows_later_does_not_bring_the_name_back():
    world = await sold()
    await forget(world)(await world.payment())

    again = notification("WH-2")
    await world.verified.send(Outgoing(again.dumps(), group=again.group, dedup="again"))
    await world.consume(world.verified, world.process)

    assert Payer("PAYER1") == (await world.payment()).payer


def test_a_forgotten_payment_is_still_the_one_its_key_asked_for():
    payment = replace(full(), version=1)
    decided = rules.forget(payment, now=NOON, new_id=lambda: "x")
    assert decided is not None
    after = decided.entity
    assert isinstance(after, Payment)

    other = replace(payment.order, amount=Money(1, "KWD"))
    assert (True, False) == (after.is_for(payment.order), after.is_for(other))
    assert (None, {}) == (after.order.payer and after.order.payer.name, {})


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_forgetting_that_is_killed_at_any_step_is_done_by_a_repeat(after: bool):
    step, died = 1, True
    while died:
        world = await sold()
        payment = await put_name_into_first_event(world)
        dying = Dying(step, after=after)
        world.wrap = dying
        with suppress(Killed):
            await forget(world)(payment)
        died, step = dying.died, step + 1
        world.wrap = lambda port: port

        await forget(world)(await world.payment())
        held = await world.payment()
        assert [] == named([held.payer, *(one.data for one in await told(world, held))])
    assert step > 4


async def test_retention_forgets_what_is_older_and_keeps_the_rest():
    world = await sold()
    world.clock.advance(timedelta(days=_LONG, hours=11).total_seconds())

    while await world.watermarks.get(MARK) is None or await _behind(world):
        assert 0 == await retention(world)()
    assert "Ann" == _name(await world.payment())
    world.clock.advance(timedelta(days=1).total_seconds())

    assert (1, None) == (await retention(world)(), _name(await world.payment()))
    assert 0 == await retention(world)()


async def test_without_a_retention_names_are_kept():
    world = await sold()
    world.clock.advance(timedelta(days=4000).total_seconds())

    assert (0, "Ann") == (await retention(world, None)(), _name(await world.payment()))


async def test_retention_that_has_no_time_left_repeats_the_day_at_its_next_run():
    world = await sold()
    world.clock.advance(timedelta(days=_LONG + 30).total_seconds())
    while not await _erased(world, remaining=lambda: 0.0):
        pass

    assert "Ann" == _name(await world.payment())
    assert (1, None) == (await retention(world)(), _name(await world.payment()))


@pytest.mark.parametrize(
    ("status", "kept"),
    [(SubscriptionStatus.active, "Bea"), (SubscriptionStatus.cancelled, None)],
)
async def test_a_subscriber_is_forgotten_with_the_payments_once_the_subscription_is_over(
    status: SubscriptionStatus, kept: str | None
):
    world = await sold()
    subscription = subscribed(status)
    await world.ledger.commit(change(None, subscription, now=NOON, new_id=world.ids.new))
    payment = await world.payment()
    paid = replace(payment, subscription=subscription.seen.reference)
    await world.ledger.commit(change(payment, paid, now=NOON, new_id=world.ids.new))
    world.clock.advance(timedelta(days=_LONG + 30).total_seconds())
    while _name(await world.payment()):
        await retention(world)()

    held = await world.ledger.load(Subscription, subscription.id)
    assert held is not None
    assert kept == (held.seen.subscriber and held.seen.subscriber.name)


def subscribed(status: SubscriptionStatus) -> Subscription:
    seen = SubscriptionObservation("I-1", status, NOON, subscriber=Payer(None, "Bea", "b@c.test"))
    return Subscription(id="acme-I-1", gateway="acme", seen=seen, created_at=NOON, updated_at=NOON)


def _name(payment: Payment) -> str | None:
    return payment.payer and payment.payer.name


async def _behind(world: World) -> bool:
    mark = await world.watermarks.get(MARK)
    assert mark is not None
    return mark.at.date() < (world.clock.now() - timedelta(days=_LONG + 1)).date()


async def _erased(world: World, remaining: Any) -> bool:
    """Whether the run got to the day of the sale, and could not begin it."""
    before = await world.watermarks.get(MARK)
    await retention(world)(remaining)
    return before is not None and before == await world.watermarks.get(MARK)
