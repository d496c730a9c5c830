"""What we hold, compared with PayPal's books: everything once, and nothing that was told lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from penstock.domain.payment import Payment
from penstock.domain.subscription import Access, Subscription
from tests.plugins.paypal.machine.by_the_books import FACTS, ByTheBooks, access
from tests.plugins.paypal.machine.life import Life

_STATES = {
    "completed": "succeeded",
    "pending": "pending",
    "denied": "declined",
    "refunded": "refunded",
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
        self._books = ByTheBooks(life, kept)
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

    def _sale(self, identity: str) -> None:
        sale, news = self._life.books.sales[identity], self._books.news_of(identity)
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

    def _subscription(self, identity: str) -> None:
        shown = self._life.books.subscriptions[identity]
        known: Subscription | None = self._kept[identity]
        told = self._books.told_of(identity, self._books.told)
        opened = f"paypal-{identity}" in {one.opened for one in self._life.signed_up.values()}
        if known is None:
            if told or opened:
                self._wrong("lost", f"subscription {identity}")
            return
        happened = self._books.told_of(identity, self._books.happened)
        types = Counter(one.type.value for one in self._events_of(known.id))
        created = types["subscription.created"]
        self._once(f"created of {identity}", created, least=bool(told["CREATED"] or opened))
        for fact in ("activated", "resumed", *FACTS.values()):
            most = told[fact] if fact in _TOLD_BY_NOTIFICATION_ONLY else happened[fact]
            self._once(
                f"{fact} of {identity}", types[f"subscription.{fact}"], least=told[fact], most=most
            )
        self._renewals(identity, types["subscription.renewed"])
        self._status(shown, known)
        self._access(identity, known, types["subscription.access_ended"])

    def _renewals(self, identity: str, number: int) -> None:
        known = self._books.payments_of(identity)
        paid = [one for one in known if one.status.value in ("succeeded", "refunded")]
        self._once(f"renewed of {identity}", number, least=len(paid), most=len(paid))

    def _status(self, shown: Mapping[str, Any], known: Subscription) -> None:
        """Where the change of status was told: the same as PayPal's."""
        changes = [
            one
            for one in self._books.of_subscription(shown["id"], self._books.happened)
            if one["event_type"].rpartition(".")[2] not in ("FAILED", "UPDATED")
        ]
        told = bool(self._life.arrived[changes[-1]["id"]]) if changes else False
        if told and known.status.value != shown["status"].lower():
            self._wrong("wrong", f"{shown['id']} is {known.status.value}, not {shown['status']}")

    def _access(self, identity: str, known: Subscription, ended: int) -> None:
        paid, trial = self._books.paid_through(identity, known), self._books.trial(identity, known)
        if paid != (known.paid_through and known.paid_through.date()):
            self._wrong("wrong", f"{identity} is paid through {known.paid_through}, not {paid}")
        if trial != (known.trial_until and known.trial_until.date()):
            self._wrong("wrong", f"{identity} is free until {known.trial_until}, not {trial}")
        expected = access(known, self._life.now)
        if known.access is not expected:
            self._wrong("wrong", f"the access of {identity} is {known.access}, not {expected}")
        if known.access is Access.ended and not ended:
            self._wrong("lost", f"access_ended of {identity}")
        last = max(self._events_of(known.id), key=lambda one: one.sequence, default=None)
        if last and (last.data["access"] == "ended") is not (known.access is Access.ended):
            self._wrong("lost", f"the access of {identity}: {known.access}, {last.type} was last")
        self._once(
            f"access_ended of {identity}",
            ended,
            least=0,
            most=1 + len(self._books.payments_of(identity)),
        )

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
