"""A refund that is pending, and the notification that settles it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.api import Declined, Pending, RefundAnswer, Succeeded, Unanswered
from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from tests.unit.pipeline.charging import payment
from tests.unit.pipeline.refund_state import notified, state, step
from tests.unit.pipeline.refunds import ask, events, paid, refunds, work
from tests.unit.pipeline.world import World


async def test_a_pending_refund_that_failed_shows_no_pending_step():
    world = World()
    await paid(world)
    await ask(world, 500)
    world.acme.refund_answers = [Pending("RE9")]
    await work(world)

    world.acme.stands = Declined("it failed")
    world.clock.advance(400)
    await world.sweep()

    assert [PaymentStatus.declined] == [one.status for one in (await payment(world)).sent_back]


@pytest.mark.parametrize(
    ("stands", "becomes", "published"),
    [
        (Succeeded("RE9"), OperationState.succeeded, ["payment.refunded"]),
        (Declined("it failed"), OperationState.declined, ["refund.failed"]),
    ],
)
async def test_a_pending_refund_stays_open_and_is_asked_again(
    stands: RefundAnswer, becomes: OperationState, published: list[str]
):
    world = World()
    await paid(world)
    await ask(world, 500)
    world.acme.refund_answers = [Pending("RE9")]
    await work(world)
    pending = (await state(world), await events(world))

    world.acme.stands = stands  # pyright: ignore[reportAttributeAccessIssue]  # one that it may be
    world.clock.advance(400)
    await world.sweep()

    assert (OperationState.pending, []) == pending
    assert (becomes, published) == (await state(world), await events(world))


async def test_a_pending_refund_is_asked_about_ever_more_rarely():
    world = World()
    await paid(world)
    await ask(world, 500)
    world.acme.refund_answers = [Pending("RE9")]
    await work(world)

    waits: list[timedelta] = []
    for _ in range(12):
        (refund,) = await refunds(world)
        assert refund.due_at is not None
        waits.append(refund.due_at - world.clock.now())
        world.clock.advance(waits[-1].total_seconds() + 1)
        await world.sweep()

    assert (timedelta(minutes=5), timedelta(days=1)) == (waits[0], waits[-1])


@pytest.mark.parametrize("first", ["notification", "answer"])
async def test_the_notification_and_the_answer_count_once_in_either_order(first: str):
    world = World()
    await paid(world)
    await ask(world, 500)
    if first == "answer":
        await work(world)
    await notified(world, step(world, PaymentStatus.refunded))
    await work(world)

    held = await payment(world)
    assert (Money(500, "USD"), 1) == (held.refunded, len(held.sent_back))
    assert OperationState.succeeded is await state(world)
    await world.sweep()
    assert ["payment.refunded"] == await events(world)


async def test_a_pending_refund_whose_notification_says_done_is_settled():
    world = World()
    await paid(world)
    await ask(world, 500)
    world.acme.refund_answers = [Pending("RE1")]
    await work(world)

    await notified(world, step(world, PaymentStatus.refunded))

    assert OperationState.succeeded is await state(world)
    assert Money(750, "USD") == rules.refundable(await payment(world))


async def test_a_pending_refund_whose_notification_says_failed_is_published_as_failed():
    world = World()
    await paid(world)
    await ask(world, 500)
    world.acme.refund_answers = [Pending("RE1")]
    await work(world)

    await notified(world, step(world, PaymentStatus.declined))
    world.clock.advance(100)
    await world.sweep()

    assert OperationState.declined is await state(world)
    assert ["refund.failed"] == await events(world)


async def test_a_notification_that_names_the_operation_settles_a_lost_refund():
    world = World()
    await paid(world)
    identity = await ask(world, 500)
    world.acme.refund_answers = [Unanswered("lost")]
    world.acme.refunds_before_answering = True
    await work(world)

    seen = replace(step(world, PaymentStatus.refunded), operation=identity)
    await notified(world, seen)
    world.clock.advance(timedelta(days=60).total_seconds())
    await work(world)

    (refund,) = await refunds(world)
    assert (OperationState.succeeded, "RE1") == (refund.state, refund.reference)
    assert (1, Money(750, "USD")) == (
        len(world.acme.refund_calls),
        rules.refundable(await payment(world)),
    )
