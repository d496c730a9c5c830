"""A collection that is refused, repeated, killed or restricted."""

from __future__ import annotations

import asyncio

import pytest

from penstock import problems
from penstock.api import CollectAnswer, Declined, Unanswered
from penstock.domain.operation import OperationState
from penstock.domain.restriction import Restriction, RestrictionKind
from penstock.errors import RequestRefused
from penstock.pipeline.collecting import KEPT, CollectAsked, Collecting, collections
from tests.unit.pipeline.club import Club
from tests.unit.pipeline.desk import Desk
from tests.unit.pipeline.owing import OWED, ask, collection, hand_over, owing, refused, work
from tests.unit.pipeline.test_kill import Dying, Killed
from tests.unit.pipeline.world import CALLER

STEPS = 23


@pytest.mark.parametrize(
    ("asked", "kind", "says"),
    [
        ({"amount": 991, "currency": "EUR"}, problems.FIELD_REFUSED, "990 (9.90 EUR) at most"),
        ({"amount": 990, "currency": "USD"}, problems.FIELD_REFUSED, "must be EUR"),
        ({"amount": 990, "currency": "CHF"}, problems.FIELD_REFUSED, "must be EUR"),
    ],
)
async def test_bad_input_names_the_field_and_sends_nothing(
    asked: dict[str, object], kind: problems.Kind, says: str
):
    told = await refused(await owing(), **asked)

    assert kind == told.kind
    assert says in told.fields[0][1]


async def test_decimals_that_the_gateway_does_not_take_are_refused_before_anything_is_reserved():
    desk = await owing()
    stage = Collecting(
        desk.ledger, hand_over(desk), desk.clock, desk.ids, {"club"}, {"club": {"EUR"}}
    )

    with pytest.raises(RequestRefused) as refusal:
        await stage("k-1", "club-I-1", CollectAsked("why", 501, "EUR"), CALLER)

    assert "no decimals in EUR" in refusal.value.fields[0][1]
    assert () == collections(await desk.subscription())


async def test_nothing_is_collected_of_a_buyer_who_owes_nothing():
    desk = Desk(Club())
    await desk.active()

    assert problems.NOTHING_OUTSTANDING == (await refused(desk)).kind


async def test_one_collection_is_under_way_at_a_time():
    desk = await owing()
    await ask(desk, amount=500, currency="EUR")

    assert "under way" in (await refused(desk, "k-2", amount=490, currency="EUR")).detail


async def test_the_same_key_with_another_body_is_refused():
    desk = await owing()
    await ask(desk, amount=500, currency="EUR")

    assert problems.KEY_REUSED == (await refused(desk, amount=490, currency="EUR")).kind


async def test_twenty_at_once_collect_once():
    desk = await owing()

    async def one(number: int) -> bool:
        try:
            await ask(desk, f"k-{number}")
        except RequestRefused:
            return False
        return True

    taken = await asyncio.gather(*(one(number) for number in range(20)))
    await work(desk)

    assert (1, [OWED]) == (sum(taken), list(desk.club.collected.values()))


async def test_only_the_newest_collections_are_kept():
    desk = await owing(Club(collect_answers=[Declined("no")] * (KEPT + 5)))
    for number in range(KEPT + 5):
        await ask(desk, f"k-{number}")
        await work(desk)

    assert KEPT == len(collections(await desk.subscription()))


@pytest.mark.parametrize("lossy", [False, True], ids=["answered", "lost"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
async def test_a_collection_killed_at_any_step_is_taken_once(step: int, after: bool, lossy: bool):
    answers: list[CollectAnswer] = [Unanswered("lost")] if lossy else []
    desk = await owing(Club(collect_answers=answers, collects_before_answering=lossy))
    desk.wrap = Dying(step, after=after)

    await _lived(desk)

    assert [OWED] == list(desk.club.collected.values())
    assert OperationState.succeeded is (await collection(desk)).state


async def test_the_steps_above_cover_every_call_of_a_whole_life():
    desk = await owing()
    desk.wrap = never = Dying(10_000, after=False)

    await _lived(desk)

    assert STEPS >= 10_000 - never._left


async def _lived(desk: Desk) -> None:
    """The client asks until it is answered; then consumer and sweep by turns, to the end."""
    for _ in range(3):
        try:
            await ask(desk)
        except Killed:
            desk.clock.advance(200)
        else:
            break
    for _ in range(12):
        try:
            await work(desk)
            desk.clock.advance(200)
            await desk.sweep()
        except Killed:
            desk.clock.advance(200)
            continue
        if not (await collection(desk)).open:
            return
    raise AssertionError("it never ended")


async def test_a_restricted_collection_waits_for_the_release():
    desk = await owing()
    gateway = Restriction(RestrictionKind.gateway, "club", desk.clock.now(), "ada", "fraud")
    await desk.restrictions.put(gateway)
    asked = await ask(desk)
    await work(desk)
    held = (await desk.subscription()).operation_by_id(asked.id)

    assert held is not None
    assert (OperationState.reserved, desk.clock.now()) == (held.state, held.restricted_at)
    assert [] == desk.club.collect_calls

    await desk.restrictions.lift(gateway.key, gateway.since)
    desk.clock.advance(301)
    await desk.sweep()
    await work(desk)
    done = (await desk.subscription()).operation_by_id(asked.id)

    assert done is not None
    assert (OperationState.succeeded, 1) == (done.state, len(desk.club.collect_calls))
