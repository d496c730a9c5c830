"""Dead letters: seen without being lost, sent back in order, refused where the work is done."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from penstock.adapters.memory import MemoryDeadLetters, MemoryQueue
from penstock.api import Event, EventType, Unanswered
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from penstock.errors import ChannelUnavailable, CommandRefused
from penstock.operators.audited import Audited
from penstock.operators.dead_letters import Became, LettersOf, Report
from penstock.operators.effects import Effects
from penstock.operators.knowledge import Knowledge
from penstock.operators.letters import Selection
from penstock.ports import Outgoing
from penstock.testing.clock import NOON, FrozenClock
from tests.unit.operators.desk import (
    ADA,
    WHY,
    Desk,
    Dying,
    Killed,
    bodies,
    lives,
    order,
    park,
    peek,
)
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.charging import states
from tests.unit.pipeline.world import World

ALL = Selection(everything=True)
DAY = 24 * 3600


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def redrive(desk: Desk, selection: Selection = ALL, *, dry_run: bool = False) -> Report:
    return await desk.letters().redrive(selection, WHY, desk.audited, dry_run=dry_run)


async def test_a_letter_is_shown_decoded_with_why_attempts_age_and_what_the_ledger_knows(
    desk: Desk,
):
    first = desk.world.clock.now()
    await desk.park(order("p1", payer={"email": "ann@example.org", "name": "Ann"}), why="X: why")
    desk.world.clock.advance(3 * DAY)

    (letter,) = (await desk.letters().list()).letters

    assert ("charge", "p1", "X: why", 1, first) == (
        letter.content.what,
        letter.content.subject,
        letter.reason,
        letter.attempts,
        letter.since,
    )
    assert {"provider": "acme", "amount": "12.50 USD", "reference": "order-1"} == (
        letter.content.facts
    )
    assert "no payment has this id" == letter.known.text
    assert "ann@example.org" not in repr(letter)


async def test_a_list_gives_everything_back_at_once(desk: Desk):
    await desk.park(order("p1"), order("p1"), order("p2"))

    assert 3 == len((await desk.letters().list()).letters)

    assert {"visible": 3, "in_flight": 0} == await desk.world.dead.depth()
    assert [] == await desk.entries()


async def test_a_list_says_how_many_it_could_not_see(desk: Desk):
    await desk.park(*[order("p1")] * 13)
    await desk.park(order("p2"))
    held = await desk.dead().receive(1, 0)
    await desk.dead().give_back(held)

    listed = await desk.letters().list()

    assert (11, 3) == (len(listed.letters), listed.unseen)


async def test_what_another_command_holds_is_counted(desk: Desk):
    await desk.park(order("p1"), order("p2"))
    await desk.dead().receive(1, 0)

    listed = await desk.letters().list()

    assert (1, 1) == (len(listed.letters), listed.with_others)


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


async def test_a_redriven_message_is_as_it_was(desk: Desk):
    await desk.park(order("p1"))

    await redrive(desk)

    (message,) = await peek(desk.world.payments)
    assert ("p1", {"gateway": "acme"}) == (message.group, message.attributes)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(group="p2"), ["p2"]),
        (Selection(reason="TIMEOUT"), ["p3"]),
        (Selection(older_than=timedelta(days=2)), ["p1"]),
        (Selection(reason="no", group="p1"), ["p1"]),
        (ALL, ["p1", "p2", "p3"]),
    ],
)
async def test_letters_are_chosen_by_group_reason_and_age(
    desk: Desk, selection: Selection, expected: list[str]
):
    await desk.park(order("p1"))
    desk.world.clock.advance(2 * DAY)
    await desk.park(order("p2"))
    await desk.park(order("p3"), why="bank: timeout")

    await redrive(desk, selection)

    assert expected == [one.group for one in await peek(desk.world.payments)]
    assert 3 - len(expected) == len(await bodies(desk.world.dead))


async def test_a_letter_is_chosen_by_the_begin_of_its_id_also_behind_others(desk: Desk):
    await desk.park(*(order("p1", description=str(place)) for place in range(3)))
    chosen = (await desk.letters().list()).letters[1]

    report = await redrive(desk, Selection(ids=[chosen.id]))

    assert [chosen.message.body] == await bodies(desk.world.payments)
    assert (1, 2) == (len(report.decided), len(await bodies(desk.world.dead)))


async def test_an_id_that_is_not_there_is_named(desk: Desk):
    await desk.park(order("p1"))

    report = await redrive(desk, Selection(ids=["00000000"]))

    assert (["00000000"], 0) == (list(report.missing), len(report.decided))


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


class Working(FrozenClock):
    """While a command waits, a consumer works."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        if self.world is not None:
            await self.world.consume(self.world.payments, self.world.dispatch)


async def test_a_waited_for_redrive_reports_its_effect():
    clock = Working()
    desk = Desk(World(Acme(), clock))
    await desk.park(order("p1"))
    clock.world = desk.world
    report = await redrive(desk)
    effects = Effects(desk.letters(), desk.knowledge, clock)

    told = await effects.wait([one.letter for one in report.decided], 60)

    assert ["charge succeeded, attempt 1"] == list(told.values())


async def test_what_is_parked_again_is_reported_so():
    clock = Working()
    desk = Desk(World(Acme(), clock))
    await desk.park('{"id":"p1"}', why="older reason")
    clock.world = desk.world
    report = await redrive(desk)
    effects = Effects(desk.letters(), desk.knowledge, clock)

    (told,) = (await effects.wait([one.letter for one in report.decided], 60)).values()

    assert told.startswith("parked again: MalformedMessage: ")


async def test_without_an_end_in_time_the_effect_is_said_to_be_open():
    clock = Working()
    desk = Desk(World(Acme(), clock))
    await desk.park(order("p1"))
    report = await redrive(desk)
    effects = Effects(desk.letters(), desk.knowledge, clock)

    told = await effects.wait([one.letter for one in report.decided], 3)

    assert ["no end seen yet: no payment has this id"] == list(told.values())


async def test_the_dead_letters_are_looked_at_every_fifth_time_and_at_the_end():
    """
    A look hides them from others for a moment.
    """
    clock = Working()
    desk = Desk(World(Acme(), clock))
    await desk.park(order("p1"))
    report = await redrive(desk)
    counted = Counted(desk.letters())
    effects = Effects(counted, desk.knowledge, clock)  # type: ignore[arg-type]  # lists, counted

    await effects.wait([one.letter for one in report.decided], 12)

    assert [4, 9, 12] == [(at - NOON).total_seconds() for at in counted.looks]


class Counted:
    """Letters that remember when they were looked at."""

    def __init__(self, letters: LettersOf) -> None:
        self._letters = letters
        self.queue = letters.queue
        self.looks: list[datetime] = []

    async def list(self) -> Report:
        self.looks.append(self._letters.clock.now())
        return await self._letters.list()


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
