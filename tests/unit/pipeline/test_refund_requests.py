"""A request for a refund: what is taken, refused, and reserved."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock import problems
from penstock.api import Declined, Money
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.errors import LedgerConflict, MissingCapability, RequestRefused, UnknownGateway
from penstock.pipeline.refund import refunding
from penstock.pipeline.refunding import RefundAsked
from tests.unit.pipeline.acme import NOON, Acme
from tests.unit.pipeline.contended import Contended
from tests.unit.pipeline.refund_terms import TERMS, asked, rewritten
from tests.unit.pipeline.refunds import ask, paid, refunds, refused, work
from tests.unit.pipeline.world import CALLER, LEASE, World


@pytest.mark.parametrize("amount", [1, 1249, 1250])
async def test_as_much_as_is_left_can_be_asked_for(amount: int):
    world = World()
    await paid(world)
    await ask(world, amount)
    await work(world)

    assert [Money(amount, "USD")] == list(world.acme.sent_back.values())


@pytest.mark.parametrize("currency", ["EUR", "ZAR"])
async def test_any_other_currency_is_refused(currency: str):
    world = World()
    await paid(world)

    assert problems.FIELD_REFUSED == (await refused(world, 500, currency=currency)).kind


@pytest.mark.parametrize("amount", [None, 100, 200, 300, 400, 501, 600, 700, 800])
async def test_the_same_key_with_any_other_amount_is_refused(amount: int | None):
    world = World()
    await paid(world)
    await ask(world, 500)

    assert problems.KEY_REUSED == (await refused(world, amount)).kind


@pytest.mark.parametrize(
    ("providers", "says"),
    [(set[str](), "none that is configured here"), ({"b", "a"}, "a, b")],
)
async def test_a_gateway_without_refunds_names_those_that_have_them(
    providers: set[str], says: str
):
    world = World()
    await paid(world)
    other = replace(world.refunding, providers=providers)

    with pytest.raises(RequestRefused) as refusal:
        await other("k-1", "p1", RefundAsked(), CALLER)

    assert refusal.value.detail.endswith(f"these take refunds: {says}")


@pytest.mark.parametrize(("held", "taken"), [(49, True), (50, False), (51, False)])
async def test_fifty_refunds_are_taken(held: int, taken: bool):
    world = World()
    one = await paid(world)
    more = tuple(
        Operation(f"op-{number}", OperationKind.refund, OperationState.declined, terms=TERMS)
        for number in range(held)
    )
    await rewritten(world, operations=(*one.operations, *more))

    if taken:
        await ask(world, 1)
    else:
        assert "50 refunds" in (await refused(world, 1)).detail


async def test_a_refund_is_due_after_a_minute_until_its_message_is_sent():
    world = World()
    await paid(world)

    class Down:
        async def send(self, message: Any) -> None:
            raise ConnectionError

    world.wrap = lambda port: Down() if port is world.payments else port
    with pytest.raises(ConnectionError):
        await ask(world, 500)

    assert world.clock.now() + timedelta(seconds=60) == (await refunds(world))[0].due_at


async def test_a_refund_that_is_over_is_not_sent_again_by_its_key():
    world = World()
    await paid(world)
    await ask(world, 500)
    await work(world)
    world.clock.advance(600)

    await ask(world, 500)

    assert 0 == (await world.payments.depth())["visible"]


@pytest.mark.parametrize("conflicts", [49, 50])
async def test_a_refund_is_reserved_though_others_write_and_given_up_after_50_tries(
    conflicts: int,
):
    world = World()
    await paid(world)
    ledger = Contended(world, conflicts)
    world.wrap = lambda port: ledger if port is world.ledger else port

    kept = conflicts < 50
    with nullcontext() if kept else pytest.raises(LedgerConflict, match="nothing was reserved"):
        await ask(world, 500)

    assert (1 if kept else 0) == len(await refunds(world))


def test_a_gateway_that_sends_money_back_is_found_by_its_name():
    class Mute:
        name = "mute"

    acme = Acme()
    gateways: Any = {"acme": acme, "mute": Mute()}

    assert acme is refunding(gateways, "acme")
    with pytest.raises(UnknownGateway):
        refunding(gateways, "none")
    with pytest.raises(MissingCapability, match="mute sends no money back"):
        refunding(gateways, "mute")


@pytest.mark.parametrize(("answer", "because"), [(None, None), (Declined("no funds"), "no funds")])
async def test_a_refund_says_why_it_ended_as_it_did(answer: Declined | None, because: str | None):
    world = World(Acme(refund_answers=[answer] if answer else []))
    await paid(world)
    identity = await ask(world, 500)

    handled = await world.refund(asked(identity))
    again = await world.refund(asked(identity))

    assert (because, handled, 1) == (handled.because, again, len(world.acme.refund_calls))


@pytest.mark.parametrize("state", [OperationState.submitting, OperationState.unknown])
async def test_while_a_worker_may_be_at_a_refund_it_is_not_sent_again(state: OperationState):
    world = World()
    held = await paid(world)
    begun = Operation("op-1", OperationKind.refund, terms=TERMS).submit(NOON, LEASE)
    await rewritten(world, operations=held.replacing(replace(begun, state=state)))
    world.clock.advance(LEASE.total_seconds() - 1)

    with pytest.raises(Exception, match="the refund may still be under way"):
        await world.refund(asked("op-1"))
    world.clock.advance(1)
    await world.refund(asked("op-1"))

    assert 1 == len(world.acme.refund_calls)
