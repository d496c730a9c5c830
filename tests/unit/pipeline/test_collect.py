"""What a subscriber owes is collected once, and its end is published."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.api import CollectAnswer, Critical, Declined, NotSent, Unanswered
from penstock.domain.operation import OperationState
from tests.unit.pipeline.club import Club
from tests.unit.pipeline.owing import OWED, ask, collection, owing, refused, told, work
from tests.unit.pipeline.world import LEASE


async def test_all_that_is_owed_is_collected_once():
    desk = await owing()
    asked = await ask(desk)
    await ask(desk)

    await work(desk)
    await work(desk)

    found = await collection(desk)
    assert {asked.id: OWED} == desk.club.collected
    assert (OperationState.succeeded, "SALE-1") == (found.state, found.reference)
    (call,) = desk.club.collect_calls
    assert ("I-1", "the card was replaced") == (call.reference, call.reason)


async def test_a_lost_answer_is_looked_up_under_the_same_id():
    desk = await owing(Club(collect_answers=[Unanswered("lost")], collects_before_answering=True))
    await ask(desk)
    await work(desk)
    lost = await collection(desk)

    desk.clock.advance(LEASE.total_seconds() + 1)
    await work(desk)

    assert OperationState.unknown is lost.state
    assert OperationState.succeeded is (await collection(desk)).state
    assert (2, 1) == (len(desk.club.collect_calls), len(desk.club.collected))


async def test_after_the_window_a_person_must_look():
    desk = await owing(Club(collect_answers=[Unanswered("lost")]))
    await ask(desk)
    await work(desk)

    desk.clock.advance(timedelta(hours=72).total_seconds())
    await work(desk)

    assert 1 == len(desk.club.collect_calls)
    assert "forgotten the request" in ((await collection(desk)).reason or "")


async def test_what_is_not_sent_is_sent_later_and_a_refusal_is_final():
    desk = await owing(Club(collect_answers=[NotSent("later"), Declined("no money")]))
    await ask(desk)
    await work(desk)
    waiting = await collection(desk)

    desk.clock.advance(60)
    await work(desk)

    found = await collection(desk)
    assert OperationState.reserved is waiting.state
    assert (OperationState.declined, "no money") == (found.state, found.reason)
    assert {} == desk.club.collected


async def test_a_collection_that_failed_is_published_with_its_amount_and_reason():
    desk = await owing(Club(collect_answers=[Declined("no money")]))
    await ask(desk, amount=500, currency="EUR")

    await work(desk)

    (event,) = await told(desk)
    assert ("collection.failed", "club-I-1", "no money") == (
        event.type,
        event.entity,
        event.data["because"],
    )
    assert {"minor": 500, "currency": "EUR"} == event.data["collection"]["amount"]
    assert "the card was replaced" == event.data["collection"]["reason"]


@pytest.mark.parametrize("again", [Critical("nothing is owed"), None], ids=["answer", "window"])
async def test_a_collection_that_needs_a_person_is_parked_and_published(
    again: CollectAnswer | None,
):
    answers = [Unanswered("lost"), *([again] if again else [])]
    desk = await owing(Club(collect_answers=answers))
    await ask(desk)
    await work(desk)

    desk.clock.advance(timedelta(hours=1 if again else 72).total_seconds())
    await work(desk)

    assert ["collection.parked"] == [one.type for one in await told(desk)]
    assert OperationState.unknown is (await collection(desk)).state
    assert "needs a person" in (await refused(desk, "k-2")).detail
