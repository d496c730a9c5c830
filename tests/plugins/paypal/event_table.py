"""
`python -m tests.plugins.paypal.event_table`: docs/paypal-events.md, made from the code.

What an event is about and what it says are asked of `webhooks.notification`. What Penstock
publishes is written here, and test_event_table.py plays every event to hold it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from penstock.api import Delivery, Lifecycle
from penstock.domain.events import EventType
from penstock.testing.clock import NOON
from penstock_paypal.simulator.notifications.event_types import EVENT_TYPES
from penstock_paypal.webhooks import notification
from penstock_paypal.webhooks.registration import WANTED

ELSEWHERE = (
    "CHECKOUT.ORDER.DECLINED",
    "PAYMENT.ORDER.CANCELLED",
    "PAYMENT.ORDER.CREATED",
    "PAYMENT.REFUND.COMPLETED",
    "RISK.DISPUTE.CREATED",
)
"""Events that old webhooks are sent, or that others report; not in the simulator's list."""
ALL = tuple(sorted({*EVENT_TYPES, *ELSEWHERE}))

_ONE_ID = "I-BW452GLLEP1G"
_PUBLISHES: dict[str, tuple[EventType, ...]] = {
    "PAYMENT.SALE.COMPLETED": (EventType.payment_succeeded, EventType.subscription_renewed),
    "PAYMENT.SALE.PENDING": (EventType.payment_pending,),
    "PAYMENT.SALE.DENIED": (EventType.payment_declined,),
    "PAYMENT.SALE.REFUNDED": (EventType.payment_refunded,),
    "PAYMENT.SALE.REVERSED": (EventType.payment_reversed,),
    "PAYMENT.CAPTURE.REFUNDED": (EventType.payment_refunded,),
    "PAYMENT.CAPTURE.REVERSED": (EventType.payment_reversed,),
    "PAYMENT.REFUND.PENDING": (),
    "PAYMENT.REFUND.COMPLETED": (EventType.payment_refunded,),
    "PAYMENT.REFUND.FAILED": (EventType.payment_restored,),
    "CUSTOMER.DISPUTE.CREATED": (EventType.dispute_opened,),
    "CUSTOMER.DISPUTE.UPDATED": (EventType.dispute_updated,),
    "CUSTOMER.DISPUTE.RESOLVED": (EventType.dispute_resolved,),
    "RISK.DISPUTE.CREATED": (EventType.dispute_opened,),
}
_HEAD = """# What becomes of PayPal's events

`python -m tests.plugins.paypal.event_table` prints this page. A test holds the two equal and
plays each event on the simulated PayPal, which sends it: `penstock trigger EVENT`. Every authentic
webhook is kept in the ledger, also one of a type that is not here.

* **●**: a webhook must be registered for it; [deploy.md](deploy.md) lists the same.
* **about**: the kind of the entity that is read again at PayPal's API, which decides.
* **says**: the fact that the event itself reports of a subscription.
* **publishes**: what its entity publishes. `notification.recorded`: it is kept, and that is all.

| event | ● | about | says | publishes |
| --- | --- | --- | --- | --- |
"""
_FEET = """
1. `subscription.resumed` if the subscription began more than a day before.
2. `subscription.renewed` comes of a subscription's sale only. The invoice follows: `invoice.paid`
   or `invoice.withheld`.
3. The event does not name the payment, so PayPal's API is asked for it. If the payment or the
   invoice is none of ours: `notification.recorded`.
4. If the buyer paid an invoice that was paid already; otherwise nothing.
5. If the dispute changed; otherwise nothing.
6. Nothing yet: the payment is read again until the refund is decided.
7. Of a payment that was opened here as a checkout: the payment is read again, and says how it
   stands ([checkout.md](checkout.md)). Of any other order: `notification.recorded`.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """
    One event of PayPal's.

    Attributes:
        about: the kind of the entity that it names or that PayPal's API tells; None for none.
        asked: the API must be asked which one it is.
        says: the lifecycle fact.
        publishes: the events, in order, of an entity that was as it usually is before.
        registered: whether a webhook must be registered for it.
    """

    event: str
    about: str | None
    asked: bool
    says: Lifecycle | None
    publishes: tuple[EventType, ...]
    registered: bool


def row(event: str) -> Row:
    """What the plugin makes of an event of that type."""
    named = dict.fromkeys(("id", "sale_id", "dispute_id"), _ONE_ID)
    body = {"id": "WH-1", "event_type": event, "resource": named}
    read = notification.read(Delivery.of("paypal", {}, json.dumps(body).encode(), NOON))
    asked = read.subject is None and event.startswith((*notification.GONE, notification.INVOICE))
    about = read.subject.kind.value if read.subject else "payment" if asked else None
    return Row(event, about, asked, read.says, _published(event, read.says), event in WANTED)


def page() -> str:
    """The document."""
    return _HEAD + "".join(f"| {' | '.join(_cells(row(event)))} |\n" for event in ALL) + _FEET


def _published(event: str, says: Lifecycle | None) -> tuple[EventType, ...]:
    if says is not None:
        return (EventType(f"subscription.{says.value}"),)
    if event.startswith(notification.INVOICE):
        return (EventType.invoice_paid_twice,)
    return _PUBLISHES.get(event, (EventType.notification_recorded,))


def _cells(one: Row) -> Iterator[str]:
    yield f"`{one.event}`"
    yield "●" if one.registered else ""
    yield one.about or "-"
    yield one.says.value if one.says else "-"
    published = ", ".join(f"`{event.value}`" for event in one.publishes) or "-"
    yield " ".join((published, *_notes(one)))


def _notes(one: Row) -> Iterator[str]:
    if one.says is Lifecycle.activated:
        yield "(1)"
    if EventType.subscription_renewed in one.publishes:
        yield "(2)"
    if one.asked:
        yield "(3)"
    if one.event.startswith(notification.INVOICE):
        yield "(4)"
    if EventType.dispute_updated in one.publishes:
        yield "(5)"
    if not one.publishes:
        yield "(6)"
    if one.event in notification.CAPTURE_CLAIMS | notification.CHECKOUT:
        yield "(7)"


if __name__ == "__main__":
    print(page(), end="")
