"""A refund that is sent: its amount, its path, and what its answer means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.api import (
    Critical,
    Declined,
    NotSent,
    RefundAnswer,
    Succeeded,
    Transaction,
    Unanswered,
)
from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import notification
from tests.unit.pipeline.charging import payment
from tests.unit.pipeline.refund_state import notified, state
from tests.unit.pipeline.refunds import ask, events, paid, refused, work
from tests.unit.pipeline.world import LEASE, World


async def test_a_refund_is_a_money_step_of_its_payment_and_published_once():
    world = World()
    await paid(world)
    identity = await ask(world, 500)

    await work(world)

    held = await payment(world)
    (step,) = held.sent_back
    assert ("RE1", "refund", PaymentStatus.refunded, Money(500, "USD")) == (
        step.id,
        step.kind,
        step.status,
        step.amount,
    )
    assert (PaymentStatus.partially_refunded, OperationState.succeeded) == (
        held.status,
        await state(world),
    )
    assert [identity] == list(world.acme.sent_back)
    assert ["payment.refunded"] == await events(world)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(Succeeded("RE1"), "refund succeeded"), (Declined("no funds"), "refund declined")],
)
async def test_the_outcome_that_is_logged_is_the_refunds_own(answer: RefundAnswer, outcome: str):
    world = World()
    await paid(world)
    await ask(world, 500)
    world.acme.refund_answers = [answer]
    (message,) = await world.payments.receive(1, 0)

    handled = await world.dispatch(message)

    assert ("p1", outcome) == (handled.entity, handled.outcome)


async def test_the_amount_and_the_path_are_explicit_in_every_attempt():
    world = World()
    await paid(world)
    await ask(world, note="sorry")
    world.acme.refund_answers = [NotSent("later"), Unanswered("lost")]

    for _ in range(3):
        await work(world)
        world.clock.advance(60)

    told = {(one.amount, one.path, one.note, one.transaction) for one in world.acme.refund_calls}
    assert {(Money(1250, "USD"), "/sales", "sorry", "ch-1")} == told
    assert 3 == len(world.acme.refund_calls)


async def test_the_path_is_kept_before_the_call_and_never_asked_for_again():
    world = World()
    await paid(world)
    await ask(world)
    world.acme.refund_answers = [Unanswered("lost")]

    await work(world)
    world.acme.routes = [Declined("it would be asked again")]
    world.clock.advance(60)
    await work(world)

    assert OperationState.succeeded is await state(world)


async def test_a_lost_answer_is_looked_up_under_the_same_id_and_sends_nothing_twice():
    world = World()
    await paid(world)
    identity = await ask(world, 500)
    world.acme.refund_answers = [Unanswered("lost")]
    world.acme.refunds_before_answering = True

    await work(world)
    unknown = await state(world)
    world.clock.advance(LEASE.total_seconds() + 1)
    await work(world)

    assert (OperationState.unknown, OperationState.succeeded) == (unknown, await state(world))
    assert {identity} == {one.operation_id for one in world.acme.refund_calls}
    assert [500] == [one.minor for one in world.acme.sent_back.values()]
    assert ["payment.refunded"] == await events(world)


async def test_a_repeat_tells_the_gateway_that_an_earlier_attempt_is_in_doubt():
    world = World()
    await paid(world)
    await ask(world, 500)
    world.acme.refund_answers = [NotSent("later"), Unanswered("lost"), NotSent("later")]

    for _ in range(4):
        await work(world)
        world.clock.advance(LEASE.total_seconds() + 1)

    assert [False, False, True, True] == [one.doubted for one in world.acme.refund_calls]


async def test_an_answer_that_only_people_understand_parks_the_refund_with_its_amount():
    world = World()
    await paid(world)
    identity = await ask(world, 1000)
    world.acme.refund_answers = [Unanswered("lost"), Critical("all of it went back already")]

    for _ in range(2):
        await work(world)
        world.clock.advance(LEASE.total_seconds() + 1)

    (parked,) = await world.drain(world.dead)
    assert "all of it went back already" in parked.attributes["reason"]
    assert ["refund.parked"] == await events(world)
    assert Money(250, "USD") == rules.refundable(await payment(world))
    await notified(
        world,
        Transaction(
            "RE1",
            "refund",
            PaymentStatus.refunded,
            Money(1000, "USD"),
            world.clock.now(),
            operation=identity,
        ),
    )
    assert OperationState.succeeded is await state(world)


async def test_an_amount_in_doubt_stays_reserved():
    world = World()
    await paid(world)
    await ask(world, 1000)
    world.acme.refund_answers = [Unanswered("lost")]
    await work(world)

    told = await refused(world, 251, key="k-2")

    assert "250 (2.50 USD) at most" in told.fields[0][1]


async def test_after_the_window_it_is_parked_for_a_person_and_said_once():
    world = World()
    await paid(world)
    await ask(world, 500)
    world.acme.refund_answers = [Unanswered("lost")]
    await work(world)

    world.clock.advance(timedelta(days=30).total_seconds())
    await work(world)
    (parked,) = await world.drain(world.dead)
    await world.payments.send(Outgoing(parked.body, group="p1", dedup="redriven"))
    await work(world)

    assert "forgotten the request" in parked.attributes["reason"]
    assert 1 == len(world.acme.refund_calls)
    assert OperationState.unknown is await state(world)
    assert ["refund.parked"] == await events(world)


async def test_a_definite_refusal_frees_the_amount_and_is_published_with_its_reason():
    world = World()
    await paid(world)
    await ask(world, 1000, reason="damaged")
    world.acme.refund_answers = [Declined("the account holds too little")]

    await work(world)

    (event,) = await world.published()
    assert ("refund.failed", "the account holds too little") == (
        event.type,
        event.data["because"],
    )
    assert {"minor": 1000, "currency": "USD"} == event.data["refund"]["amount"]
    assert "damaged" == event.data["refund"]["reason"]
    assert OperationState.declined is await state(world)
    assert Money(1250, "USD") == rules.refundable(await payment(world))


async def test_a_payment_that_the_gateway_does_not_hold_fails_without_a_call():
    world = World()
    await paid(world)
    await ask(world)
    world.acme.routes = [Declined("the gateway shows no such money")]

    await work(world)

    assert (OperationState.declined, []) == (await state(world), world.acme.refund_calls)


async def test_what_went_back_is_recorded_on_the_invoice():
    world = World()
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="d"))
    await world.consume(world.verified, world.process)
    await ask(world, 500, of="acme-SALE1")

    await work(world)
    world.clock.advance(100)
    await world.sweep()

    assert [500] == world.acme.refunds_recorded
