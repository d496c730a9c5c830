"""A request under an Idempotency-Key: answered once, resumed after a crash, never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from penstock.adapters.memory import MemoryAnswers
from penstock.domain.caller import DEFAULT_CLIENT
from penstock.errors import CommandRefused, LedgerUnavailable, OperationInFlight, RequestRefused
from penstock.operators.once import LEASE, LIMIT_SECONDS, Once
from penstock.ports import Asked
from penstock.simulation.loop import VirtualLoop
from penstock.testing.clock import FrozenClock
from tests.unit.operators.desk import Dying, Killed
from tests.unit.pipeline.world import Counted


@dataclass
class Room:
    """Requests, and what was done for them."""

    clock: FrozenClock = field(default_factory=FrozenClock)
    answers: MemoryAnswers = field(default_factory=MemoryAnswers)
    done: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.ids = Counted()

    @property
    def once(self) -> Once:
        return Once(self.answers, self.clock, self.ids)

    async def ask(
        self,
        key: str = "k",
        digest: str = "d",
        client: str = "shop",
        work: Callable[[], Awaitable[str]] | None = None,
    ) -> str:
        return await self.once(client, key, digest, lambda _: (work or self.work)())

    async def work(self) -> str:
        self.done.append("done")
        return f"answer {len(self.done)}"


async def test_a_repeat_gets_the_first_answer_and_does_nothing():
    room = Room()
    answers = [await room.ask()]
    room.clock.advance(29 * 86_400)
    answers.append(await room.ask())

    assert (["answer 1", "answer 1"], 1) == (answers, len(room.done))


async def test_a_key_belongs_to_one_request_of_one_client():
    room = Room()
    await room.ask()
    with pytest.raises(RequestRefused) as refused:
        await room.ask(digest="another")

    assert 422 == refused.value.status
    assert ["answer 2", "answer 3"] == [
        await room.ask(client="office"),
        await room.ask(client=DEFAULT_CLIENT),
    ]


async def test_the_same_request_is_worked_on_by_one_at_a_time():
    room, begun, end = Room(), asyncio.Event(), asyncio.Event()

    async def work() -> str:
        begun.set()
        await end.wait()
        return await room.work()

    first = asyncio.create_task(room.ask(work=work))
    await begun.wait()
    with pytest.raises(OperationInFlight) as later:
        await room.ask()
    end.set()

    assert ("answer 1", "answer 1", 30.0) == (
        await first,
        await room.ask(),
        later.value.retry_after,
    )


@pytest.mark.parametrize("error", [CommandRefused("not now"), LedgerUnavailable("away")])
async def test_a_refusal_is_no_answer_and_the_same_may_be_sent_again(error: Exception):
    room = Room()

    async def refuse() -> str:
        raise error

    with pytest.raises(type(error)):
        await room.ask(work=refuse)

    assert "answer 1" == await room.ask()


@pytest.mark.parametrize("after", [False, True])
async def test_a_try_that_was_killed_is_made_again_once_its_claim_has_ended(after: bool):
    """
    The work was done, and its answer was kept or was not.
    """
    room = Room()
    once = Once(Dying(2, after=after)(room.answers), room.clock, room.ids)
    with pytest.raises(Killed):
        await once("shop", "k", "d", lambda _: room.work())
    if not after:
        with pytest.raises(OperationInFlight):
            await room.ask()
    room.clock.advance(LEASE.total_seconds())

    assert ("answer 1" if after else "answer 2") == await room.ask()


async def test_the_work_of_a_repeat_is_told_what_the_first_try_meant():
    room, told = Room(), list[str]()

    async def refuse(asked: Asked) -> str:
        told.append(asked.meant)
        raise LedgerUnavailable("away")

    for meant in ("the first", "another"):
        with pytest.raises(LedgerUnavailable):
            await room.once("shop", "k", "d", refuse, meant)

    assert ["the first", "the first"] == told


def test_work_that_hangs_is_given_up_before_its_claim_ends():
    """
    Until then no other try begins: a write of the first may still be under way.
    """

    async def hang() -> str:
        await asyncio.sleep(3600)
        return "never"

    async def run() -> float:
        room = Room()
        with pytest.raises(OperationInFlight):
            await room.ask(work=hang)
        with pytest.raises(OperationInFlight):
            await room.ask()
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert LIMIT_SECONDS <= runner.run(run()) < LEASE.total_seconds()
