"""Old dead letters are renewed, and keep since when they are dead."""

from datetime import datetime
from typing import Any

from penstock.adapters.memory import MemoryDeadLetters
from penstock.domain.parked import FIRST_PARKED_AT
from penstock.errors import ChannelUnavailable
from penstock.pipeline.renew import Renew
from penstock.ports import Message
from tests.unit.pipeline.dead import DAY, Dead, dead

__all__ = ["dead"]


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
