"""
Killed at any step, a refund sends its money back once, and it ends.

Steps are the calls of the world that the API makes for a request, that the queue's consumer makes
for its message, and that the sweep makes afterwards; a client repeats a request that died.
"""

from __future__ import annotations

import pytest

from penstock.api import Declined, Pending, RefundAnswer, Succeeded, Unanswered
from penstock.domain.money import Money
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.charging import payment
from tests.unit.pipeline.refunds import ask, events, paid, refunds
from tests.unit.pipeline.test_kill import Dying, Killed
from tests.unit.pipeline.world import World

STEPS = 18
"""Calls of a whole life at most; the last test counts them."""


async def asked(world: World) -> None:
    """The client asks until it is answered."""
    for _ in range(3):
        try:
            await ask(world, 500)
        except Killed:
            world.clock.advance(200)
        else:
            return
    raise AssertionError("it was never answered")


async def live(world: World, lives: int = 12) -> None:
    """Consumer and sweep by turns until neither has anything left."""
    for _ in range(lives):
        try:
            await world.consume(world.payments, world.dispatch)
            world.clock.advance(400)
            await world.sweep()
        except Killed:
            world.clock.advance(400)
            continue
        (refund,) = await refunds(world)
        idle = not any((await world.payments.depth()).values())
        if idle and not refund.open and not (await payment(world)).unsent:
            return
    raise AssertionError("it never ended")


async def dying(step: int, *, after: bool, acme: Acme | None = None) -> World:
    world = World(acme or Acme())
    await paid(world)
    world.wrap = Dying(step, after=after)
    return world


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
async def test_a_refund_killed_at_any_step_is_sent_back_once(step: int, after: bool):
    world = await dying(step, after=after)

    await asked(world)
    await live(world)

    held = await payment(world)
    (refund,) = await refunds(world)
    assert [Money(500, "USD")] == list(world.acme.sent_back.values())
    assert all(one.doubted for one in world.acme.refund_calls[1:])
    assert (OperationState.succeeded, PaymentStatus.partially_refunded, Money(500, "USD")) == (
        refund.state,
        held.status,
        held.refunded,
    )
    assert ["payment.refunded"] == await events(world)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
async def test_a_lost_answer_and_a_death_at_any_step_send_back_once(step: int, after: bool):
    lossy = Acme(refund_answers=[Unanswered("lost")], refunds_before_answering=True)
    world = await dying(step, after=after, acme=lossy)

    await asked(world)
    await live(world)

    assert [Money(500, "USD")] == list(world.acme.sent_back.values())
    assert ["payment.refunded"] == await events(world)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        (Pending("RE1"), Succeeded("RE1"), ["payment.refunded"]),
        (Pending("RE1"), Declined("it failed"), ["refund.failed"]),
        (Declined("never"), None, ["refund.failed"]),
    ],
    ids=["pending", "pending-failed", "refused"],
)
async def test_every_other_end_killed_at_any_step_is_said_once(
    step: int, after: bool, first: RefundAnswer, then: RefundAnswer | None, told: list[str]
):
    always = [first] * 5
    acme = Acme(refund_answers=always, stands=then)  # pyright: ignore[reportArgumentType]  # not all
    world = await dying(step, after=after, acme=acme)

    await asked(world)
    await live(world)

    assert told == await events(world)


async def test_the_steps_above_cover_every_call_of_a_whole_life():
    world = World()
    await paid(world)
    world.wrap = never = Dying(10_000, after=False)

    await asked(world)
    await live(world)

    assert STEPS >= 10_000 - never._left
