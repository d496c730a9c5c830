"""What a subscription's buyer owes is collected once, whatever dies on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from penstock import problems
from penstock.api import (
    CollectAnswer,
    Critical,
    Declined,
    Money,
    NotSent,
    Unanswered,
)
from penstock.domain.events import Event
from penstock.domain.operation import Operation, OperationState
from penstock.domain.restriction import Restriction, RestrictionKind
from penstock.errors import RequestRefused
from penstock.pipeline.batch import Backoff, Batch
from penstock.pipeline.charge import Charge
from penstock.pipeline.collect import Collect
from penstock.pipeline.collecting import KEPT, CollectAsked, Collecting, collections
from penstock.pipeline.dispatch import Dispatch
from penstock.pipeline.hand_over import HandOver
from tests.unit.pipeline.club import Club, Desk
from tests.unit.pipeline.test_kill import Dying, Killed
from tests.unit.pipeline.world import CALLER, LEASE

OWED = Money(990, "EUR")
STEPS = 23


def hand_over(desk: Desk) -> HandOver:
    return HandOver(desk.wrap(desk.ledger), desk.wrap(desk.payments), desk.clock, desk.ids)


async def ask(desk: Desk, key: str = "k-1", **asked: object) -> Operation:
    stage = Collecting(desk.wrap(desk.ledger), hand_over(desk), desk.clock, desk.ids, {"club"})
    wanted = CollectAsked("the card was replaced", **asked)  # type: ignore[arg-type]  # by name
    _, operation = await stage(key, "club-I-1", wanted, CALLER)
    return operation


async def refused(desk: Desk, key: str = "k-1", **asked: object) -> RequestRefused:
    """What a request is refused with; nothing may have been sent."""
    before = await desk.payments.depth()
    with pytest.raises(RequestRefused) as refusal:
        await ask(desk, key, **asked)
    assert before == await desk.payments.depth()
    return refusal.value


async def work(desk: Desk) -> None:
    """One turn of the queue's consumer."""
    ledger = desk.wrap(desk.ledger)
    gateways = {"club": desk.wrap(desk.club)}
    charge = Charge({}, ledger, desk.publish, desk.clock, desk.ids, LEASE, desk.gate)
    collect = Collect(gateways, ledger, desk.publish, desk.clock, desk.ids, LEASE, desk.gate)
    messages = await desk.payments.receive(10, 0)
    batch = Batch(
        "test", Dispatch(charge, {}, collect), desk.payments, desk.clock, Backoff(2, 900), 20
    )
    for message, result in zip(messages, await batch.run(messages, lambda: 3600.0), strict=True):
        if result.status != "retry":
            await desk.payments.delete(message)


async def owing(club: Club | None = None) -> Desk:
    desk = Desk(club or Club())
    await desk.active()
    desk.club.held["I-1"] = replace(desk.club.held["I-1"], outstanding=OWED, failures=1)
    await desk.observe((await desk.subscription()).ref, "club")
    return desk


async def collection(desk: Desk) -> Operation:
    (found,) = collections(await desk.subscription())
    return found


async def told(desk: Desk) -> list[Event]:
    """What left about collections."""
    left = [Event.loads(message.body) for message in await desk.events.receive(10, 0)]
    return [one for one in left if one.type.startswith("collection.")]


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
