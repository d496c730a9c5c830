"""What a buyer is shown follows the subscription, its access and its newest payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from penstock.domain.payment import Payment
from penstock.domain.rules import AccessPolicy
from penstock.domain.rules.buyer import BuyersView, Standpoint, buyers_view
from penstock.domain.subscription import Subscription
from penstock.testing.clock import NOON
from tests.unit.pages.scene import MONTH, TRIAL, payment, subscription

PAID_UNTIL = NOON + timedelta(days=30)
GRACE = timedelta(days=3)
MANAGE = {"manage": "https://gate.example/mend"}


def view(
    shown: Subscription | None, paid: Payment | None = None, now: datetime = NOON
) -> BuyersView:
    return buyers_view(shown, paid, now, AccessPolicy(grace=GRACE))


class TestWaiting:
    @pytest.mark.parametrize(
        "shown",
        [
            None,
            subscription("approval_pending"),
            subscription("approved"),
            subscription("active"),
            subscription("approval_pending", cycles=(TRIAL, MONTH)),
        ],
    )
    def test_what_nobody_confirmed_is_waited_for(self, shown: Subscription | None):
        assert BuyersView(Standpoint.waiting) == view(shown)
        assert not view(shown).settled


class TestPaid:
    def test_a_paid_one_says_until_when(self):
        shown = subscription(paid=True)

        assert BuyersView(Standpoint.paid, PAID_UNTIL) == view(shown, payment())

    def test_a_free_trial_says_until_when(self):
        shown = subscription(cycles=(TRIAL, MONTH))

        assert BuyersView(Standpoint.trial, NOON + timedelta(days=7)) == view(shown)

    def test_a_payment_on_hold_is_paid_and_says_so(self):
        shown = subscription(paid=True)

        assert BuyersView(Standpoint.on_hold, PAID_UNTIL) == view(shown, payment(hold="held"))

    def test_a_renewal_that_is_pending_leaves_the_paid_time(self):
        shown = subscription(paid=True)

        assert Standpoint.paid is view(shown, payment("pending")).standpoint


class TestUnpaid:
    def test_a_pending_payment_says_why(self):
        found = view(subscription(), payment("pending", reason="ECHECK"))

        assert BuyersView(Standpoint.pending, because="ECHECK") == found
        assert not found.settled

    def test_a_declined_payment_has_failed_with_a_link_to_mend_it(self):
        found = view(subscription(links=MANAGE), payment("declined"))

        assert BuyersView(Standpoint.failed, mend=MANAGE["manage"]) == found

    def test_a_failure_that_only_the_gateway_counts_has_failed(self):
        assert Standpoint.failed is view(subscription(failures=1)).standpoint

    def test_a_payment_that_the_gateway_will_try_again_has_failed(self):
        again = subscription(next_attempt_at=NOON + timedelta(days=5))

        assert Standpoint.failed is view(again).standpoint

    def test_in_grace_access_ends_with_the_grace(self):
        found = view(subscription(paid=True), payment(), PAID_UNTIL)

        assert BuyersView(Standpoint.failed, PAID_UNTIL + GRACE) == found


class TestOver:
    def test_a_suspended_one_has_a_link_to_mend_the_payment(self):
        found = view(subscription("suspended", links=MANAGE))

        assert BuyersView(Standpoint.suspended, mend=MANAGE["manage"]) == found

    def test_a_cancelled_one_that_is_paid_says_until_when(self):
        found = view(subscription("cancelled", paid=True))

        assert BuyersView(Standpoint.cancelled, PAID_UNTIL) == found

    def test_a_date_that_has_passed_is_not_shown(self):
        found = view(subscription("cancelled", paid=True), now=PAID_UNTIL)

        assert BuyersView(Standpoint.cancelled) == found

    def test_an_expired_one_has_ended(self):
        assert Standpoint.ended is view(subscription("expired", paid=True)).standpoint

    def test_one_whose_payment_went_back_has_ended(self):
        shown = replace(subscription(paid=True), paid_through=None)

        assert BuyersView(Standpoint.ended) == view(shown, payment("refunded"))
