"""What a charge says of itself, and how the sweep leaves one that nobody can find."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    ChargeRequest,
    Critical,
    Declined,
    LookupAnswer,
    Money,
    NotSent,
    Pending,
    Succeeded,
    Unanswered,
)
from penstock.api.answers import ChargeAnswer
from penstock.domain.change import Change, change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from penstock.errors import LedgerConflict, MissingCapability, PaymentConflict, UnknownGateway
from penstock.pipeline.charge import charges
from penstock.testing.builders import payment as built
from tests.unit.pipeline.acme import NOON, Acme
from tests.unit.pipeline.charging import payment, send, states
from tests.unit.pipeline.contended import Contended
from tests.unit.pipeline.world import LEASE, World

S = PaymentStatus
State = OperationState


async def charge(world: World) -> Operation:
    found = (await payment(world)).operation(OperationKind.charge)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [([], "succeeded"), ([Declined("no")], "declined"), ([Pending("ch-9")], "pending")],
)
async def test_a_charge_says_what_became_of_its_payment(answers: list[ChargeAnswer], outcome: str):
    world = World(Acme(answers=answers))
    await send(world)
    (message,) = await world.payments.receive(1, 0)

    handled = await world.charge(message)

    assert ("p1", outcome, None) == (handled.entity, handled.outcome, handled.because)


@pytest.mark.parametrize("provider", ["aaa", "zoo"])
async def test_a_message_of_another_provider_charges_nothing(provider: str):
    world = World()
    await send(world)
    await world.consume(world.payments, world.charge)
    other = replace(world.charge, gateways={provider: Acme(name=provider)})
    order = {"amount": 1250, "currency": "USD", "reference": "order-1"}
    await send(world, {"id": "p1", "provider": provider, "order": order}, dedup="other")
    (message,) = await world.payments.receive(1, 0)

    with pytest.raises(PaymentConflict, match="another order"):
        await other(message)


class Looked(Acme):
    """Counts how often it is asked."""

    looked = 0

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        self.looked += 1
        return await super().look_up(request)


async def test_the_first_refusal_is_asked_about_before_it_is_believed():
    """A ledger that was restored may have forgotten an attempt that moved the money."""
    acme = Looked(answers=[Declined("no funds")])
    world = World(acme)
    await send(world)
    await world.consume(world.payments, world.charge)

    assert (1, S.declined) == (acme.looked, (await payment(world)).status)


async def test_a_first_refusal_of_a_gateway_without_keys_is_final_as_it_was_asked_before():
    """Its look-up may fail afterwards: what it refused is declined, and in no doubt."""

    class Keyless(Looked):
        async def charge(self, request: ChargeRequest) -> ChargeAnswer:
            assert 1 == self.looked
            return Declined("no funds")

    acme = Keyless(idempotent_charges=False)
    world = World(acme)
    await send(world)
    await world.consume(world.payments, world.charge)

    assert (1, S.declined) == (acme.looked, (await payment(world)).status)


async def test_a_repeat_that_succeeds_is_believed_without_a_question():
    acme = Looked(answers=[NotSent("later")])
    world = World(acme)
    await send(world)
    for _ in range(2):
        await world.consume(world.payments, world.charge)
        world.clock.advance(60)

    assert (0, S.succeeded) == (acme.looked, (await payment(world)).status)


async def test_a_repeat_that_a_gateway_without_look_ups_turns_down_is_declined():
    class Plain:
        name = "acme"
        idempotent_charges = True

        def __init__(self) -> None:
            self.answers: list[ChargeAnswer] = [NotSent("later"), Declined("no funds")]

        async def charge(self, request: ChargeRequest) -> ChargeAnswer:
            return self.answers.pop(0)

    world = World(Plain())  # type: ignore[arg-type]  # a bank with one capability
    await send(world)
    for _ in range(2):
        await world.consume(world.payments, world.charge)
        world.clock.advance(60)

    assert (S.declined, State.declined) == await states(world)


@pytest.mark.parametrize(
    ("status", "reason", "left", "because"),
    [
        (S.accepted, None, S.unknown, None),
        (S.unknown, "timeout", S.unknown, "timeout"),
        (S.parked, "500", S.parked, "500"),
        (S.pending, None, S.parked, "the gateway does not know it"),
    ],
)
async def test_a_charge_that_the_gateway_does_not_know_is_left_to_its_message_or_to_people(
    status: PaymentStatus, reason: str | None, left: PaymentStatus, because: str | None
):
    world = World()
    lost = Operation("op", OperationKind.charge, State.unknown, lost_at=NOON, due_at=NOON)
    held = built("p1", gateway="acme", status=status, reason=reason, operations=(lost,))
    await world.ledger.commit(Change(replace(held, version=1), None))

    after = await world.charge.settle_by_lookup(await payment(world))

    operation = after.operation(OperationKind.charge)
    assert operation is not None
    assert (left, because, State.unknown) == (after.status, after.reason, operation.state)
    assert world.clock.now() + timedelta(minutes=5) == operation.due_at


@pytest.mark.parametrize(("seconds", "looked"), [(-1, 0), (0, 1)])
async def test_the_sweep_asks_about_a_charge_only_after_its_lease(seconds: float, looked: int):
    acme = Looked()
    world = World(acme)
    begun = Operation("op", OperationKind.charge).submit(NOON, LEASE)
    held = built("p1", gateway="acme", operations=(begun,))
    await world.ledger.commit(Change(replace(held, version=1), None))
    world.clock.advance(LEASE.total_seconds() + seconds)

    after = await world.charge.settle_by_lookup(await payment(world))

    assert (looked, bool(looked)) == (acme.looked, after.version > held.version + 1)


async def test_a_pending_charge_keeps_the_time_of_its_first_answer():
    world = World(Acme(answers=[Pending("ch-9"), Pending("ch-9")]))
    await send(world)
    await world.consume(world.payments, world.charge)
    first = await charge(world)
    assert (NOON, NOON + timedelta(minutes=5)) == (first.began_at, first.due_at)


@pytest.mark.parametrize("conflicts", [9, 10])
async def test_an_answer_to_a_charge_is_kept_though_others_write_up_to_ten_times(conflicts: int):
    class Crowded(Acme):
        async def charge(self, request: ChargeRequest) -> ChargeAnswer:
            answer = await super().charge(request)
            object.__setattr__(stage, "ledger", Contended(world, conflicts))
            return answer

    world = World(Crowded())
    await send(world)
    stage = world.charge
    (message,) = await world.payments.receive(1, 0)

    with nullcontext() if conflicts < 10 else pytest.raises(LedgerConflict, match="try again"):
        await stage(message)

    left = State.succeeded if conflicts < 10 else State.submitting
    assert left is (await charge(world)).state


@pytest.mark.parametrize("answer", [Critical("500"), Unanswered("lost")])
async def test_an_answer_to_a_charge_that_somebody_else_wrote_is_a_conflict(answer: Any):
    """
    Another worker has begun the next attempt: this one's answer is not its.
    """

    class Overtaken(Acme):
        world: World

        async def charge(self, request: ChargeRequest) -> ChargeAnswer:
            held, operation = await payment(self.world), await charge(self.world)
            theirs = operation.submit(self.world.clock.now(), LEASE)
            now, new_id = self.world.clock.now(), self.world.ids.new
            decided = change(held, held.with_operation(theirs), now=now, new_id=new_id)
            await self.world.ledger.commit(decided)
            return answer

    acme = Overtaken()
    world = acme.world = World(acme)
    await send(world)
    (message,) = await world.payments.receive(1, 0)

    with pytest.raises(LedgerConflict):
        await world.charge(message)
    assert (2, State.submitting) == ((await charge(world)).attempts, (await charge(world)).state)


def test_a_gateway_that_takes_charges_is_found_by_its_name():
    class Mute:
        name = "mute"

    acme = Acme()
    gateways: Any = {"acme": acme, "mute": Mute()}

    assert acme is charges(gateways, "acme")
    with pytest.raises(UnknownGateway):
        charges(gateways, "none")
    with pytest.raises(MissingCapability, match="mute takes no charges"):
        charges(gateways, "mute")


async def test_a_payment_that_the_gateway_began_has_no_charge():
    world = World()
    await world.ledger.commit(Change(replace(built("p1", gateway="acme"), version=1), None))
    held: Payment = await payment(world)

    with pytest.raises(PaymentConflict, match="the gateway began itself"):
        await world.charge.settle_by_lookup(held)


@pytest.mark.parametrize("answer", [Succeeded("ch-1"), Pending("ch-1")])
async def test_an_answer_that_comes_after_its_notification_takes_nothing_back(
    answer: ChargeAnswer,
):
    """
    A gateway that notifies of charges may tell of the money, and of its refund, first.
    """

    class Late(Acme):
        async def look_up(self, request: ChargeRequest) -> LookupAnswer:
            assert isinstance(answer, Succeeded | Pending)
            return answer

    world = World(Late())
    paid = Transaction("ch-1", "charge", S.succeeded, Money(1250, "USD"), NOON)
    back = Transaction("re-1", "refund", S.refunded, Money(500, "USD"), NOON)
    lost = Operation("op", OperationKind.charge, State.unknown, lost_at=NOON, due_at=NOON)
    held = built(
        "p1",
        gateway="acme",
        status=S.partially_refunded,
        paid=True,
        refunded=Money(500, "USD"),
        transactions=(paid, back),
        operations=(lost,),
    )
    await world.ledger.commit(Change(replace(held, version=1), None))

    after = await world.charge.settle_by_lookup(await payment(world))

    operation = after.operation(OperationKind.charge)
    assert operation is not None
    assert (S.partially_refunded, (paid, back), State.succeeded, "ch-1") == (
        after.status,
        after.transactions,
        operation.state,
        operation.reference,
    )
    assert [] == await world.published()
