"""What we should hold of sales and subscriptions, by PayPal's books and by what it told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from penstock.domain.payment import Payment
from penstock.domain.subscription import Access, Subscription, SubscriptionStatus
from penstock_paypal import shapes
from penstock_paypal.simulator.billing.contract import cycles
from penstock_paypal.simulator.billing.intervals import after
from tests.plugins.paypal.machine.life import Life

GRACE = timedelta(days=3)
PREFIX = "BILLING.SUBSCRIPTION."
FACTS = {
    "UPDATED": "revised",
    "SUSPENDED": "suspended",
    "CANCELLED": "cancelled",
    "EXPIRED": "expired",
    "PAYMENT.FAILED": "payment_failed",
}


class ByTheBooks:
    """
    PayPal's side once everything has settled.

    Attributes:
        happened: PayPal's events, oldest first.
        told: those that reached us.
    """

    def __init__(self, life: Life, kept: Mapping[str, Any]) -> None:
        self._life = life
        self._kept = kept
        self.happened = [one.event for one in life.simulator.deliveries.archive.events.values()]
        self.told = [one for one in self.happened if life.arrived[one["id"]]]

    def news_of(self, sale: str) -> list[str]:
        """The types of the events about a sale that reached us."""
        return [
            one["event_type"].removeprefix("PAYMENT.SALE.")
            for one in self.told
            if one["event_type"].startswith("PAYMENT.SALE.")
            and sale in (one["resource"].get("id"), one["resource"].get("sale_id"))
        ]

    def told_of(self, identity: str, events: list[Any]) -> Counter[str]:
        told: Counter[str] = Counter()
        for event in self.of_subscription(identity, events):
            name = event["event_type"].removeprefix(PREFIX)
            if name == "ACTIVATED":
                # PayPal says the same of one that begins and of one that is resumed.
                since = event["resource"]["status_update_time"]
                begins = since == self._activations(identity)[0]
                told["activated" if begins else "resumed"] += 1
            else:
                told[FACTS.get(name, name)] += 1
        return told

    @staticmethod
    def of_subscription(identity: str, events: list[Any]) -> Iterator[Any]:
        return (
            one
            for one in events
            if one["event_type"].startswith(PREFIX) and one["resource"]["id"] == identity
        )

    def _activations(self, identity: str) -> list[str]:
        """Since when it was active, each time; the first is when it began."""
        return sorted(
            one["resource"]["status_update_time"]
            for one in self.of_subscription(identity, self.happened)
            if one["event_type"] == f"{PREFIX}ACTIVATED"
        )

    def payments_of(self, identity: str) -> list[Payment]:
        found = (
            self._kept[sale]
            for sale, one in self._life.books.sales.items()
            if one["billing_agreement_id"] == identity
        )
        return [one for one in found if one is not None]

    def paid_through(self, identity: str, known: Subscription) -> Any:
        """The day on which the cycle of the newest sale that counts ends."""
        happened = self.told_of(identity, self.happened)
        if happened["revised"]:
            bill = None if happened["suspended"] else self._next_bill(identity)
            return bill or (known.paid_through and known.paid_through.date())
        sales = self._life.books.sales
        days = [
            shapes.moment(sales[one.id.removeprefix("paypal-")], "create_time")
            for one in self.payments_of(identity)
            if one.status.value == "succeeded"
        ]
        ends = [self._cycle_end(identity, day) for day in days if day]
        return max(ends, default=None)

    def _next_bill(self, identity: str) -> Any:
        """The day of the next bill by the books, where the bill before it is paid and known."""
        shown, payments = self._life.books.subscriptions[identity], self.payments_of(identity)
        sales = [
            one
            for one in self._life.books.sales.values()
            if one["billing_agreement_id"] == identity
        ]
        failed = self.told_of(identity, self.happened)["payment_failed"]
        paid = sales and len(payments) == len(sales) and payments[-1].status.value == "succeeded"
        if shown["status"] != "ACTIVE" or failed or not paid:
            return None
        bill = shapes.moment(shown, "billing_info", "next_billing_time")
        return bill and bill.date()

    def _cycle_end(self, identity: str, paid_at: datetime) -> Any:
        shown = self._life.books.subscriptions[identity]
        begins, kinds = self._began(identity), cycles(self._life.books.plans[shown["plan_id"]])
        if kinds[0]["tenure_type"] == "TRIAL":
            begins = after(begins, kinds[0], int(kinds[0]["total_cycles"]))
        number = 0
        while after(begins, kinds[-1], number + 1).date() <= paid_at.date():
            number += 1
        return after(begins, kinds[-1], number + 1).date()

    def _began(self, identity: str) -> datetime:
        return datetime.fromisoformat(self._activations(identity)[0])

    def trial(self, identity: str, known: Subscription) -> Any:
        plan = known.spans[0].plan if known.spans else None
        pending = known.status in (
            SubscriptionStatus.approval_pending,
            SubscriptionStatus.approved,
        )
        if pending or plan is None:
            return None
        first = cycles(self._life.books.plans[plan])[0]
        if first["tenure_type"] != "TRIAL":
            return None
        return after(self._began(identity), first, int(first["total_cycles"])).date()


def access(known: Subscription, now: datetime) -> Access:
    """Whether the customer is paid up, by its two dates and nothing else but the days of grace."""
    if known.paid_through and now < known.paid_through:
        return Access.active
    if known.trial_until and now < known.trial_until:
        return Access.trial
    covered = max(filter(None, (known.paid_through, known.trial_until)), default=None)
    if covered is None:
        return Access.ended if known.payments else Access.none
    billed = known.status is SubscriptionStatus.active
    return Access.grace if billed and now < covered + GRACE else Access.ended
