"""A replay that is killed, refused or not answered."""

from __future__ import annotations

import asyncio

import pytest

from penstock.adapters.memory import MemoryLedger, MemoryQueue
from penstock.errors import ChannelUnavailable, LedgerUnavailable
from penstock.ports import Outgoing
from tests.unit.operators.desk import Dying, Killed, lives
from tests.unit.operators.replaying import Sink


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


async def test_a_ledger_without_an_answer_ends_a_replay_before_anything_of_the_entity_is_sent(
    sink: Sink,
):
    class Away(MemoryLedger):
        async def find(self, ref: object) -> None:
            raise LedgerUnavailable("no answer")

    with pytest.raises(LedgerUnavailable):
        await sink.replay(ledger=Away())

    assert {"visible": 0, "in_flight": 0} == await sink.queue.depth()


async def test_the_first_error_of_several_is_told(sink: Sink):
    class Slow(MemoryQueue):
        errors = 0

        async def send(self, message: Outgoing) -> None:
            self.errors += 1
            number = self.errors
            await asyncio.sleep(0)
            raise ChannelUnavailable(f"send: no answer to {number}")

    with pytest.raises(ChannelUnavailable, match="no answer to 1"):
        await sink.replay(queue=Slow(sink.clock))
