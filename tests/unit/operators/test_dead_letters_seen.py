"""Dead letters are seen, chosen and counted without being lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.operators.letters import Selection
from tests.unit.operators.desk import (
    ALL,
    Desk,
    bodies,
    order,
    peek,
    redrive,
)

DAY = 24 * 3600


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
