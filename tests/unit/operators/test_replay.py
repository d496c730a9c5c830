"""Replay: events reach one sink again, in order, once a replay, however often it is killed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import pytest

from penstock.adapters.memory import MemoryAttempts, MemoryAudit, MemoryLedger, MemoryQueue
from penstock.api import Delivered, Event, EventType
from penstock.errors import ChannelUnavailable, CommandRefused, LedgerUnavailable
from penstock.operators.audited import Audited
from penstock.operators.replay import Replay, Replayed, ReplayId
from penstock.pipeline.deliver import Deliver, attempt_key
from penstock.ports import Attempts, Channel, Ledger, Outgoing
from penstock.queries.chosen import oldest_first
from penstock.testing.clock import NOON, FrozenClock, LeapingClock
from penstock.testing.context import CountingIds
from tests.unit.operators.desk import ADA, Dying, Killed, lives
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.world import World

WHY = "the channel was archived"
ID = "20261102T120000000000Z-1"


class Board:
    """A sink that writes on a board."""

    name = "board"

    def __init__(self) -> None:
        self.had: list[str] = []

    def accepts(self, event: Event) -> bool:
        return True

    async def deliver(self, event: Event, attempt: object) -> Delivered:
        self.had.append(event.id)
        return Delivered()


class Sink:
    """A sink, its queue and what it has had."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.queue = MemoryQueue(self.clock)
        self.attempts = MemoryAttempts()
        self.ledger = MemoryLedger()
        self.audit = MemoryAudit()
        self.board = Board()
        self.ids = CountingIds()
        self.events = [event(entity, number) for number in (1, 2, 3) for entity in ("p1", "p2")]

    async def deliver(self) -> None:
        stage = Deliver(self.board, self.attempts, self.clock, selected=["invoice.paid"])
        while batch := await self.queue.receive(10, 0):
            for message in batch:
                await stage(message)
                await self.queue.delete(message)

    async def replay(
        self,
        replay: str = ID,
        *,
        selected: Collection[str] | None = None,
        queue: Channel | None = None,
        attempts: Attempts | None = None,
        ledger: Ledger | None = None,
        audit: MemoryAudit | None = None,
        dry_run: bool = False,
    ) -> Replayed:
        command = Replay(
            "board",
            queue or self.queue,
            attempts or self.attempts,
            ledger or self.ledger,
            self.clock,
            selected,
        )
        audited = Audited(audit or self.audit, self.clock, self.ids, ADA)
        return await command(self.events, ReplayId.read(replay), WHY, audited, dry_run=dry_run)


def event(entity: str, number: int, kind: EventType = EventType.payment_succeeded) -> Event:
    at = NOON + timedelta(seconds=number)
    return Event(f"{entity}-{number}", kind, entity, "acme", number, at, {})


@pytest.fixture
def sink() -> Sink:
    return Sink()


async def test_events_that_the_sink_has_had_reach_it_again_in_order(sink: Sink):
    for one in sink.events:
        await sink.attempts.record("board", one.id, sink.clock.now())

    done = await sink.replay()
    await sink.deliver()

    assert (6, 0) == (len(done.sent), done.had)
    for entity in ("p1", "p2"):
        own = [name for name in sink.board.had if name.startswith(entity)]
        assert [f"{entity}-1", f"{entity}-2", f"{entity}-3"] == own


async def test_a_replay_run_again_sends_nothing_that_was_delivered_under_it(sink: Sink):
    await sink.replay()
    await sink.deliver()
    sink.clock.advance(3600)

    again = await sink.replay()
    other = await sink.replay("20261102T130000000000Z-2")
    await sink.deliver()

    assert (0, 6, 6, 12) == (len(again.sent), again.had, len(other.sent), len(sink.board.had))


async def test_a_replayed_event_has_the_payers_name_as_the_published_one(sink: Sink):
    """
    The archive has no names: they are in the payment's state only, until the payer is forgotten.
    """
    world = World(Acme())
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), one.group, "1"))
    await world.consume(world.verified, world.process)
    published = (await world.published())[0]
    archived = (await world.ledger.events(10)).events[-1]
    sink.ledger, sink.events = world.ledger, [archived]

    await sink.replay()

    (message,) = await sink.queue.receive(10, 0)
    assert published.dumps() == message.body
    assert published.data["payer"] != archived.data.get("payer")


async def test_the_sinks_filter_applies_to_a_replay(sink: Sink):
    sink.events.append(event("p1", 4, EventType.invoice_paid))

    done = await sink.replay(selected=["invoice.paid"])

    assert (["p1-4"], 6) == (done.sent, done.left_out)


async def test_a_dry_run_sends_nothing(sink: Sink):
    done = await sink.replay(dry_run=True)

    assert "6 would be sent to board" == done.effect
    assert {"visible": 0, "in_flight": 0} == await sink.queue.depth()
    assert [] == list(await sink.audit.of_day(sink.clock.now().date(), 10))


async def test_a_replay_is_in_the_audit_trail_under_its_id(sink: Sink):
    await sink.replay()

    (entry,) = await sink.audit.of_day(sink.clock.now().date(), 10)
    assert ("events replay", ("queue#sink-board", f"replay#{ID}"), WHY) == (
        entry.begun.command,
        entry.begun.subjects,
        entry.begun.reason,
    )
    assert entry.done is not None
    assert "6 sent to board" == entry.done.effect


async def test_a_queue_that_takes_nothing_ends_the_replay_with_what_was_sent(sink: Sink):
    class Full(MemoryQueue):
        left = 2

        async def send(self, message: Outgoing) -> None:
            if not self.left:
                raise ChannelUnavailable("send: no answer")
            self.left -= 1
            await super().send(message)

    with pytest.raises(ChannelUnavailable):
        await sink.replay(queue=Full(sink.clock))

    (entry,) = await sink.audit.of_day(sink.clock.now().date(), 10)
    assert entry.done is not None
    assert ("failed", 2) == (entry.done.ending.value, entry.done.after["sent"])


async def test_a_waited_for_replay_counts_what_was_delivered(sink: Sink):
    class Working(FrozenClock):
        async def sleep(self, seconds: float) -> None:
            self.advance(seconds)
            await sink.deliver()

    sink.clock = Working()
    sink.queue = MemoryQueue(sink.clock)
    done = await sink.replay()

    command = Replay("board", sink.queue, sink.attempts, sink.ledger, sink.clock)
    await command.wait(done, ReplayId.read(ID), 30)

    assert "6 sent to board, 6 of them delivered" == done.effect


@pytest.mark.parametrize(
    "text", ["", "r-1", "20261302T120000000000Z-1", f"{ID}\n", "20261102T120000000000Z-"]
)
def test_an_id_that_no_command_has_made_is_refused(text: str):
    with pytest.raises(CommandRefused, match="--replay-id"):
        ReplayId.read(text)


def test_a_new_id_says_when_the_replay_began():
    made = ReplayId.new(FrozenClock(), CountingIds())

    assert (NOON, made) == (made.begun_at, ReplayId.read(made.text))


def test_a_new_id_ends_with_the_last_eight_characters_of_one_of_ours():
    made = ReplayId.new(FrozenClock(), CountingIds("0123456789abcde"))

    assert "20261102T120000000000Z-9abcde-1" == made.text


def test_an_entitys_events_keep_their_order_though_a_hosts_clock_is_behind():
    early = event("p1", 1)
    late = Event("p1-2", early.type, "p1", "acme", 2, NOON - timedelta(minutes=1), {})
    other = event("p2", 1)

    assert ["p1-1", "p2-1", "p1-2"] == [one.id for one in oldest_first([late, other, early])]


async def test_a_replay_killed_at_any_call_delivers_each_event_once(
    capsys: pytest.CaptureFixture[str],
):
    counted = Dying(10_000, after=False)
    await killed(Sink(), counted)
    for dying in lives(counted.calls):
        for later in (0, 3600):
            sink = Sink()
            assert await killed(sink, dying)
            await sink.deliver()
            sink.clock.advance(later)
            await sink.replay()
            await sink.deliver()

            at = (dying.step, dying.after, later)
            assert sorted(one.id for one in sink.events) == sorted(sink.board.had), at
            own = [name for name in sink.board.had if name.startswith("p1")]
            assert ["p1-1", "p1-2", "p1-3"] == own, at
            dying.calls = 0
    with capsys.disabled():
        print(f" replay: killed at {counted.calls} calls, before and after each", end="")


async def killed(sink: Sink, dying: Dying) -> bool:
    try:
        await sink.replay(
            queue=dying(sink.queue),
            attempts=dying(sink.attempts),
            ledger=dying(sink.ledger),
            audit=dying(sink.audit),
        )
    except Killed:
        return True
    return False


@pytest.mark.parametrize(("seconds", "looks"), [(0, 1), (1, 2), (2.5, 4)])
async def test_a_replay_is_waited_for_until_the_time_is_up(
    sink: Sink, seconds: float, looks: int
) -> None:
    """
    It is looked at once a second, and what is delivered is not asked about again.
    """
    clock = LeapingClock()
    done = Replayed("board", [f"e-{number}" for number in range(20)])
    for number in (0, 9):
        await sink.attempts.record("board", attempt_key(f"e-{number}", ID), NOON)
    asked = Asked(sink.attempts)
    command = Replay("board", sink.queue, asked, sink.ledger, clock)
    await command.wait(done, ReplayId.read(ID), seconds)

    assert 2 == done.delivered
    assert looks - 1 == (clock.now() - NOON).total_seconds()
    assert [attempt_key(f"e-{number}", ID) for number in range(20)] == asked.keys[:20]
    assert 20 + 18 * (looks - 1) == len(asked.keys)


class Asked(MemoryAttempts):
    """What was delivered, and which keys it was asked for."""

    def __init__(self, of: MemoryAttempts) -> None:
        self._of = of
        self.keys: list[str] = []

    async def delivered(self, sink: str, event_id: str) -> bool:
        self.keys.append(event_id)
        return await self._of.delivered(sink, event_id)


@pytest.mark.parametrize(
    ("done", "effect"),
    [
        (Replayed("board"), "0 sent to board"),
        (Replayed("board", planned=True), "0 would be sent to board"),
        (Replayed("board", ["a"], had=1), "1 sent to board, 1 delivered under this id before"),
        (
            Replayed("board", ["a", "b"], 2, 3, 0),
            "2 sent to board, 0 of them delivered, 2 delivered under this id before, "
            "3 left out by the sink's filter",
        ),
    ],
)
def test_a_replay_says_what_it_did_in_one_line(done: Replayed, effect: str):
    assert effect == done.effect


@pytest.mark.parametrize(
    ("first", "second", "delivered"), [(None, None, None), (None, 0, 0), (2, None, 2), (2, 3, 5)]
)
def test_the_parts_of_a_replay_are_counted_together(
    first: int | None, second: int | None, delivered: int | None
):
    whole = Replayed("board", ["a"], 1, 2, first)
    whole.add(Replayed("board", ["b", "c"], 10, 20, second))

    assert Replayed("board", ["a", "b", "c"], 11, 22, delivered) == whole


@pytest.mark.parametrize(("number", "too_many"), [(20_000, False), (20_001, True)])
async def test_a_replay_takes_20000_events_at_once(sink: Sink, number: int, too_many: bool):
    sink.events = [event("p1", 1)] * number
    if too_many:
        with pytest.raises(CommandRefused, match="20001 events are too many"):
            await sink.replay(selected=[])
    else:
        assert number == (await sink.replay(selected=[], dry_run=True)).left_out


async def test_a_replay_tells_how_far_it_is_and_what_it_left_out(sink: Sink):
    await sink.attempts.record("board", attempt_key("p1-1", ID), NOON)
    told: list[int] = []
    command = Replay("board", sink.queue, sink.attempts, sink.ledger, sink.clock, ["x"])
    audited = Audited(sink.audit, sink.clock, sink.ids, ADA)
    replay = ReplayId.read(ID)
    left = await command(sink.events, replay, WHY, audited, progress=told.append)
    assert ([], 6) == (told, left.left_out)

    command = Replay("board", sink.queue, sink.attempts, sink.ledger, sink.clock)
    done = await command(sink.events, replay, WHY, audited, progress=told.append)
    _, entry = sorted(await sink.audit.of_day(NOON.date(), 10), key=lambda one: one.begun.id)
    assert entry.done is not None

    assert [1, 2, 3, 4, 5, 6] == told
    assert (5, 1, 0) == (len(done.sent), done.had, done.left_out)
    assert {"sent": 5, "had": 1, "left_out": 0} == entry.done.after


async def test_a_replayed_event_goes_to_its_entitys_group_with_its_type_and_its_replay(
    sink: Sink,
):
    sink.events = [event("p1", 1)]
    await sink.replay()
    (message,) = await sink.queue.receive(10, 0)

    assert ("p1", event("p1", 1).dumps()) == (message.group, message.body)
    assert {"type": "payment.succeeded", "gateway": "acme", "replay": ID} == message.attributes


async def test_a_ledger_without_an_answer_ends_a_replay_before_anything_of_the_entity_is_sent(
    sink: Sink,
):
    class Away(MemoryLedger):
        async def find(self, ref: object) -> None:
            raise LedgerUnavailable("no answer")

    with pytest.raises(LedgerUnavailable):
        await sink.replay(ledger=Away())

    assert {"visible": 0, "in_flight": 0} == await sink.queue.depth()
