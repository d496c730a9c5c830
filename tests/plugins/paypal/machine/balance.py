"""What we hold, compared with PayPal's books: everything once, and nothing that was told lost."""

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

_NOT_BEGUN = (SubscriptionStatus.approval_pending, SubscriptionStatus.approved)
GRACE = timedelta(days=3)
_STATES = {
    "completed": "succeeded",
    "pending": "pending",
    "denied": "declined",
    "refunded": "refunded",
}
_PREFIX = "BILLING.SUBSCRIPTION."
_FACTS = {
    "UPDATED": "revised",
    "SUSPENDED": "suspended",
    "CANCELLED": "cancelled",
    "EXPIRED": "expired",
    "PAYMENT.FAILED": "payment_failed",
}
_TOLD_BY_NOTIFICATION_ONLY = ("revised", "payment_failed")
"""Nothing else shows that they happened; the others are also found by reading."""


class Balance:
    """
    One look at both sides once everything has settled.

    Attributes:
        complaints: what is wrong: `lost`, `doubled` or `wrong`, and what.
    """

    def __init__(self, life: Life, kept: Mapping[str, Any]) -> None:
        self._life = life
        self._kept = kept
        self._happened = [one.event for one in life.simulator.deliveries.archive.events.values()]
        self._told = [one for one in self._happened if life.arrived[one["id"]]]
        self.complaints: list[str] = []

    @classmethod
    async def of(cls, life: Life) -> Balance:
        """Compare."""
        ledger = life.world.ledger
        kept: dict[str, Any] = {}
        for identity in life.books.sales:
            kept[identity] = await ledger.load(Payment, f"paypal-{identity}")
        for identity in life.books.subscriptions:
            kept[identity] = await ledger.load(Subscription, f"paypal-{identity}")
        made = cls(life, kept)
        made._invoices = await life.order("GET", "invoices")
        for identity in life.books.sales:
            made._sale(identity)
        for identity in life.books.subscriptions:
            made._subscription(identity)
        made._sign_ups()
        await made._leftovers()
        return made

    _invoices: list[dict[str, Any]]

    def _wrong(self, kind: str, what: str) -> None:
        self.complaints.append(f"{kind}: {what}")
        self._life.counts[kind] += 1

    def _once(self, what: str, number: int, *, least: int = 1, most: int = 1) -> None:
        if number < least:
            self._wrong("lost", f"{what}: {number}, not {least}")
        if number > most:
            self._wrong("doubled", f"{what}: {number}, not {most}")

    # Money

    def _news_of(self, sale: str) -> list[str]:
        """The types of the events about a sale that reached us."""
        return [
            one["event_type"].removeprefix("PAYMENT.SALE.")
            for one in self._told
            if one["event_type"].startswith("PAYMENT.SALE.")
            and sale in (one["resource"].get("id"), one["resource"].get("sale_id"))
        ]

    def _sale(self, identity: str) -> None:
        sale, news = self._life.books.sales[identity], self._news_of(identity)
        payment: Payment | None = self._kept[identity]
        if payment is None:
            # One whose every webhook was lost is found at its subscription, but not at once.
            if news:
                self._wrong("lost", f"sale {identity}, told by {news}")
            return
        expected = {_STATES[sale["state"]]}
        if sale["state"] == "refunded" and "REFUNDED" not in news:
            expected |= {"succeeded"}
        if payment.status.value not in expected:
            self._wrong(
                "wrong", f"sale {identity} is {payment.status.value}, not {expected} ({news})"
            )
        paid = payment.status.value in ("succeeded", "refunded")
        types = Counter(one.type.value for one in self._events_of(f"paypal-{identity}"))
        refunded = payment.status.value == "refunded"
        # Refunded before it was first read, it is both in one.
        self._once(f"payment.succeeded of {identity}", types["payment.succeeded"], least=paid)
        self._once(
            f"payment.refunded of {identity}",
            types["payment.refunded"],
            least=refunded,
            most=refunded,
        )
        self._once(
            f"invoice.paid of {identity}",
            types["invoice.paid"],
            least=paid and not refunded,
            most=paid,
        )
        self._invoice(identity, paid, refunded)
        total = round(float(sale["amount"]["total"]) * 100)
        ours = payment.order.amount.minor - (payment.refunded.minor if payment.refunded else 0)
        ours = ours if paid else 0
        theirs = 0 if payment.status.value in ("refunded", "pending", "declined") else total
        if ours != theirs:
            self._wrong("wrong", f"the sum of {identity}: {ours}, not {theirs}")

    def _invoice(self, sale: str, paid: bool, refunded: bool) -> None:
        made = [one for one in self._invoices if one["sale"] == sale]
        least = paid and not refunded
        self._once(f"invoices of {sale}", len(made), least=least, most=paid)
        for one in made:
            gone = one["status"] == "CANCELLED" and refunded
            self._once(f"mails of {one['number']}", one["mailed"], least=least)
            self._once(f"recorded payments of {one['number']}", len(one["payments"]), least=least)
            if least and one["status"] != "PAID" and not gone:
                self._wrong("wrong", f"invoice {one['number']} is {one['status']}")

    # Subscriptions

    def _events_of(self, identity: str) -> Iterator[Any]:
        return (one for one in self._life.events.values() if one.ref.id == identity)

    def _told_of(self, identity: str, events: list[Any]) -> Counter[str]:
        told: Counter[str] = Counter()
        for event in self._of_subscription(identity, events):
            name = event["event_type"].removeprefix(_PREFIX)
            if name == "ACTIVATED":
                # PayPal says the same of one that begins and of one that is resumed.
                since = event["resource"]["status_update_time"]
                begins = since == self._activations(identity)[0]
                told["activated" if begins else "resumed"] += 1
            else:
                told[_FACTS.get(name, name)] += 1
        return told

    @staticmethod
    def _of_subscription(identity: str, events: list[Any]) -> Iterator[Any]:
        return (
            one
            for one in events
            if one["event_type"].startswith(_PREFIX) and one["resource"]["id"] == identity
        )

    def _activations(self, identity: str) -> list[str]:
        """Since when it was active, each time; the first is when it began."""
        return sorted(
            one["resource"]["status_update_time"]
            for one in self._of_subscription(identity, self._happened)
            if one["event_type"] == f"{_PREFIX}ACTIVATED"
        )

    def _subscription(self, identity: str) -> None:
        shown = self._life.books.subscriptions[identity]
        known: Subscription | None = self._kept[identity]
        told = self._told_of(identity, self._told)
        opened = f"paypal-{identity}" in {one.opened for one in self._life.signed_up.values()}
        if known is None:
            if told or opened:
                self._wrong("lost", f"subscription {identity}")
            return
        happened = self._told_of(identity, self._happened)
        types = Counter(one.type.value for one in self._events_of(known.id))
        created = types["subscription.created"]
        self._once(f"created of {identity}", created, least=bool(told["CREATED"] or opened))
        for fact in ("activated", "resumed", *_FACTS.values()):
            most = told[fact] if fact in _TOLD_BY_NOTIFICATION_ONLY else happened[fact]
            self._once(
                f"{fact} of {identity}", types[f"subscription.{fact}"], least=told[fact], most=most
            )
        self._renewals(identity, types["subscription.renewed"])
        self._status(shown, known)
        self._access(identity, known, types["subscription.access_ended"])

    def _payments_of(self, identity: str) -> list[Payment]:
        found = (
            self._kept[sale]
            for sale, one in self._life.books.sales.items()
            if one["billing_agreement_id"] == identity
        )
        return [one for one in found if one is not None]

    def _renewals(self, identity: str, number: int) -> None:
        known = self._payments_of(identity)
        paid = [one for one in known if one.status.value in ("succeeded", "refunded")]
        self._once(f"renewed of {identity}", number, least=len(paid), most=len(paid))

    def _status(self, shown: Mapping[str, Any], known: Subscription) -> None:
        """Where the change of status was told: the same as PayPal's."""
        changes = [
            one
            for one in self._of_subscription(shown["id"], self._happened)
            if one["event_type"].rpartition(".")[2] not in ("FAILED", "UPDATED")
        ]
        told = bool(self._life.arrived[changes[-1]["id"]]) if changes else False
        if told and known.status.value != shown["status"].lower():
            self._wrong("wrong", f"{shown['id']} is {known.status.value}, not {shown['status']}")

    def _access(self, identity: str, known: Subscription, ended: int) -> None:
        paid, trial = self._paid_through(identity, known), self._trial(identity, known)
        if paid != (known.paid_through and known.paid_through.date()):
            self._wrong("wrong", f"{identity} is paid through {known.paid_through}, not {paid}")
        if trial != (known.trial_until and known.trial_until.date()):
            self._wrong("wrong", f"{identity} is free until {known.trial_until}, not {trial}")
        expected = _access(known, self._life.now)
        if known.access is not expected:
            self._wrong("wrong", f"the access of {identity} is {known.access}, not {expected}")
        if known.access is Access.ended and not ended:
            self._wrong("lost", f"access_ended of {identity}")
        self._once(
            f"access_ended of {identity}",
            ended,
            least=0,
            most=1 + len(self._payments_of(identity)),
        )

    def _paid_through(self, identity: str, known: Subscription) -> Any:
        """The day on which the cycle of the newest sale that counts ends."""
        happened = self._told_of(identity, self._happened)
        if happened["revised"]:
            bill = None if happened["suspended"] else self._next_bill(identity)
            return bill or (known.paid_through and known.paid_through.date())
        sales = self._life.books.sales
        days = [
            shapes.moment(sales[one.id.removeprefix("paypal-")], "create_time")
            for one in self._payments_of(identity)
            if one.status.value == "succeeded"
        ]
        ends = [self._cycle_end(identity, day) for day in days if day]
        return max(ends, default=None)

    def _next_bill(self, identity: str) -> Any:
        """The day of the next bill by the books, where the bill before it is paid and known."""
        shown, payments = self._life.books.subscriptions[identity], self._payments_of(identity)
        sales = [
            one
            for one in self._life.books.sales.values()
            if one["billing_agreement_id"] == identity
        ]
        failed = self._told_of(identity, self._happened)["payment_failed"]
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

    def _trial(self, identity: str, known: Subscription) -> Any:
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

    def _sign_ups(self) -> None:
        opened = Counter(one.opened for one in self._life.signed_up.values())
        for identity, number in opened.items():
            self._once(f"keys of {identity}", number)
        keys = len(self._life.keys)
        if len(self._life.books.subscriptions) > keys:
            self._wrong("doubled", f"{len(self._life.books.subscriptions)} for {keys} keys")

    async def _leftovers(self) -> None:
        if left := await self._life.unfinished():
            self._wrong("wrong", f"due for ever: {left}")
        if await self._life.waiting():
            self._wrong("wrong", "a queue is not empty")
        for name, queue in self._life.world.dead_letters.items():
            for message in await queue.receive(10, 0):
                self._wrong("lost", f"{name}: parked, {message.attributes.get('reason')}")


def _access(known: Subscription, now: datetime) -> Access:
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
