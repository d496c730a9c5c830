"""What is redriven, and what is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest

from penstock.adapters.memory import MemoryDeadLetters, MemoryQueue
from penstock.api import Event, EventType
from penstock.errors import CommandRefused
from penstock.operators.dead_letters import Became, LettersOf
from penstock.operators.letters import Selection
from penstock.ports import DeadLetters, Message, Outgoing
from penstock.testing.clock import FrozenClock
from tests.unit.operators.desk import ALL, WHY, Desk, bodies, order, park, peek, redrive
from tests.unit.pipeline.acme import notification
from tests.unit.pipeline.world import World


@dataclass
class ParksAgain:
    """Dead letters whose stage parks them again before the next look, up to nine times."""

    inner: MemoryDeadLetters
    queue: MemoryQueue
    times: int = 0

    async def send_back(self, message: Message) -> None:
        await self.inner.send_back(message)
        self.times += 1
        if self.times < 10:
            await park(self.queue)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


async def test_a_redriven_group_goes_back_in_its_order(desk: Desk):
    sent = [order("p1", description=str(place)) for place in range(25)]
    await desk.park(*sent)

    report = await redrive(desk)

    assert (25, 0) == (len(report.of(Became.sent_back)), report.unseen)
    assert [] == await bodies(desk.world.dead)
    seen: list[str] = []
    while batch := await desk.world.payments.receive(10, 0):
        seen += [one.body for one in batch]
        for one in batch:
            await desk.world.payments.delete(one)
    assert sent == seen


async def test_a_redriven_message_is_as_it_was_and_says_that_it_was_redriven(desk: Desk):
    await desk.park(order("p1"))

    await redrive(desk)

    (message,) = await peek(desk.world.payments)
    assert ("p1", {"gateway": "acme", "redriven": "true"}) == (message.group, message.attributes)


async def test_a_letter_that_is_parked_again_at_once_is_sent_back_once(desk: Desk):
    """
    Else a redrive whose cause is still there has no end.
    """
    await desk.park(order("p1"), order("p2"))
    port = ParksAgain(desk.dead(), desk.world.payments)

    report = await desk.letters(port=cast(DeadLetters, port)).redrive(ALL, WHY, desk.audited)

    assert (2, 2) == (port.times, len(report.of(Became.sent_back)))
    assert 2 == len(await bodies(desk.world.dead))


@pytest.mark.parametrize(
    ("selection", "because", "remedy"),
    [
        (Selection(), WHY, "say which"),
        (Selection(ids=["9f"]), WHY, "at least 8 characters"),
        (ALL, " ", "--because"),
    ],
)
async def test_a_redrive_of_nothing_named_or_without_a_reason_is_refused(
    desk: Desk, selection: Selection, because: str, remedy: str
):
    await desk.park(order("p1"))

    with pytest.raises(CommandRefused, match=remedy):
        await desk.letters().redrive(selection, because, desk.audited)
    assert 1 == len(await bodies(desk.world.dead))


async def test_a_dry_run_says_what_would_be_and_changes_nothing(desk: Desk):
    await desk.park(order("p1"))

    report = await redrive(desk, dry_run=True)

    assert "1 would be sent back" == report.effect
    assert (1, [], []) == (
        len(await bodies(desk.world.dead)),
        await bodies(desk.world.payments),
        await desk.entries(),
    )


async def test_a_charge_that_succeeded_is_not_redriven(desk: Desk):
    """
    Its message may lie there twice, or for another order under the same id.
    """
    await desk.world.payments.send(Outgoing(order("p1"), "p1", "p1"))
    await desk.world.consume(desk.world.payments, desk.world.dispatch)
    await desk.park(order("p1"))
    await desk.park(order("p2"))

    report = await redrive(desk)

    (refused,) = report.of(Became.refused)
    assert "charge succeeded, attempt 1" in (refused.because or "")
    assert [order("p1")] == await bodies(desk.world.dead)
    assert [order("p2")] == await bodies(desk.world.payments)


async def test_a_notification_that_was_recorded_is_not_redriven():
    desk = Desk()
    one = notification()
    await desk.world.verified.send(Outgoing(one.dumps(), one.group, "1"))
    await desk.world.consume(desk.world.verified, desk.world.process)
    await desk.world.verified.send(Outgoing(one.dumps(), one.group, "2"))
    await park(desk.world.verified)

    report = await desk.letters("verified").redrive(ALL, WHY, desk.audited)

    (refused,) = report.of(Became.refused)
    assert "recorded as applied" in (refused.because or "")


async def test_an_event_the_sink_has_had_is_not_redriven():
    clock = FrozenClock()
    desk = Desk(World(clock=clock))
    dead = MemoryQueue(clock)
    queue = MemoryQueue(clock, dead_letters=dead)
    event = Event("e-1", EventType.payment_succeeded, "p1", "acme", 1, clock.now(), {})
    await queue.send(Outgoing(event.dumps(), event.entity, event.id))
    await park(queue, "SinkRefused: channel_not_found")
    port = MemoryDeadLetters(dead, queue)
    letters = LettersOf("sink-slack", port, desk.knowledge, clock, patience=0)
    await desk.attempts.record("slack", event.id, clock.now())

    report = await letters.redrive(ALL, WHY, desk.audited)

    (refused,) = report.of(Became.refused)
    assert "slack has had it" in (refused.because or "")
