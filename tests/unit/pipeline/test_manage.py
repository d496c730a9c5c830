"""Manage: what is asked for is done at the gateway once its status allows it, and read back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.api import Invalid, NotSent, Refused, SubscriptionStatus, Unanswered
from penstock.domain.lifecycle import Lifecycle, said
from penstock.domain.rules import Learned
from penstock.domain.signup import SignUp, of_return_token
from penstock.errors import ChannelUnavailable, GatewayUnavailable, LedgerConflict, RequestRefused
from penstock.pipeline.manage import Action
from penstock.ports import Outgoing
from tests.unit.pipeline.club import GOLD, NOON, Club, asked
from tests.unit.pipeline.desk import Desk

A = Action
S = SubscriptionStatus


async def do(desk: Desk, action: Action, identity: str = "club-I-1") -> None:
    if action is A.revise:
        await desk.manage.revise(identity, "GOLD")
    else:
        await desk.manage(action, identity, "because")


async def refused(desk: Desk, action: Action, identity: str = "club-I-1") -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        await do(desk, action, identity)
    return caught.value


@pytest.mark.parametrize(
    ("first", "action", "status", "event"),
    [
        (S.active, A.cancel, S.cancelled, "subscription.cancelled"),
        (S.suspended, A.cancel, S.cancelled, "subscription.cancelled"),
        (S.active, A.suspend, S.suspended, "subscription.suspended"),
        (S.suspended, A.resume, S.active, "subscription.resumed"),
    ],
)
async def test_what_is_asked_for_is_done_read_back_and_published_once(
    first: S, action: Action, status: S, event: str
):
    desk = Desk()
    await desk.active()
    if first is S.suspended:
        await desk.manage(A.suspend, "club-I-1", "on holiday")
    await desk.published()
    desk.club.asked_to.clear()

    after = await desk.manage(action, "club-I-1", "on holiday")
    await desk.observe(after.ref, "club")

    assert (status, [(action.value, "on holiday")]) == (after.status, desk.club.asked_to)
    assert event == (await desk.published())[-1]


@pytest.mark.parametrize(
    ("status", "action"),
    [
        *((S.cancelled, one) for one in A),
        *((S.expired, one) for one in A),
        *((S.approval_pending, one) for one in A),
        (S.suspended, A.suspend),
        (S.active, A.resume),
    ],
)
async def test_a_status_that_does_not_allow_it_is_named_and_nothing_is_sent(
    status: S, action: Action
):
    desk = Desk()
    await desk.active()
    desk.club.become("I-1", status, at=NOON + timedelta(minutes=1))

    told = await refused(desk, action)

    assert ("subscription-state", 409) == (told.kind.name, told.status)
    assert f"its status is {status}" in told.detail
    assert [] == desk.club.asked_to


@pytest.mark.parametrize(
    ("status", "action", "says"),
    [
        (S.cancelled, A.cancel, "its status is cancelled; to cancel it, it must be active or"),
        (S.expired, A.suspend, "its status is expired; to suspend it, it must be active"),
        (S.suspended, A.suspend, "its status is suspended; to suspend it, it must be active"),
        (S.active, A.resume, "its status is active; to resume it, it must be suspended"),
    ],
)
async def test_a_refusal_says_which_status_it_must_have(status: S, action: Action, says: str):
    desk = Desk()
    await desk.active()
    desk.club.become("I-1", status, at=NOON + timedelta(minutes=1))

    assert (await refused(desk, action)).detail.startswith(says)


async def test_one_that_waits_for_approval_says_that_there_is_nothing_to_cancel():
    desk = Desk()
    await desk.subscribe("key-1", asked())

    told = await refused(desk, A.cancel)

    assert "the buyer has not approved it" in told.detail


async def test_a_lost_answer_is_no_error_when_it_happened():
    desk = Desk(Club(manage_answers=[Unanswered("lost")], acts_before_answering=True))
    await desk.active()

    after = await desk.manage(A.cancel, "club-I-1", "moved away")

    assert S.cancelled is after.status


async def test_a_lost_answer_is_an_error_where_the_status_stays_as_it_was():
    desk = Desk()
    await desk.active()
    await desk.manage(A.suspend, "club-I-1", "on holiday")
    desk.club.manage_answers = [Unanswered("lost")]

    with pytest.raises(GatewayUnavailable, match="lost"):
        await desk.manage(A.cancel, "club-I-1", "moved away")


@pytest.mark.parametrize("answer", [Unanswered("lost"), NotSent("later", 3)])
@pytest.mark.parametrize("action", [A.cancel, A.revise])
async def test_what_did_not_happen_is_to_be_sent_again(answer: Any, action: Action):
    desk = Desk(Club(manage_answers=[answer]))
    await desk.active()

    with pytest.raises(GatewayUnavailable):
        await do(desk, action)

    assert S.active is (await desk.subscription()).status


@pytest.mark.parametrize("action", [A.cancel, A.revise])
async def test_what_the_gateway_refuses_names_the_status_that_it_shows(action: Action):
    desk = Desk(Club(manage_answers=[Refused("no")]))
    await desk.active()

    told = await refused(desk, action)

    assert "subscription-state" == told.kind.name
    assert "although it shows it as active" in told.detail


@pytest.mark.parametrize("action", [A.cancel, A.revise])
async def test_a_field_that_the_gateway_does_not_take_is_named(action: Action):
    desk = Desk(Club(manage_answers=[Invalid("reason", "is too long")]))
    await desk.active()

    told = await refused(desk, action)

    assert [("body.reason", "is too long")] == list(told.fields)


@pytest.mark.parametrize("identity", ["club-I-404", "nobody-I-1", "club", "x"])
async def test_an_unknown_subscription_is_not_found(identity: str):
    told = await refused(Desk(), A.cancel, identity)

    assert "no-such-subscription" == told.kind.name


async def test_a_subscription_from_before_our_time_can_be_cancelled():
    desk, older = Desk(), Desk()
    await older.active()
    desk.club.held = older.club.held

    after = await desk.manage(A.cancel, "club-I-1", "moved away")

    assert S.cancelled is after.status
    assert ["subscription.cancelled"] == await desk.published()


async def test_a_revision_gives_the_buyer_an_address_and_a_way_back():
    desk = Desk()
    await desk.active()

    revision = await desk.manage.revise("club-I-1", "GOLD")

    url, _, back = revision.approval_url.partition("?back=")
    assert "https://club.test/revise/I-1" == url
    identity, secret = of_return_token(back.removeprefix("https://pay.example.org/returns/"))
    held = await desk.ledger.load(SignUp, identity)
    assert held is not None
    assert ("club-I-1", True) == (held.opened, held.returns(secret, desk.clock.now()))
    assert (32, "customer-12") == (len(secret), held.merchant_reference)


async def test_a_status_that_changes_while_a_revision_is_asked_for_is_published():
    """
    Its webhook may be lost, and no look of the sweep is due before long.
    """

    class Suspending(Club):
        async def revise_subscription(self, reference: str, *rest: str) -> Any:
            answer = await super().revise_subscription(reference, *rest)
            self.become(reference, S.suspended, at=NOON + timedelta(minutes=3))
            return answer

    desk = Desk(Suspending())
    await desk.active()
    await desk.manage.revise("club-I-1", "GOLD")

    assert "subscription.suspended" in await desk.published()


async def test_the_reason_of_a_revision_is_in_the_event_once_the_buyer_approved():
    desk = Desk()
    await desk.active()

    before = (await desk.manage.revise("club-I-1", "GOLD", "pays by the year")).subscription
    approved = Learned(says=said(Lifecycle.revised, "WH-1", None))
    await desk.observe(before.ref, "club", approved)

    (event,) = await desk.ledger.history(before.ref, 1)
    assert ("subscription.revised", "pays by the year") == (event.type, event.data.get("reason"))


async def test_a_revision_to_a_plan_that_is_not_offered_names_the_field_and_sends_nothing():
    desk = Desk()
    await desk.active()
    desk.club.offers.remove(GOLD)
    desk.clock.advance(60)

    told = await refused(desk, A.revise)

    assert ("field-refused", "body.plan") == (told.kind.name, told.fields[0][0])
    assert [] == desk.club.asked_to


class Down:
    """A topic that takes nothing."""

    async def send(self, message: Outgoing) -> None:
        raise ChannelUnavailable("the topic is away")


async def test_what_was_done_is_answered_while_the_events_topic_is_away():
    desk = Desk()
    await desk.active()
    topic = desk.events
    desk.wrap = lambda port: Down() if port is topic else port

    after = await desk.manage(A.cancel, "club-I-1", "moved away")

    assert (S.cancelled, True) == (after.status, after.unsent)


class Contended:
    """The ledger, where somebody else is first so many times."""

    def __init__(self, ledger: Any, times: int) -> None:
        self._ledger, self._left = ledger, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def commit(self, change: Any) -> None:
        if change.entity.status is S.cancelled and self._left:
            self._left -= 1
            raise LedgerConflict("somebody else was first")
        await self._ledger.commit(change)


async def contended(times: int) -> Desk:
    desk = Desk()
    await desk.active()
    ledger = Contended(desk.ledger, times)
    desk.wrap = lambda port: ledger if port is desk.ledger else port
    return desk


async def test_a_webhook_processed_at_the_same_moment_does_not_fail_the_request():
    desk = await contended(2)

    after = await desk.manage(A.cancel, "club-I-1", "moved away")

    assert S.cancelled is after.status


async def test_a_subscription_that_others_keep_writing_is_read_three_times():
    desk = await contended(3)

    with pytest.raises(LedgerConflict):
        await desk.manage(A.cancel, "club-I-1", "moved away")
