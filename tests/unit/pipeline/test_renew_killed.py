"""A renewal that is killed at any call loses and doubles nothing."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from penstock.ports import DeadLetters, Message
from tests.unit.pipeline.dead import DAY, Dead, dead

__all__ = ["dead"]


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
