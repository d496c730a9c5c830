"""How a look at the dead letters asks for them, and what it says of what waits."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from penstock.adapters.memory import MemoryDeadLetters
from penstock.errors import ChannelUnavailable
from penstock.pipeline.renew import Renew
from tests.unit.pipeline.dead import DAY, Dead


@pytest.fixture
def dead() -> Dead:
    return Dead()


class Waits:
    """Dead letters that note how each receipt was asked for."""

    def __init__(self, dead: Dead) -> None:
        self._letters = dead.letters
        self.asked: list[tuple[int, float]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._letters, name)

    async def receive(self, limit: int, wait: float) -> Any:
        self.asked.append((limit, wait))
        return await self._letters.receive(limit, 0)


async def test_a_look_waits_for_letters_it_has_not_seen_and_then_asks_once_more_at_once(
    dead: Dead,
):
    await dead.park("1", "2")
    waits = Waits(dead)

    await Renew({"q": waits}, dead.clock)()

    assert [(10, 1.0), (10, 0)] == waits.asked


async def test_an_empty_queue_is_not_received_from(dead: Dead):
    waits = Waits(dead)

    (looked,) = await Renew({"q": waits}, dead.clock)()

    assert ([], 0, 0, None) == (waits.asked, looked.letters, looked.renewed, looked.oldest)


@pytest.mark.parametrize(("left", "renewed"), [(6.0, 0), (6.1, 1)])
async def test_a_look_begins_with_a_moment_more_than_it_may_take(
    dead: Dead, left: float, renewed: int
):
    await dead.park("1")
    dead.clock.advance(10 * DAY)

    (looked,) = await Renew({"q": Waits(dead)}, dead.clock, patience=1.0)(lambda: left)

    assert renewed == looked.renewed


async def test_a_queue_that_cannot_be_counted_has_nothing_that_was_seen(dead: Dead):
    class Silent(MemoryDeadLetters):
        async def depth(self) -> Any:
            raise ChannelUnavailable("depth: no answer")

    with capture_logs() as logs:
        (looked,) = await Renew({"q": Silent(dead.queue, dead.source)}, dead.clock)()

    assert (0, 0, None, "depth: no answer") == (
        looked.letters,
        looked.renewed,
        looked.oldest,
        looked.error,
    )
    assert [("dead_letters.not_seen", "depth: no answer"), ("renew.finished", None)] == [
        (line["event"], line.get("because")) for line in logs
    ]


async def test_what_waits_is_told_with_its_age_to_a_hundredth_of_a_day(dead: Dead):
    await dead.park("1")
    dead.clock.advance(2 * DAY)
    await dead.park("2", group="h")
    dead.clock.advance(8.12345 * DAY)

    with capture_logs() as logs:
        await Renew({"q": dead.letters}, dead.clock, patience=0)()

    assert [
        {"queue": "q", "letters": 2, "renewed": 1, "oldest_days": 10.12},
        {"letters": 2, "renewed": 1},
    ] == [
        {key: value for key, value in line.items() if key not in ("event", "log_level")}
        for line in logs
    ]
