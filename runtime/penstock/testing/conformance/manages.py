"""What a gateway must do that opens subscriptions and changes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from penstock.api import (
    Done,
    Invalid,
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

    async def test_one_that_was_opened_waits_for_the_buyer(
        self, bench: Bench, subscription_request: SubscriptionRequest
    ) -> None:
        """It has an address for the buyer, and reads back with our reference and plan."""
        opened = await _open(bench, subscription_request)
        seen = await _read(bench, opened.reference)

        assert opened.approval_url.startswith("http")
        assert SubscriptionStatus.approval_pending == seen.status
        assert subscription_request.reference == seen.merchant_reference
        assert seen.plan is not None
        assert subscription_request.plan == seen.plan.id

    async def test_one_operation_opens_one(
        self, bench: Bench, subscription_request: SubscriptionRequest
    ) -> None:
        """The same key again finds it; another key opens another."""
        first, again = [await _open(bench, subscription_request) for _ in range(2)]
        other = await _open(
            bench, replace(subscription_request, operation_id="op-2", reference="order_8")
        )

        assert first.reference == again.reference
        assert first.reference != other.reference
        assert "order_8" == (await _read(bench, other.reference)).merchant_reference

    async def test_a_lost_answer_leaves_it_unknown_and_opens_one(
        self,
        bench: Bench,
        subscription_request: SubscriptionRequest,
        changes_subscriptions: Changes,
    ) -> None:
        """Unknown is not failed; the same key again finds what was opened."""
        lossy = bench.build(http=Lossy(bench.http, changes_subscriptions))

        lost = await lossy.create_subscription(subscription_request)
        again, once_more = [await _open(bench, subscription_request) for _ in range(2)]

        assert isinstance(lost, Unanswered)
        assert again.reference == once_more.reference

    async def test_a_change_whose_answer_was_lost_is_unknown(
        self,
        bench: Bench,
        subscription_request: SubscriptionRequest,
        approve: Approve,
        changes_subscriptions: Changes,
    ) -> None:
        """And here it was made."""
        reference = await _activate(bench, subscription_request, approve)
        lossy = bench.build(http=Lossy(bench.http, changes_subscriptions))

        lost = await lossy.cancel_subscription(reference, "asked for")

        assert isinstance(lost, Unanswered)
        assert SubscriptionStatus.cancelled == (await _read(bench, reference)).status

    async def test_an_unknown_plan_is_invalid(
        self,
        bench: Bench,
        subscription_request: SubscriptionRequest,
        unknown_plan: str,
        approve: Approve,
    ) -> None:
        """The answer names our field, to subscribe with and to move to."""
        gateway = bench.build()
        reference = await _activate(bench, subscription_request, approve)
        strange = replace(subscription_request, operation_id="op-2", plan=unknown_plan)

        answers = (
            await gateway.create_subscription(strange),
            await gateway.revise_subscription(reference, unknown_plan, *RETURN),
        )

        assert ["plan", "plan"] == [a.field if isinstance(a, Invalid) else a for a in answers]

    async def test_approval_makes_it_active(
        self, bench: Bench, subscription_request: SubscriptionRequest, approve: Approve
    ) -> None:
        """The buyer has agreed; that changes neither plan nor reference."""
        seen = await _read(bench, await _activate(bench, subscription_request, approve))

        assert SubscriptionStatus.active == seen.status
        assert subscription_request.reference == seen.merchant_reference
        assert seen.next_billing_at is not None

    async def test_a_suspended_one_is_resumed(
        self, bench: Bench, subscription_request: SubscriptionRequest, approve: Approve
    ) -> None:
        """To suspend it twice is refused, and so is resuming one that is active."""
        gateway = bench.build()
        reference = await _activate(bench, subscription_request, approve)

        assert Done() == await gateway.suspend_subscription(reference, "on holiday")
        assert SubscriptionStatus.suspended == (await _read(bench, reference)).status
        assert isinstance(await gateway.suspend_subscription(reference, "again"), Refused)
        assert Done() == await gateway.resume_subscription(reference, "back")
        assert SubscriptionStatus.active == (await _read(bench, reference)).status
        assert isinstance(await gateway.resume_subscription(reference, "again"), Refused)

    async def test_a_cancelled_one_stays_cancelled(
        self,
        bench: Bench,
        subscription_request: SubscriptionRequest,
        approve: Approve,
        other_plan: str,
    ) -> None:
        """It is billed no more, and every change of it is refused."""
        gateway = bench.build()
        reference = await _activate(bench, subscription_request, approve)

        assert Done() == await gateway.cancel_subscription(reference, "asked for")
        after = (
            await gateway.cancel_subscription(reference, "again"),
            await gateway.suspend_subscription(reference, "again"),
            await gateway.resume_subscription(reference, "again"),
            await gateway.revise_subscription(reference, other_plan, *RETURN),
        )
        seen = await _read(bench, reference)

        assert [Refused] * 4 == [type(answer) for answer in after]
        assert (SubscriptionStatus.cancelled, None) == (seen.status, seen.next_billing_at)

    async def test_one_that_is_not_approved_is_not_suspended(
        self, bench: Bench, subscription_request: SubscriptionRequest
    ) -> None:
        """Nor resumed: only the buyer makes it active."""
        gateway = bench.build()
        opened = await _open(bench, subscription_request)

        for change in (gateway.suspend_subscription, gateway.resume_subscription):
            assert isinstance(await change(opened.reference, "asked for"), Refused)
        seen = await _read(bench, opened.reference)

        assert SubscriptionStatus.approval_pending == seen.status

    async def test_another_plan_waits_for_the_buyer(
        self,
        bench: Bench,
        subscription_request: SubscriptionRequest,
        approve: Approve,
        other_plan: str,
    ) -> None:
        """The answer has an address; the plan is another once the buyer approves there."""
        reference = await _activate(bench, subscription_request, approve)

        revised = await bench.build().revise_subscription(reference, other_plan, *RETURN)
        assert isinstance(revised, Revised)
        before = await _read(bench, reference)
        await approve(revised.approval_url)
        after = await _read(bench, reference)

        assert before.plan is not None
        assert after.plan is not None
        assert (subscription_request.plan, other_plan) == (before.plan.id, after.plan.id)
        assert SubscriptionStatus.active == after.status

    async def test_one_it_does_not_know_is_not_changed(
        self, bench: Bench, unknown_subscription: str
    ) -> None:
        """It is refused, not done."""
        gateway = bench.build()

        for change in changes(gateway):
            assert isinstance(await change(unknown_subscription, "asked for"), Refused)

    async def test_no_representation_shows_a_buyer_or_an_address(
        self,
        bench: Bench,
        subscription_request: SubscriptionRequest,
        approve: Approve,
        other_plan: str,
    ) -> None:
        """Approval addresses and addresses of return are the buyer's secret."""
        gateway = bench.build()
        opened = await _open(bench, subscription_request)
        waiting = await _read(bench, opened.reference)
        await approve(opened.approval_url)
        revised = await gateway.revise_subscription(opened.reference, other_plan, *RETURN)
        assert isinstance(revised, Revised)
        secrets = (*PERSONAL, RETURN_MARK, opened.approval_url, revised.approval_url)

        shown = repr((subscription_request, opened, waiting, revised, gateway))

        assert not [number for number, word in enumerate(secrets) if word in shown]


async def _open(bench: Bench, request: SubscriptionRequest) -> Subscribed:
    answer = await bench.build().create_subscription(request)
    assert isinstance(answer, Subscribed), answer
    return answer


async def _activate(bench: Bench, request: SubscriptionRequest, approve: Approve) -> str:
    opened = await _open(bench, request)
    await approve(opened.approval_url)
    return opened.reference


async def _read(bench: Bench, reference: str) -> SubscriptionObservation:
    seen = await bench.build().read_subscription(reference, bench.clock.now())
    assert seen is not None
    return seen
