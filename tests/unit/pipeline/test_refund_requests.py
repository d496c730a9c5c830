"""Which refunds are reserved, sent and asked about, at each border of what is allowed."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock import problems
from penstock.api import Declined, Money, NotSent, Pending, Unanswered
from penstock.domain.change import Change, change
from penstock.domain.operation import Operation, OperationKind, OperationState, Terms
from penstock.domain.payment import Payment
from penstock.errors import (
    GatewayUnavailable,
    LedgerConflict,
    MissingCapability,
    PaymentConflict,
    RequestRefused,
    UnknownGateway,
    UnknownPayment,
)
from penstock.pipeline.orders import Action, ActionMessage
from penstock.pipeline.refund import refunding
from penstock.pipeline.refunding import RefundAsked
from tests.unit.pipeline.acme import NOON, Acme
from tests.unit.pipeline.charging import payment
from tests.unit.pipeline.refunds import ask, paid, refunds, refused, work
from tests.unit.pipeline.world import CALLER, LEASE, World

TERMS = Terms(Money(1, "USD"), "d")


def asked(operation: str, of: str = "p1") -> ActionMessage:
    return ActionMessage(of, "acme", Action.refund, operation)


async def rewritten(world: World, **fields: Any) -> Payment:
    """The payment as another version of the code would have left it."""
    held = await payment(world)
    after = replace(held, **fields, version=held.version + 1)
    await world.ledger.commit(Change(after, held.version))
    return after


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


class Contended:
    """A ledger in which somebody else writes the payment before so many commits of ours."""

    def __init__(self, world: World, times: int) -> None:
        self._world, self._left = world, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.ledger, name)

    async def commit(self, decided: Change[Any]) -> None:
        if self._left:
            self._left -= 1
            held, world = await payment(self._world), self._world
            await world.ledger.commit(
                change(held, held, now=world.clock.now(), new_id=world.ids.new)
            )
        await self._world.ledger.commit(decided)


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


@pytest.mark.parametrize("conflicts", [9, 10])
async def test_an_answer_is_kept_though_others_write_up_to_ten_times(conflicts: int):
    world = World()
    await paid(world)
    identity = await ask(world, 500)
    refund = world.acme.refund

    async def crowded(request: Any) -> Any:
        answer = await refund(request)
        ledger = Contended(world, conflicts)
        object.__setattr__(stage, "ledger", ledger)
        return answer

    stage = replace(world.refund, gateways={"acme": world.acme})
    world.acme.refund = crowded  # type: ignore[method-assign]  # a crowd comes with the answer

    with nullcontext() if conflicts < 10 else pytest.raises(LedgerConflict, match="try again"):
        await stage(asked(identity))

    left = OperationState.succeeded if conflicts < 10 else OperationState.submitting
    assert left is (await refunds(world))[0].state


async def test_a_message_of_no_refund_is_refused():
    world = World()
    held = await paid(world)
    for operation in ("none", held.operations[0].id):
        with pytest.raises(PaymentConflict, match="no refund of that id"):
            await world.refund(asked(operation))
    with pytest.raises(UnknownPayment):
        await world.refund(asked("none", "p404"))
    assert [] == world.acme.refund_calls


@pytest.mark.parametrize("lacks", ["terms", "money"])
async def test_a_refund_without_terms_or_money_is_never_sent(lacks: str):
    world = World()
    held = await paid(world)
    terms = None if lacks == "terms" else TERMS
    bare = Operation("op-1", OperationKind.refund, terms=terms)
    steps = held.transactions if lacks == "terms" else ()
    await rewritten(world, operations=held.replacing(bare), transactions=steps)

    with pytest.raises(PaymentConflict, match="without terms, or of a payment without money"):
        await world.refund(asked("op-1"))
    assert [] == world.acme.refund_calls


@pytest.mark.parametrize(("minutes", "calls"), [(60, 2), (59, 1)])
async def test_an_hour_before_the_gateway_forgets_it_a_lost_one_is_left_to_people(
    minutes: int, calls: int
):
    world = World(Acme(refund_answers=[Unanswered("lost")]))
    await paid(world)
    await ask(world, 500)
    await work(world)
    world.clock.advance((world.acme.window - timedelta(minutes=minutes)).total_seconds())

    await work(world)

    assert calls == len(world.acme.refund_calls)


async def test_the_way_of_a_refund_is_asked_for_until_its_first_attempt():
    world = World(Acme(routes=[NotSent("later")]))
    await paid(world)
    await ask(world, 500)
    await work(world)
    assert (0, OperationState.reserved) == (
        len(world.acme.refund_calls),
        (await refunds(world))[0].state,
    )
    world.clock.advance(60)
    began = world.clock.now()
    world.acme.refund_answers = [Unanswered("lost")]
    await work(world)
    world.clock.advance(60)
    await work(world)

    assert ["/sales", "/sales"] == [one.path for one in world.acme.refund_calls]
    assert began == (await refunds(world))[0].began_at


@pytest.mark.parametrize(
    ("fields", "asks", "state", "reason"),
    [
        ({"state": OperationState.pending, "due_at": NOON}, 1, OperationState.pending, None),
        (
            {"state": OperationState.submitting, "lease_until": NOON},
            0,
            OperationState.unknown,
            "its worker died; its message asks again",
        ),
        (
            {"state": OperationState.unknown, "lost_at": NOON, "reason": "timeout"},
            0,
            OperationState.unknown,
            "timeout",
        ),
    ],
)
async def test_the_sweep_asks_about_a_pending_refund_and_leaves_a_lost_one_to_its_message(
    fields: dict[str, Any], asks: int, state: OperationState, reason: str | None
):
    class Read(Acme):
        reads = 0

        async def read_refund(self, request: Any) -> Any:
            self.reads += 1
            return Pending("RE1")

    acme = Read()
    world = World(acme)
    held = await paid(world)
    given = {"terms": TERMS, "path": "/sales", "began_at": NOON, "reference": "RE1", **fields}
    one = replace(Operation("op-1", OperationKind.refund), **given)
    before = await rewritten(world, operations=held.replacing(one))

    after = await world.refund.resume(before, one)

    found = after.operation_by_id("op-1")
    assert found is not None
    assert (asks, state, reason) == (acme.reads, found.state, found.reason)
    assert (state is OperationState.pending) == (found.due_at is not None)


@pytest.mark.parametrize(
    "fields",
    [
        {"lease_until": NOON + LEASE},
        {"restricted_at": NOON},
        {"lease_until": NOON + LEASE, "restricted_at": NOON},
    ],
)
async def test_the_sweep_leaves_a_refund_alone_that_somebody_is_at_or_that_is_held(
    fields: dict[str, Any],
):
    world = World()
    held = await paid(world)
    one = replace(
        Operation("op-1", OperationKind.refund, OperationState.unknown, terms=TERMS), **fields
    )
    before = await rewritten(world, operations=held.replacing(one))

    assert before is await world.refund.resume(before, one)


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


async def test_a_lost_answer_of_a_refund_says_so():
    world = World(Acme(refund_answers=[Unanswered("lost")]))
    await paid(world)
    identity = await ask(world, 500)

    with pytest.raises(GatewayUnavailable, match="lost"):
        await world.refund(asked(identity))
