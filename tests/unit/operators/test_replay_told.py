"""What a replay says of itself, and how long it is waited for."""

from __future__ import annotations

import pytest

from penstock.adapters.memory import MemoryAttempts, MemoryQueue
from penstock.errors import CommandRefused
from penstock.operators.audited import Audited
from penstock.operators.replay import Replay, Replayed, ReplayId
from penstock.pipeline.deliver import attempt_key
from penstock.testing.clock import NOON, FrozenClock, LeapingClock
from penstock.testing.context import CountingIds
from tests.unit.operators.desk import ADA
from tests.unit.operators.replaying import ID, WHY, Sink


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
