"""What a gateway must do that opens subscriptions and changes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from penstock.api import (
    Done,
    Invalid,
    ManageAnswer,
    Refused,
    Revised,
    Subscribed,
    SubscriptionObservation,
    SubscriptionRequest,
    SubscriptionStatus,
    Unanswered,
)
from penstock.testing.builders import PERSONAL, RETURN_MARK
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.manages_answers import (
    RETURN,
    ManagesAnswersConformance,
    changes,
)
from penstock.testing.http import Lossy

Approve = Callable[[str], Awaitable[None]]
"""Do at an approval address what a buyer does who approves."""
Changes = Callable[[str, str], bool]
Change = Callable[[str, str], Awaitable[ManageAnswer]]
"""A request that takes a subscription and a reason."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A gateway, and what is asked of it; each call has a gateway of its own, as a process has."""

    bench: Bench
    request: SubscriptionRequest
    approve: Approve
    other_plan: str

    @property
    def gateway(self) -> Any:
        """The gateway, made anew."""
        return self.bench.build()

    async def open(self, **changes: Any) -> Subscribed:
        """Open a subscription."""
        answer = await self.gateway.create_subscription(replace(self.request, **changes))
        assert isinstance(answer, Subscribed), f"it opened none: {answer!r}"
        return answer

    async def active(self) -> str:
        """The gateway's id of a subscription that its buyer approved."""
        opened = await self.open()
        await self.approve(opened.approval_url)
        return opened.reference

    async def read(self, reference: str) -> SubscriptionObservation:
        """How one stands."""
        seen = await self.gateway.read_subscription(reference, self.bench.clock.now())
        assert seen is not None, "read_subscription does not know the one that was opened"
        return seen


class ManagesSubscriptionsConformance(ManagesAnswersConformance):
    """
    What holds for `ManagesSubscriptions`; it sits beside `SubscriptionsConformance`.

    Fixtures: `bench`; `subscription_request`, one that the provider takes
    (`builders.subscription_request(plan)`); `other_plan`, a plan that such a subscription may
    move to; `approve`, which does what a buyer does at an approval address;
    `unknown_subscription` as of `SubscriptionsConformance`; `unknown_plan` (default: one that
    looks like PayPal's); `changes_subscriptions`, which of the gateway's requests open or change
    one, by method and URL (default: every POST).
    """

    @pytest.fixture
    def unknown_plan(self) -> str:
        """An id of no plan."""
        return "P-00000000000000000000000Z"

    @pytest.fixture
    def changes_subscriptions(self) -> Changes:
        """Which requests open or change a subscription."""
        return lambda method, _: method == "POST"

    @pytest.fixture
    def desk(
        self,
        bench: Bench,
        subscription_request: SubscriptionRequest,
        approve: Approve,
        other_plan: str,
    ) -> Desk:
        """What the checks work with."""
        return Desk(bench, subscription_request, approve, other_plan)

    async def test_one_that_was_opened_waits_for_the_buyer(self, desk: Desk) -> None:
        """It has an address for the buyer, and reads back with our reference and plan."""
        opened = await desk.open()
        seen = await desk.read(opened.reference)

        assert opened.approval_url.startswith("http"), "the approval URL is no address"
        said = "it is not shown as waiting for approval"
        assert SubscriptionStatus.approval_pending == seen.status, said
        said = "our reference is not read back from it"
        assert desk.request.reference == seen.merchant_reference, said
        assert seen.plan is not None, "it shows no plan"
        assert desk.request.plan == seen.plan.id, "it shows another plan"

    async def test_one_operation_opens_one(self, desk: Desk) -> None:
        """The same key again finds it; another key opens another."""
        first, again = [await desk.open() for _ in range(2)]
        other = await desk.open(operation_id="op-2", reference="order_8")

        assert first.reference == again.reference, "one operation id opened two subscriptions"
        assert first.reference != other.reference, "two operation ids opened one subscription"
        said = "our reference is not read back from it"
        assert "order_8" == (await desk.read(other.reference)).merchant_reference, said

    async def test_a_lost_answer_leaves_it_unknown_and_opens_one(
        self, desk: Desk, changes_subscriptions: Changes
    ) -> None:
        """Unknown is not failed; the same key again finds what was opened."""
        lossy = desk.bench.build(http=Lossy(desk.bench.http, changes_subscriptions))

        lost = await lossy.create_subscription(desk.request)
        again, once_more = [await desk.open() for _ in range(2)]

        assert isinstance(lost, Unanswered)
        assert again.reference == once_more.reference, "one operation id opened two subscriptions"

    async def test_a_change_whose_answer_was_lost_is_unknown(
        self, desk: Desk, changes_subscriptions: Changes
    ) -> None:
        """And here it was made."""
        reference = await desk.active()
        lossy = desk.bench.build(http=Lossy(desk.bench.http, changes_subscriptions))

        lost = await lossy.cancel_subscription(reference, "asked for")

        assert isinstance(lost, Unanswered)
        said = "it is not shown as cancelled"
        assert SubscriptionStatus.cancelled == (await desk.read(reference)).status, said

    async def test_an_unknown_plan_is_invalid(self, desk: Desk, unknown_plan: str) -> None:
        """The answer names our field, to subscribe with and to move to."""
        reference = await desk.active()
        strange = replace(desk.request, operation_id="op-2", plan=unknown_plan)

        created = await desk.gateway.create_subscription(strange)
        revised = await desk.gateway.revise_subscription(reference, unknown_plan, *RETURN)

        for asked, answer in (("create_subscription", created), ("revise_subscription", revised)):
            named = isinstance(answer, Invalid) and answer.field == "plan"
            remedy = 'return Invalid("plan", because) where the provider has no such plan'
            assert named, f"{asked} answered {answer!r}, and must name the field plan: {remedy}"

    async def test_approval_makes_it_active(self, desk: Desk) -> None:
        """The buyer has agreed; that changes neither plan nor reference."""
        seen = await desk.read(await desk.active())

        assert SubscriptionStatus.active == seen.status, "it is not shown as active"
        said = "our reference is not read back from it"
        assert desk.request.reference == seen.merchant_reference, said
        assert seen.next_billing_at is not None, "it does not show when the next payment is due"

    async def test_a_suspended_one_is_resumed(self, desk: Desk) -> None:
        """To suspend it twice is refused, and so is resuming one that is active."""
        reference = await desk.active()

        await _done(desk.gateway.suspend_subscription, reference)
        said = "it is not shown as suspended"
        assert SubscriptionStatus.suspended == (await desk.read(reference)).status, said
        await _refused(desk.gateway.suspend_subscription, reference, "one that is suspended")
        await _done(desk.gateway.resume_subscription, reference)
        said = "it is not shown as active again"
        assert SubscriptionStatus.active == (await desk.read(reference)).status, said
        await _refused(desk.gateway.resume_subscription, reference, "one that is active")

    async def test_a_cancelled_one_stays_cancelled(self, desk: Desk) -> None:
        """It is billed no more, and every change of it is refused."""
        reference = await desk.active()

        await _done(desk.gateway.cancel_subscription, reference)
        after = (
            await desk.gateway.cancel_subscription(reference, "again"),
            await desk.gateway.suspend_subscription(reference, "again"),
            await desk.gateway.resume_subscription(reference, "again"),
            await desk.gateway.revise_subscription(reference, desk.other_plan, *RETURN),
        )
        seen = await desk.read(reference)

        said = "a change of a cancelled one must be Refused"
        assert [Refused] * 4 == [type(answer) for answer in after], said
        said = "it is not cancelled any more, or another payment is due"
        assert (SubscriptionStatus.cancelled, None) == (seen.status, seen.next_billing_at), said

    async def test_one_that_is_not_approved_is_not_suspended(self, desk: Desk) -> None:
        """Nor resumed: only the buyer makes it active."""
        opened = await desk.open()

        for change in (desk.gateway.suspend_subscription, desk.gateway.resume_subscription):
            await _refused(change, opened.reference, "one that is not approved")
        seen = await desk.read(opened.reference)

        said = "it is not shown as waiting for approval"
        assert SubscriptionStatus.approval_pending == seen.status, said

    async def test_another_plan_waits_for_the_buyer(self, desk: Desk) -> None:
        """The answer has an address; the plan is another once the buyer approves there."""
        reference = await desk.active()

        revised = await desk.gateway.revise_subscription(reference, desk.other_plan, *RETURN)
        assert isinstance(revised, Revised)
        before = await desk.read(reference)
        await desk.approve(revised.approval_url)
        after = await desk.read(reference)

        assert before.plan is not None, "it shows no plan before the approval"
        assert after.plan is not None, "it shows no plan after the approval"
        said = "its plan was not changed after the approval only"
        assert (desk.request.plan, desk.other_plan) == (before.plan.id, after.plan.id), said
        assert SubscriptionStatus.active == after.status, "it is not shown as active"

    async def test_one_it_does_not_know_is_not_changed(
        self, desk: Desk, unknown_subscription: str
    ) -> None:
        """It is refused, not done."""
        for change in changes(desk.gateway):
            await _refused(change, unknown_subscription, "one that it does not know")

    async def test_no_representation_shows_a_buyer_or_an_address(self, desk: Desk) -> None:
        """Approval addresses and addresses of return are the buyer's secret."""
        gateway = desk.gateway
        opened = await desk.open()
        waiting = await desk.read(opened.reference)
        await desk.approve(opened.approval_url)
        revised = await gateway.revise_subscription(opened.reference, desk.other_plan, *RETURN)
        assert isinstance(revised, Revised)
        secrets = (*PERSONAL, RETURN_MARK, opened.approval_url, revised.approval_url)

        shown = repr((desk.request, opened, waiting, revised, gateway))

        said = "a repr shows a buyer, or an address of theirs"
        assert not [number for number, word in enumerate(secrets) if word in shown], said


async def _done(change: Change, reference: str) -> None:
    """Have the change made."""
    answer = await change(reference, "asked for")
    remedy = "return Done where the provider has made the change"
    assert Done() == answer, f"{_name(change)} answered {answer!r}, not Done: {remedy}"


async def _refused(change: Change, reference: str, which: str) -> None:
    """Have the change refused, for `which` cannot have it."""
    answer = await change(reference, "asked for")
    remedy = "return Refused where the subscription's state does not allow it"
    said = f"{_name(change)} of {which} answered {answer!r}, not Refused: {remedy}"
    assert isinstance(answer, Refused), said


def _name(change: Change) -> str:
    return getattr(change, "__name__", "a change")
