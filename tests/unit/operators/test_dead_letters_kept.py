"""What a redrive or a drop leaves in the audit trail, and when it is killed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from penstock.adapters.memory import MemoryDeadLetters
from penstock.api import Unanswered
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from penstock.errors import ChannelUnavailable
from penstock.operators.audited import Audited
from penstock.operators.dead_letters import Became, LettersOf
from penstock.operators.knowledge import Knowledge
from penstock.operators.letters import Selection
from penstock.ports import Message, Outgoing
from tests.unit.operators.desk import (
    ADA,
    ALL,
    WHY,
    Desk,
    Dying,
    Killed,
    bodies,
    lives,
    order,
    park,
    redrive,
)
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.charging import states
from tests.unit.pipeline.world import World


async def test_a_redrive_is_kept_in_the_audit_trail_with_what_it_did(desk: Desk):
    await desk.park(order("p1"))

    await redrive(desk, Selection(group="p1"))

    (entry,) = await desk.entries()
    done = entry.done
    assert (ADA, "dlq redrive", ("queue#payments-dlq", "payment#p1"), WHY) == (
        entry.begun.actor,
        entry.begun.command,
        entry.begun.subjects,
        entry.begun.reason,
    )
    assert done is not None
    assert ("1 sent back", ["sent back: charge p1"]) == (done.effect, [*done.after.values()])


async def test_a_dropped_letter_is_gone_and_kept_in_the_audit_trail(desk: Desk):
    await desk.park(order("p1"), order("p2"))

    report = await desk.letters().drop(Selection(group="p1"), "sent by mistake", desk.audited)

    assert [order("p2")] == await bodies(desk.world.dead)
    (entry,) = await desk.entries()
    assert ("dlq drop", "1 dropped") == (entry.begun.command, report.effect)


async def test_a_queue_that_takes_nothing_stops_the_group_and_loses_nothing(desk: Desk):
    class Full(MemoryDeadLetters):
        async def send_back(self, message: object) -> None:
            raise ChannelUnavailable("send back: AWS answered AccessDenied")

    await desk.park(order("p1", description="1"), order("p1", description="2"), order("p2"))
    port = Full(desk.world.dead, desk.world.payments)

    report = await desk.letters(port=port).redrive(ALL, WHY, desk.audited)

    assert ["send back: AWS answered AccessDenied"] * 2 == [
        one.because for one in report.of(Became.failed)
    ]
    assert {"visible": 3, "in_flight": 0} == await desk.world.dead.depth()


async def test_a_redrive_killed_at_any_call_loses_nothing_and_charges_once(
    capsys: pytest.CaptureFixture[str],
):
    """
    Run again, it goes on; a copy that was sent twice finds its charge succeeded.
    """
    counted = Dying(10_000, after=False)
    await scene(counted)
    for dying in lives(counted.calls):
        desk, killed = await scene(dying)
        assert killed

        desk.world.clock.advance(400)
        await redrive(desk)
        for _ in range(3):
            await desk.world.consume(desk.world.payments, desk.world.dispatch)
            desk.world.clock.advance(200)

        at = (dying.step, dying.after)
        assert [] == await bodies(desk.world.payments), at
        assert [] == await bodies(desk.world.dead), at
        assert 2 == len(desk.world.acme.charges), at
        assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(desk.world), at
    with capsys.disabled():
        print(f" redrive: killed at {counted.calls} calls, before and after each", end="")


async def scene(dying: Dying) -> tuple[Desk, bool]:
    """A lost charge and one that never began are dead letters; the redrive dies."""
    desk = Desk(World(Acme(answers=[Unanswered("timeout")])))
    await desk.park(order("p1"), order("p2"))
    knowledge = Knowledge(dying(desk.world.ledger), desk.attempts)
    letters = LettersOf("payments", dying(desk.dead()), knowledge, desk.world.clock, patience=0)
    audited = Audited(dying(desk.audit), desk.world.clock, desk.world.ids, ADA)
    try:
        await letters.redrive(ALL, WHY, audited)
    except Killed:
        return desk, True
    return desk, False


async def test_a_letter_whose_work_is_done_may_be_dropped(desk: Desk):
    await desk.world.payments.send(Outgoing(order("p1"), "p1", "p1"))
    await desk.world.consume(desk.world.payments, desk.world.dispatch)
    await desk.park(order("p1"))

    dry = await desk.letters().drop(ALL, WHY, desk.audited, dry_run=True)
    redriven = await redrive(desk, dry_run=True)
    done = await desk.letters().drop(ALL, WHY, desk.audited)

    assert ("1 would be dropped", "1 refused") == (dry.effect, redriven.effect)
    assert ("1 dropped", []) == (done.effect, await bodies(desk.world.dead))
    assert [] == await bodies(desk.world.payments)


async def test_what_was_sent_back_and_not_deleted_has_failed(desk: Desk):
    """
    A copy may come twice, and the letter is still there.
    """

    class Stuck(MemoryDeadLetters):
        async def delete(self, message: object) -> None:
            raise ChannelUnavailable("delete: no answer")

    await desk.park(order("p1"), order("p2"))
    port = Stuck(desk.world.dead, desk.world.payments)
    selection = Selection(group="p1")
    report = await desk.letters(port=port).redrive(selection, WHY, desk.audited)

    assert "1 failed" == report.effect
    assert ["delete: no answer"] == [one.because for one in report.decided]
    assert (2, []) == (len(report.letters), list(report.missing))


async def test_the_first_fifty_letters_of_a_command_are_named_in_the_trail(desk: Desk):
    await desk.park(*(order(f"p{number}") for number in range(51)))
    seen: list[int] = []

    await desk.letters().drop(ALL, WHY, desk.audited, progress=seen.append)

    (entry,) = await desk.entries()
    assert entry.done is not None
    assert (50, list(range(1, 52))) == (len(entry.done.after), seen)
    assert ("queue#payments-dlq",) == entry.begun.subjects


@pytest.mark.parametrize("queue", ["verified", "deliveries"])
async def test_a_letter_without_a_subject_is_named_by_its_group_and_a_group_only_for_payments(
    queue: str,
):
    desk = Desk()
    await getattr(desk.world, queue).send(Outgoing("no JSON", "acme-1", "1"))
    await park(getattr(desk.world, queue))

    await desk.letters(queue).drop(Selection(group="acme-1"), WHY, desk.audited)

    (entry,) = await desk.entries()
    assert entry.done is not None
    assert ((f"queue#{queue}-dlq",), ["dropped: unreadable acme-1"]) == (
        entry.begun.subjects,
        [*entry.done.after.values()],
    )


async def test_what_a_command_did_before_an_error_is_in_the_trail(desk: Desk):
    class Ending(MemoryDeadLetters):
        batches = 1

        async def receive(self, limit: int, wait: float) -> Sequence[Message]:
            if not self.batches:
                raise ChannelUnavailable("receive: no answer")
            type(self).batches -= 1
            return await super().receive(limit, wait)

    await desk.park(order("p1"))
    port = Ending(desk.world.dead, desk.world.payments)
    with pytest.raises(ChannelUnavailable):
        await desk.letters(port=port).redrive(ALL, WHY, desk.audited)

    (entry,) = await desk.entries()
    assert entry.done is not None
    assert ("failed", ["sent back: charge p1"]) == (
        entry.done.ending.value,
        [*entry.done.after.values()],
    )


async def test_one_second_is_waited_for_a_letter_unless_told_otherwise(desk: Desk):
    letters = LettersOf("payments", desk.dead(), desk.knowledge, desk.world.clock)

    assert 1.0 == letters.patience
