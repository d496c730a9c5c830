"""
The life of a subscription: approved, active, suspended, active again, cancelled, expired.

A step that the status does not allow is refused with SUBSCRIPTION_STATUS_INVALID.
"""

from __future__ import annotations

from datetime import datetime

from penstock_paypal import shapes
from penstock_paypal.simulator.billing.charges import Charges, info_of, outstanding
from penstock_paypal.simulator.billing.contract import Contracts, cycles
from penstock_paypal.simulator.billing.intervals import after, billed_on, final_payment
from penstock_paypal.simulator.billing.links import links
from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.billing.pricing import (
    ZERO,
    currency,
    in_billing,
    price,
    setup_fee,
)
from penstock_paypal.simulator.books import Books, Document, written
from penstock_paypal.simulator.problems import Problem


class Lifecycle:
    """Moves a subscription from status to status, and writes down the events of it."""

    def __init__(self, books: Books, contracts: Contracts, charges: Charges, news: News) -> None:
        self._books = books
        self._contracts = contracts
        self._charges = charges
        self._news = news

    def approve(self, subscription: Document) -> None:
        """
        The buyer agrees: to the subscription, or to its revision.

        With `user_action` CONTINUE the merchant has to activate it.
        """
        contract = self._contracts.of(subscription)
        if contract.revision is not None:
            self._revised(subscription, contract.revision)
            contract.revision = None
            return
        require(subscription, "APPROVAL_PENDING")
        # Seen at PayPal: from then on it shows the moment of the approval.
        subscription["create_time"] = self._books.now()
        # What the merchant said of the buyer stays; the account adds the rest.
        named = shapes.mapping(subscription.get("subscriber"))
        subscription["subscriber"] = {**self._books.buyer(), **named}
        if contract.context.get("user_action") == "CONTINUE":
            self._move(subscription, "APPROVED")
        else:
            self._begin(subscription)

    def activate(self, subscription: Document, reason: str | None) -> None:
        """Begin an approved subscription, or resume a suspended one."""
        contract = self._contracts.of(subscription)
        if subscription["status"] == "APPROVED":
            self._begin(subscription)
            return
        require(subscription, "SUSPENDED")
        if contract.failed_out and outstanding(subscription):
            raise Problem(422, "SUBSCRIPTION_CANNOT_BE_ACTIVATED")
        contract.failed_out = False
        self._skip_missed(subscription)
        self._move(subscription, "ACTIVE", reason)
        # Of a subscription PayPal sends no RE-ACTIVATED: that is of agreements from before.
        self._charges.tell("BILLING.SUBSCRIPTION.ACTIVATED", subscription)

    def suspend(self, subscription: Document, reason: str | None) -> None:
        """Stop billing until it is activated."""
        require(subscription, "ACTIVE")
        self._contracts.of(subscription).forget_payment()
        self._move(subscription, "SUSPENDED", reason)
        self._charges.tell("BILLING.SUBSCRIPTION.SUSPENDED", subscription)

    def cancel(self, subscription: Document, reason: str | None, by: str = "MERCHANT") -> None:
        """End it for good; a cancelled subscription has no next billing time."""
        require(subscription, "ACTIVE", "SUSPENDED")
        self._end(subscription, "CANCELLED", reason, by)

    def expire(self, subscription: Document) -> None:
        """Its last cycle is over."""
        self._end(subscription, "EXPIRED", None, "PAYPAL")

    def cycle(self, subscription: Document) -> None:
        """Begin the cycle that is due, and take what it costs."""
        contract, plan = self._contracts.of(subscription), self._contracts.plan(subscription)
        info = info_of(subscription)
        execution = next((one for one in info.get("cycle_executions", ()) if _left(one)), None)
        found = [
            one for one in cycles(plan) if execution and one["sequence"] == execution["sequence"]
        ]
        if execution is None or not found:
            # Stated by a test, without cycles: nothing says what it costs.
            info.pop("next_billing_time", None)
            return
        anchor = contract.anchor or self._books.clock()
        contract.anchor = anchor
        contract.elapsed += 1
        execution["cycles_completed"] += 1
        total = execution.get("total_cycles", 0)
        execution["cycles_remaining"] = max(0, total - execution["cycles_completed"])
        over = after(anchor, found[0], contract.elapsed)
        if not _left(execution):
            contract.anchor, contract.elapsed = over, 0
        if any(_left(one) for one in info["cycle_executions"]):
            info["next_billing_time"] = written(over)
        else:
            info.pop("next_billing_time", None)
            contract.ends_at = over
        self._charges.bill(subscription, price(plan, found[0], subscription))
        self._stop_failing(subscription)

    def retry(self, subscription: Document) -> None:
        """Try again to take the payment of the cycle under way."""
        self._contracts.of(subscription).retry_at = None
        self._charges.attempt(subscription)
        self._stop_failing(subscription)

    def _begin(self, subscription: Document) -> None:
        contract, plan = self._contracts.of(subscription), self._contracts.plan(subscription)
        now, place = self._books.clock(), self._news.place
        start = max(now, shapes.moment(subscription, "start_time") or now)
        contract.anchor, contract.elapsed = start, 0
        code = currency(plan)
        subscription["billing_info"] = {
            "outstanding_balance": in_billing(ZERO, code),
            "cycle_executions": executions(plan),
            "next_billing_time": written(
                max(start, billed_on(start.date())) if start > now else now
            ),
            "failed_payments_count": 0,
        }
        if final := final_payment(start, cycles(plan)):
            subscription["billing_info"]["final_payment_time"] = written(final)
        self._move(subscription, "ACTIVE")
        if not self._take_setup_fee(subscription, plan):
            return
        if start > now or not price(plan, cycles(plan)[0], subscription):
            # PayPal says so before the free cycle begins: its next billing time is now
            # (seen by many; paypal-checkout-components 1336).
            self._charges.tell("BILLING.SUBSCRIPTION.ACTIVATED", subscription, place)
        if start <= now:
            self.cycle(subscription)
            if price(plan, cycles(plan)[0], subscription):
                self._charges.tell("BILLING.SUBSCRIPTION.ACTIVATED", subscription, place)

    def _take_setup_fee(self, subscription: Document, plan: Document) -> bool:
        fee = setup_fee(plan)
        if not fee or self._charges.take(subscription, fee)[0]:
            return True
        preferences = shapes.mapping(plan.get("payment_preferences"))
        if preferences.get("setup_fee_failure_action", "CANCEL") == "CANCEL":
            self._end(subscription, "CANCELLED", "Setup fee failed", "PAYPAL")
            return False
        info_of(subscription)["outstanding_balance"] = in_billing(fee, currency(plan))
        return True

    def _stop_failing(self, subscription: Document) -> None:
        """Suspend it once its failures reach the plan's threshold; 0 is never."""
        preferences = shapes.mapping(self._contracts.plan(subscription).get("payment_preferences"))
        threshold = preferences.get("payment_failure_threshold", 0)
        failed = info_of(subscription).get("failed_payments_count", 0)
        if not threshold or failed < threshold or subscription["status"] != "ACTIVE":
            return
        self._contracts.of(subscription).failed_out = True
        self._move(subscription, "SUSPENDED", "Payment failures", "PAYPAL")
        self._charges.tell("BILLING.SUBSCRIPTION.SUSPENDED", subscription)

    def _revised(self, subscription: Document, revision: Document) -> None:
        """Take the approved change over; the next cycle is billed by it."""
        contract, info = self._contracts.of(subscription), info_of(subscription)
        for name in ("quantity", "shipping_amount"):
            if name in revision:
                subscription[name] = revision[name]
        contract.override = revision.get("plan", {})
        subscription["plan_overridden"] = bool(contract.override)
        if revision.get("plan_id", subscription["plan_id"]) != subscription["plan_id"]:
            subscription["plan_id"] = revision["plan_id"]
            # A trial is for new subscribers.
            info["cycle_executions"] = [
                one
                for one in executions(self._contracts.plan(subscription))
                if one["tenure_type"] == "REGULAR"
            ]
            following = shapes.moment(info, "next_billing_time") or contract.ends_at
            contract.anchor, contract.elapsed = following or self._books.clock(), 0
            contract.ends_at = None
            info["next_billing_time"] = written(contract.anchor)
        self._move(subscription, subscription["status"])
        self._charges.tell("BILLING.SUBSCRIPTION.UPDATED", subscription)

    def _skip_missed(self, subscription: Document) -> None:
        """What fell due while it was suspended is not billed; the next cycle is in the future."""
        contract, info = self._contracts.of(subscription), info_of(subscription)
        plan = self._contracts.plan(subscription)
        execution = next((one for one in info.get("cycle_executions", ()) if _left(one)), None)
        following = shapes.moment(info, "next_billing_time")
        if execution is None or following is None or contract.anchor is None:
            return
        (cycle,) = (one for one in cycles(plan) if one["sequence"] == execution["sequence"])
        while following <= self._books.clock():
            contract.elapsed += 1
            following = after(contract.anchor, cycle, contract.elapsed)
        info["next_billing_time"] = written(following)

    def _end(self, subscription: Document, status: str, reason: str | None, by: str) -> None:
        contract = self._contracts.of(subscription)
        contract.forget_payment()
        contract.ends_at = contract.revision = None
        info_of(subscription).pop("next_billing_time", None)
        self._move(subscription, status, reason, by)
        self._charges.tell(f"BILLING.SUBSCRIPTION.{status}", subscription)

    def _move(
        self,
        subscription: Document,
        status: str,
        reason: str | None = None,
        by: str = "MERCHANT",
    ) -> None:
        now = self._books.now()
        if subscription["status"] != status:
            subscription |= {"status": status, "status_update_time": now, "status_changed_by": by}
        if reason:
            subscription["status_change_note"] = reason
        subscription["update_time"] = now
        subscription["links"] = links(subscription, self._contracts.of(subscription))


def require(subscription: Document, *statuses: str) -> None:
    """
    Refuse what its status does not allow.

    Raises:
        Problem: its status is none of these.
    """
    if subscription.get("status") not in statuses:
        raise Problem(422, "SUBSCRIPTION_STATUS_INVALID")


def executions(plan: Document) -> list[Document]:
    """The plan's cycles as a subscription counts them, before the first."""
    return [
        {
            "tenure_type": one["tenure_type"],
            "sequence": one["sequence"],
            "cycles_completed": 0,
            "cycles_remaining": one.get("total_cycles", 1),
            "current_pricing_scheme_version": 1,
            "total_cycles": one.get("total_cycles", 1),
        }
        for one in cycles(plan)
    ]


def due_at(subscription: Document) -> datetime | None:
    """When its next cycle is due."""
    return shapes.moment(subscription, "billing_info", "next_billing_time")


def _left(execution: Document) -> bool:
    """Whether cycles of this kind are left; without a total there always are."""
    total = execution.get("total_cycles", 0)
    return not total or execution["cycles_completed"] < total
