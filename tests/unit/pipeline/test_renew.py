"""Renew: a dead letter outlives the 14 days that SQS keeps it, once and in its group's order."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from penstock.adapters.memory import MemoryDeadLetters, MemoryQueue
from penstock.domain.parked import FIRST_PARKED_AT
from penstock.errors import ChannelUnavailable
from penstock.pipeline.renew import Renew
from penstock.ports import DeadLetters, Message, Outgoing
from penstock.testing.clock import FrozenClock

DAY = 24 * 3600


class Dead:
    """A queue's dead letters, on a clock of the test's own."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.queue = MemoryQueue(self.clock)
        self.source = MemoryQueue(self.clock, dead_letters=self.queue)
        self.letters = MemoryDeadLetters(self.queue, self.source)

    async def park(self, *bodies: str, group: str = "g") -> None:
        for body in bodies:
            await self.source.send(Outgoing(body, group, f"{group}-{body}"))
            (message,) = await self.source.receive(1, 0)
            await self.source.park(message, f"no {body}")
            await self.source.delete(message)

    async def renew(self, port: DeadLetters | None = None) -> int:
        """One run, and how many it renewed."""
        (looked,) = await Renew({"q": port or self.letters}, self.clock, patience=0)()
        return looked.renewed

    async def all(self) -> list[Message]:
        """What is there, without taking it."""
        found: list[Message] = []
        while batch := await self.queue.receive(10, 0):
            found += batch
        await self.queue.postpone(found, 0)
        return found

    async def bodies(self) -> list[str]:
        return [one.body for one in await self.all()]


@pytest.fixture
def dead() -> Dead:
    return Dead()


def copies(letters: list[Message]) -> list[datetime | None]:
    return [one.sent_at for one in letters]


async def test_a_letter_of_ten_days_is_renewed_and_keeps_since_when(dead: Dead):
    parked_at = dead.clock.now()
    await dead.park("1")
    dead.clock.advance(10 * DAY)

    assert 1 == await dead.renew()

    (letter,) = await dead.all()
    assert (dead.clock.now(), parked_at.isoformat(), "no 1") == (
        letter.sent_at,
        letter.attributes[FIRST_PARKED_AT],
        letter.attributes["reason"],
    )


async def test_a_younger_letter_is_left_where_it_is(dead: Dead):
    await dead.park("1")
    dead.clock.advance(10 * DAY - 1)
    before = await dead.all()

    assert 0 == await dead.renew()
    assert copies(before) == copies(await dead.all())


async def test_since_when_a_letter_is_dead_outlives_every_renewal(dead: Dead):
    first = dead.clock.now()
    await dead.park("1")
    for _ in range(4):
        dead.clock.advance(10 * DAY)
        assert 1 == await dead.renew()

    (letter,) = await dead.all()
    assert first.isoformat() == letter.attributes[FIRST_PARKED_AT]


async def test_a_group_keeps_its_order_though_only_its_first_is_old(dead: Dead):
    await dead.park("1")
    dead.clock.advance(9 * DAY)
    await dead.park("2", "3")
    await dead.park("other", group="h")
    dead.clock.advance(DAY)

    assert 3 == await dead.renew()

    assert ["1", "2", "3"] == [one.body for one in await dead.all() if one.group == "g"]


async def test_a_group_of_more_than_one_receipt_goes_round_once(dead: Dead):
    names = [f"{place:02}" for place in range(25)]
    await dead.park(*names[:1])
    dead.clock.advance(10 * DAY)
    await dead.park(*names[1:])

    assert 25 == await dead.renew()

    seen: list[str] = []
    while batch := await dead.queue.receive(10, 0):
        seen += [one.body for one in batch]
        for one in batch:
            await dead.queue.delete(one)
    assert names == seen


async def test_what_is_not_renewed_can_be_received_at_once(dead: Dead):
    await dead.park("1", "2")

    await dead.renew()

    assert {"visible": 2, "in_flight": 0} == await dead.queue.depth()


async def test_a_queue_that_gives_no_answer_does_not_stop_the_others(dead: Dead):
    class Silent(MemoryDeadLetters):
        async def receive(self, limit: int, wait: float) -> Any:
            raise ChannelUnavailable("receive: no answer")

    await dead.park("1")
    dead.clock.advance(10 * DAY)
    queues = {"silent": Silent(dead.queue, dead.source), "q": dead.letters}

    silent, looked = await Renew(queues, dead.clock, patience=0)()

    assert ("receive: no answer", 1) == (silent.error, looked.renewed)


async def test_no_look_begins_without_the_time_for_it(dead: Dead):
    await dead.park("1")
    dead.clock.advance(10 * DAY)

    (looked,) = await Renew({"q": dead.letters}, dead.clock, patience=0)(lambda: 4.0)

    assert (1, 0) == (looked.letters, looked.renewed)


async def test_the_oldest_letter_is_told_by_its_first_parking(dead: Dead):
    first = dead.clock.now()
    await dead.park("1")
    for _ in range(2):
        dead.clock.advance(10 * DAY)
        (looked,) = await Renew({"q": dead.letters}, dead.clock, patience=0)()

    assert first == looked.oldest


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """Dead letters whose reader dies at one call, before or after its effect, for good."""

    def __init__(self, port: DeadLetters, step: int, *, after: bool) -> None:
        self._port, self._left, self._after = port, step, after
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._port, name)

        async def step(*args: Any) -> Any:
            self.calls += 1
            if self.calls > self._left:
                raise Killed
            if self.calls < self._left:
                return await member(*args)
            if self._after:
                await member(*args)
            raise Killed

        return step


def lives(steps: int) -> Iterator[tuple[int, bool]]:
    return ((step, after) for step in range(1, steps + 1) for after in (False, True))


@pytest.mark.parametrize("later", [200, 6 * 3600], ids=["at once", "six hours later"])
async def test_a_renewal_killed_at_any_call_loses_and_doubles_nothing(
    later: int, capsys: pytest.CaptureFixture[str]
):
    whole = await scene()
    counted = Dying(whole.letters, 10_000, after=False)
    await whole.renew(counted)
    for step, after in lives(counted.calls):
        dead = await scene()
        with pytest.raises(Killed):
            await dead.renew(Dying(dead.letters, step, after=after))
        dead.clock.advance(later)
        await dead.renew()

        found = await dead.all()
        assert ["1", "2", "3", "other"] == sorted(one.body for one in found), (step, after)
        assert ["1", "2", "3"] == [one.body for one in found if one.group == "g"], (step, after)
        assert all(dead.clock.now() - one.sent_at < timedelta(days=1) for one in found)  # type: ignore[operator]
    with capsys.disabled():
        print(f" renewal: killed at {counted.calls} calls, before and after each", end="")


async def test_a_large_group_keeps_its_order_though_its_renewal_is_killed_at_any_call(
    capsys: pytest.CaptureFixture[str],
):
    """
    A receive shows ten letters of it; only the first one is old, and the next run may die, too.
    """
    names = [f"{place:02}" for place in range(13)]
    whole = await large(names)
    counted = Dying(whole.letters, 10_000, after=False)
    assert 13 == await whole.renew(counted)
    assert names == await drained(whole)
    for step, after in lives(counted.calls):
        dead = await large(names)
        for at in (step, step // 2 + 1):
            with suppress(Killed):
                await dead.renew(Dying(dead.letters, at, after=after))
            dead.clock.advance(6 * 3600)
        await dead.renew()

        assert names == await drained(dead), (step, after)
    with capsys.disabled():
        print(f" a large group: killed at {counted.calls} calls, before and after each", end="")


@pytest.mark.parametrize("sizes", [{"A": 7, "B": 8}, {"A": 4, "B": 14}, {"A": 3, "B": 3, "C": 9}])
async def test_groups_that_share_a_receive_keep_their_order_though_a_renewal_is_killed(
    sizes: dict[str, int],
):
    """
    A full receive may show a part of any of its groups.
    """
    whole = await crowd(sizes)
    counted = Dying(whole.letters, 10_000, after=False)
    await whole.renew(counted)
    for step, after in lives(counted.calls):
        dead = await crowd(sizes)
        with suppress(Killed):
            await dead.renew(Dying(dead.letters, step, after=after))
        dead.clock.advance(6 * 3600)
        await dead.renew()

        found = await drained(dead)
        for group, size in sizes.items():
            names = [f"{group}{place:02}" for place in range(size)]
            assert names == [one for one in found if one[0] == group], (step, after)


async def crowd(sizes: dict[str, int]) -> Dead:
    """Groups whose letters are all ten days old."""
    dead = Dead()
    for group, size in sizes.items():
        for place in range(size):
            await dead.park(f"{group}{place:02}", group=group)
            dead.clock.advance(1)
    dead.clock.advance(10 * DAY)
    return dead


async def large(names: list[str]) -> Dead:
    """A group of which only the first letter is ten days old."""
    dead = Dead()
    for name in names:
        await dead.park(name)
        dead.clock.advance(1)
    dead.clock.advance(10 * DAY - len(names))
    return dead


async def drained(dead: Dead) -> list[str]:
    """All letters in their order, ten at a time; none is older than a day."""
    found: list[Message] = []
    while batch := await dead.queue.receive(10, 0):
        found += batch
        for one in batch:
            await dead.queue.delete(one)
    assert all(dead.clock.now() - one.sent_at < timedelta(days=1) for one in found)  # type: ignore[operator]
    return [one.body for one in found]


async def scene() -> Dead:
    dead = Dead()
    await dead.park("1", "2", "3")
    await dead.park("other", group="h")
    dead.clock.advance(10 * DAY)
    return dead
