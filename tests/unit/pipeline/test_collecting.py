"""Asking for a collection: what is reserved, what is refused, and who else writes meanwhile."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock import problems
from penstock.api import Declined, Money, NotSent, Unanswered
from penstock.domain.change import change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.errors import (
    LedgerConflict,
    MissingCapability,
    PaymentConflict,
    RequestRefused,
    UnknownPayment,
)
from penstock.pipeline.collect import Collect
from penstock.pipeline.collecting import CollectAsked, Collecting, collections
from penstock.pipeline.orders import Action, ActionMessage
from tests.unit.pipeline.club import Club
from tests.unit.pipeline.contended import Contended
from tests.unit.pipeline.desk import Desk
from tests.unit.pipeline.owing import OWED, ask, collection, hand_over, owing, refused, work
from tests.unit.pipeline.world import CALLER, LEASE


def stage(desk: Desk) -> Collect:
    gateways = {"club": desk.wrap(desk.club)}
    ledger = desk.wrap(desk.ledger)
    return Collect(gateways, ledger, desk.publish, desk.clock, desk.ids, LEASE, desk.gate)


async def owes(minor: int | None) -> Desk:
    desk = await owing()
    outstanding = None if minor is None else Money(minor, "EUR")
    desk.club.held["I-1"] = replace(desk.club.held["I-1"], outstanding=outstanding)
    desk.club.held["I-1"] = replace(
        desk.club.held["I-1"], as_of=desk.clock.now() + timedelta(minutes=1)
    )
    await desk.observe((await desk.subscription()).ref, "club")
    return desk


@pytest.mark.parametrize("minor", [None, 0])
async def test_of_a_buyer_who_owes_nothing_nothing_is_collected(minor: int | None):
    assert problems.NOTHING_OUTSTANDING == (await refused(await owes(minor))).kind


async def test_a_cent_is_collected():
    desk = await owes(1)
    await ask(desk)
    await work(desk)

    assert [Money(1, "EUR")] == list(desk.club.collected.values())


@pytest.mark.parametrize("amount", [1, 989, 990])
async def test_as_much_as_is_owed_can_be_asked_for(amount: int):
    desk = await owing()
    await ask(desk, amount=amount, currency="EUR")
    await work(desk)

    assert [Money(amount, "EUR")] == list(desk.club.collected.values())


@pytest.mark.parametrize("amount", [None, 100, 200, 300, 400, 501, 600, 700, 800])
async def test_the_same_key_with_any_other_amount_is_refused(amount: int | None):
    desk = await owing()
    await ask(desk, amount=500, currency="EUR")
    changed = {} if amount is None else {"amount": amount, "currency": "EUR"}

    assert problems.KEY_REUSED == (await refused(desk, **changed)).kind


async def test_all_that_is_owed_is_asked_for_though_it_has_decimals():
    """
    A client asks for no amount then, and the gateway has named it itself.
    """
    desk = await owes(991)
    whole = {"club": {"EUR"}}
    collecting = Collecting(desk.ledger, hand_over(desk), desk.clock, desk.ids, {"club"}, whole)

    _, taken = await collecting("k-1", "club-I-1", CollectAsked("why"), CALLER)

    assert Money(991, "EUR") == (taken.terms and taken.terms.amount)


@pytest.mark.parametrize(
    ("providers", "says"),
    [(set[str](), "none that is configured here"), ({"b", "a"}, "a, b")],
)
async def test_a_gateway_without_collections_is_refused_with_those_that_have_them(
    providers: set[str], says: str
):
    desk = await owing()
    collecting = Collecting(desk.ledger, hand_over(desk), desk.clock, desk.ids, providers)

    with pytest.raises(RequestRefused) as refusal:
        await collecting("k-1", "club-I-1", CollectAsked("why"), CALLER)

    assert problems.NO_COLLECTIONS == refusal.value.kind
    assert f"these collect what is owed when told to: {says}" == refusal.value.detail


async def test_a_subscription_that_is_not_there_is_404():
    assert problems.NO_SUCH_SUBSCRIPTION == (await refused(Desk())).kind


@pytest.mark.parametrize("conflicts", [19, 20])
async def test_a_collection_is_reserved_though_others_write_and_given_up_after_20_tries(
    conflicts: int,
):
    desk = await owing()
    ledger = Contended(desk, conflicts)
    desk.wrap = lambda port: ledger if port is desk.ledger else port

    kept = conflicts < 20
    with nullcontext() if kept else pytest.raises(LedgerConflict, match="nothing was reserved"):
        await ask(desk)

    assert (1 if kept else 0) == len(collections(await desk.subscription()))


async def test_a_collection_is_due_after_a_minute_until_its_message_is_sent():
    desk = await owing()

    class Down:
        async def send(self, message: Any) -> None:
            raise ConnectionError

    desk.wrap = lambda port: Down() if port is desk.payments else port
    with pytest.raises(ConnectionError):
        await ask(desk)

    assert desk.clock.now() + timedelta(seconds=60) == (await collection(desk)).due_at


@pytest.mark.parametrize(
    ("answer", "outcome", "because"),
    [(None, "collect succeeded", None), (Declined("no money"), "collect declined", "no money")],
)
async def test_a_collection_says_what_became_of_it(
    answer: Declined | None, outcome: str, because: str | None
):
    desk = await owing(Club(collect_answers=[answer] if answer else []))
    asked = await ask(desk)
    message = ActionMessage("club-I-1", "club", Action.collect, asked.id)

    handled = await stage(desk)(message)
    again = await stage(desk)(message)

    assert ("club-I-1", outcome, because) == (handled.entity, handled.outcome, handled.because)
    assert (handled, 1) == (again, len(desk.club.collect_calls))


async def test_a_message_of_no_collection_is_refused():
    desk = await owing()
    asked = ActionMessage("club-I-1", "club", Action.collect, "none")
    with pytest.raises(PaymentConflict, match="no collection of that id"):
        await stage(desk)(asked)
    with pytest.raises(UnknownPayment):
        await stage(desk)(replace(asked, id="club-I-404"))
    other = (await desk.subscription()).operations[0]
    assert OperationKind.collect is not other.kind
    with pytest.raises(PaymentConflict, match="no collection of that id"):
        await stage(desk)(replace(asked, operation=other.id))
    assert [] == desk.club.collect_calls


async def test_a_collection_without_terms_is_never_sent():
    desk = await owing()
    held, now = await desk.subscription(), desk.clock.now()
    bare = Operation("op-1", OperationKind.collect)
    after = replace(held, operations=held.replacing(bare))
    await desk.ledger.commit(change(held, after, now=now, new_id=desk.ids.new))

    with pytest.raises(PaymentConflict, match="without terms"):
        await stage(desk)(ActionMessage("club-I-1", "club", Action.collect, "op-1"))
    assert [] == desk.club.collect_calls


async def test_a_gateway_that_collects_nothing_is_not_asked_to():
    class Plain:
        name = "club"

    desk = await owing()
    asked = await ask(desk)
    collect = replace(stage(desk), gateways={"club": Plain()})

    with pytest.raises(MissingCapability):
        await collect(ActionMessage("club-I-1", "club", Action.collect, asked.id))


@pytest.mark.parametrize(("hours", "calls"), [(71, 2), (71.1, 1)])
async def test_an_hour_before_the_gateway_forgets_it_a_lost_one_is_left_to_people(
    hours: float, calls: int
):
    desk = await owing(Club(collect_answers=[Unanswered("lost")]))
    await ask(desk)
    await work(desk)

    desk.clock.advance(hours * 3600)
    await work(desk)

    assert calls == len(desk.club.collect_calls)


async def test_a_repeat_says_that_an_earlier_attempt_is_in_doubt_and_keeps_its_time():
    desk = await owing(Club(collect_answers=[Unanswered("lost"), NotSent("later")]))
    await ask(desk)
    began = desk.clock.now()
    for _ in range(3):
        await work(desk)
        desk.clock.advance(60)

    assert [False, True, True] == [one.doubted for one in desk.club.collect_calls]
    found = await collection(desk)
    assert (OperationState.succeeded, began, OWED) == (
        found.state,
        found.began_at,
        next(iter(desk.club.collected.values())),
    )
