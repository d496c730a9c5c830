"""Asking for refunds: what is reserved, what is refused, and that nothing is sent then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from penstock import problems
from penstock.domain import rules
from penstock.domain.caller import Caller
from penstock.domain.change import change
from penstock.domain.money import Money
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from penstock.errors import RequestRefused
from penstock.pipeline.orders import ActionMessage, load_message
from penstock.pipeline.refunding import RefundAsked
from tests.unit.pipeline.charging import payment, send
from tests.unit.pipeline.refunds import ask, paid, refunds, refused, work
from tests.unit.pipeline.world import CALLER, World


async def test_a_refund_is_reserved_before_its_message_is_sent():
    world = World()
    await paid(world)

    identity = await ask(world, 500, reason="damaged", note="sorry")

    (refund,) = await refunds(world)
    (sent,) = await world.drain(world.payments)
    asked = load_message(sent.body)
    assert isinstance(asked, ActionMessage)
    assert (identity, identity, "p1", None) == (
        refund.id,
        asked.operation,
        sent.group,
        refund.due_at,
    )
    assert refund.terms is not None
    assert (Money(500, "USD"), "damaged", "sorry", "t-1") == (
        refund.terms.amount,
        refund.terms.reason,
        refund.terms.note,
        refund.terms.token,
    )
    assert Money(750, "USD") == rules.refundable(await payment(world))


async def test_without_an_amount_all_that_is_left_goes_back():
    world = World()
    await paid(world)
    await ask(world, 500, key="k-1")

    await ask(world, key="k-2")

    amounts = [one.terms.amount.minor for one in await refunds(world) if one.terms]
    assert [500, 750] == amounts


async def test_the_same_key_is_the_same_refund_and_sends_it_again():
    world = World()
    await paid(world)
    first = await ask(world, 500)

    again = await ask(world, 500)

    assert (first, 1) == (again, len(await refunds(world)))


async def test_decimals_that_the_gateway_does_not_take_are_refused_before_anything_is_reserved():
    world = World()
    await paid(world)
    stage = replace(world.refunding, whole={"acme": {"USD"}})

    with pytest.raises(RequestRefused) as refusal:
        await stage("k-1", "p1", RefundAsked(501, "USD"), CALLER)
    _, taken = await stage("k-2", "p1", RefundAsked(500, "USD"), CALLER)
    _, rest = await stage("k-3", "p1", RefundAsked(), CALLER)

    assert [("body.amount", "acme takes no decimals in USD; round 5.01 USD")] == list(
        refusal.value.fields
    )
    assert [taken.id, rest.id] == [one.id for one in await refunds(world)]


async def test_the_same_key_with_another_amount_is_refused():
    world = World()
    await paid(world)
    await ask(world, 500)

    told = await refused(world, 501)

    assert problems.KEY_REUSED == told.kind
    assert 1 == len(await refunds(world))


async def test_a_key_belongs_to_a_client():
    world = World()
    await paid(world)
    first = await ask(world, 500)
    other = Caller("t-2", "another", CALLER.scopes)

    _, refund = await world.refunding("k-1", "p1", RefundAsked(500, "USD"), other)

    assert first != refund.id


async def test_a_refund_above_what_is_left_names_what_is_left_and_sends_nothing():
    world = World()
    await paid(world)
    await ask(world, 1000, key="k-1")

    told = await refused(world, 251, key="k-2")

    assert (problems.REFUND_TOO_HIGH, "body.amount") == (told.kind, told.fields[0][0])
    assert "250 (2.50 USD) at most" in told.fields[0][1]


async def test_another_currency_is_refused_with_the_right_one():
    world = World()
    await paid(world)

    told = await refused(world, 500, currency="EUR")

    assert (("body.currency", "must be USD, the payment's own"),) == told.fields


async def test_a_payment_that_never_succeeded_has_nothing_to_refund():
    world = World()
    await send(world)
    await world.consume(world.payments, world.dispatch)
    held = await payment(world)
    declined = replace(held, status=PaymentStatus.declined, paid=False, transactions=())
    await world.ledger.commit(change(held, declined, now=world.clock.now(), new_id=world.ids.new))

    told = await refused(world, 500)

    assert (problems.NOTHING_TO_REFUND, True) == (told.kind, "declined" in told.detail)


async def test_a_payment_whose_money_is_all_held_has_nothing_left():
    world = World()
    await paid(world)
    await ask(world, key="k-1")

    told = await refused(world, key="k-2")

    assert problems.NOTHING_TO_REFUND == told.kind
    assert "nothing is left" in told.detail


async def test_a_payment_that_is_not_there_is_404():
    with pytest.raises(RequestRefused) as refusal:
        await ask(World())

    assert problems.NO_SUCH_PAYMENT == refusal.value.kind


async def test_a_gateway_without_refunds_is_refused_with_those_that_have_them():
    world = World()
    await paid(world)
    other = replace(world.refunding, providers={"paypal", "example"})

    with pytest.raises(RequestRefused) as refusal:
        await other("k-1", "p1", RefundAsked(), CALLER)

    assert problems.NO_REFUNDS == refusal.value.kind
    assert refusal.value.detail.endswith("these take refunds: example, paypal")


async def test_a_payment_takes_only_so_many_refunds():
    world = World()
    await paid(world)
    for number in range(rules.MOST_REFUNDS):
        await ask(world, 1, key=f"k-{number}")

    told = await refused(world, 1, key="one more")

    assert f"{rules.MOST_REFUNDS} refunds" in told.detail


def everybody_by_turns(port: Any) -> Any:
    """Goes around every port: each call lets everybody else go on first."""

    class Yielding:
        def __init__(self) -> None:
            for name in (one for one in dir(port) if not one.startswith("_")):
                member = getattr(port, name)
                setattr(self, name, partial(_yielding, member) if callable(member) else member)

    return Yielding()


async def _yielding(member: Callable[..., Awaitable[Any]], *args: Any, **kw: Any) -> Any:
    await asyncio.sleep(0)
    return await member(*args, **kw)


async def test_twenty_refunds_at_once_never_ask_for_more_than_is_left():
    world = World()
    await paid(world)

    async def one(number: int) -> int:
        try:
            await ask(world, 100, key=f"k-{number}")
        except RequestRefused:
            return 0
        return 100

    world.wrap = everybody_by_turns
    taken = await asyncio.gather(*(one(number) for number in range(20)))
    world.wrap = lambda port: port
    for _ in range(4):
        await work(world)

    done = [op for op in await refunds(world) if op.state is OperationState.succeeded]
    back = sum(money.minor for money in world.acme.sent_back.values())
    assert (1200, 1200, 12) == (sum(taken), back, len(done))
    assert Money(1200, "USD") == (await payment(world)).refunded
    assert len(world.acme.refund_calls) == len(world.acme.sent_back)
