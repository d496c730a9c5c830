"""An event in words: what any sink for people shows of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from penstock.api.headline import MOVED, amount, headline, respond_by, title
from penstock.api.wording import (
    address,
    mapping,
    moment,
    money,
    one_line,
    part_of,
    texts,
    words,
)
from penstock.domain.events import Event

_MOST_LINKS = 6
_MOST_PAYMENTS = 3
_OUTCOMES = {
    "seller": "for the seller: the money stays",
    "buyer": "for the buyer: the money goes back",
    "withdrawn": "the buyer withdrew it: the money stays",
    "other": "neither for the seller nor for the buyer",
}

Row = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Summary:
    """
    What people want to know of an event.

    Every text is one line of printable characters, at most 200 of them, and *not* escaped: a
    payer's name is a stranger's, and only the sink knows what its medium takes for markup.

    Attributes:
        title: what happened.
        amount: such as "12.50 USD", or "10.00 of 100.00 USD" where money moved in part.
        headline: what happened to how much, and until when somebody must act.
        rows: label and value, the most telling first; at most 12.
        links: label and http(s) address, at most 6; the payments at our own API come first.
    """

    title: str
    amount: str | None
    headline: str
    rows: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]


def summarize(event: Event, api_url: str) -> Summary:
    """Put an event into words; `api_url` is where this stack's API is, empty if not known."""
    shown = [(label, one_line(value)) for label, value in _rows(event)]
    return Summary(
        title(event),
        amount(event) or None,
        headline(event),
        tuple((label, line) for label, line in shown if line),
        tuple(_links(event, api_url))[:_MOST_LINKS],
    )


def _rows(event: Event) -> Iterable[Row]:
    match event.type.partition(".")[0]:
        case "payment" | "invoice" | "refund":
            return _payment(event, "Payment")
        case "subscription":
            return _subscription(event)
        case "collection":
            return _collection(event)
        case "dispute":
            return _dispute(event)
        case "notification":
            return _notification(event)
        case _:
            # Newer code published it: what it holds of a payment's fields is shown.
            return _payment(event, "Subject")


def _payment(event: Event, subject: str) -> Iterator[Row]:
    data = event.data
    plan, payer, invoice = (mapping(data.get(name)) for name in ("plan", "payer", "invoice"))
    differs = ", ".join(texts(data.get("differs")))
    reason = words(data.get("because")) or words(data.get("reason"))
    yield "Reason", reason or (differs and f"differs in {differs}")
    yield "Asked because", mapping(data.get("refund")).get("reason")
    yield "On hold", words(data.get("hold"))
    yield "Still payable", data.get("payable")
    if event.type in MOVED:
        yield "Sent back in total", part_of(money(data.get("refunded")), money(data.get("amount")))
    yield "Plan", plan.get("name") or plan.get("id")
    yield "Payer", payer.get("name")
    yield "Payer reference", payer.get("reference")
    yield "Invoice", invoice.get("number")
    yield "Order", data.get("reference")
    yield subject, event.entity
    yield "Status", words(data.get("status"))
    yield "Gateway", event.gateway


def _subscription(event: Event) -> Iterator[Row]:
    data = event.data
    plan, subscriber = mapping(data.get("plan")), mapping(data.get("subscriber"))
    yield "Access", words(data.get("access"))
    yield "Paid through", moment(data.get("paid_through"))
    yield "Trial until", moment(data.get("trial_until"))
    yield "Plan", plan.get("name") or plan.get("id")
    yield "Subscriber", subscriber.get("name")
    yield "Reference", data.get("reference")
    yield "Outstanding", money(data.get("outstanding")) and str(money(data.get("outstanding")))
    yield "Next attempt", moment(data.get("next_attempt_at"))
    yield "Next payment", moment(data.get("next_billing_at"))
    yield "Status", words(data.get("status"))
    yield "Subscription", event.entity
    yield "Gateway", event.gateway


def _collection(event: Event) -> Iterator[Row]:
    yield "Reason", words(event.data.get("because"))
    yield "Asked because", mapping(event.data.get("collection")).get("reason")
    less = ("Trial until", "Next payment")
    yield from (row for row in _subscription(event) if row[0] not in less)


def _dispute(event: Event) -> Iterator[Row]:
    data = event.data
    because = one_line(data.get("because"))
    yield "Respond by", respond_by(event)
    yield "Outcome", _OUTCOMES.get(str(data.get("outcome")))
    yield "Reason", words(data.get("reason"))
    if data.get("confirmed") is False:
        yield "Note", "not confirmed by the gateway's API yet" + (because and f": {because}")
    yield "Payments", ", ".join(texts(data.get("payments")))
    yield "Status", words(data.get("status"))
    yield "Opened", moment(data.get("opened_at"))
    yield "Dispute", event.entity
    yield "Gateway", event.gateway


def _notification(event: Event) -> Iterator[Row]:
    data = event.data
    resource = (words(data.get("resource_type")), one_line(data.get("resource_id")))
    yield "Type", data.get("notification_type")
    yield "Summary", data.get("summary")
    yield "Resource", " ".join(filter(None, resource))
    yield "Concerns", one_line(data.get("subject")).replace("#", " ", 1)
    yield "Reason", words(data.get("because"))
    yield "Happened", moment(data.get("occurred_at"))
    yield "Notification", event.entity
    yield "Gateway", event.gateway


def _links(event: Event, api_url: str) -> Iterator[tuple[str, str]]:
    if api_url:
        for payment in _payments(event):
            named = quote(payment, safe="", errors="replace")
            yield "Payment", f"{api_url.rstrip('/')}/payments/{named}"
    for name, url in mapping(event.data.get("links")).items():
        if safe := address(url):
            yield one_line(name, 40) or "Link", safe


def _payments(event: Event) -> list[str]:
    """The payments that an event is about, by id."""
    match event.type.partition(".")[0]:
        case "payment" | "invoice" | "refund":
            return [event.entity]
        case "dispute":
            return texts(event.data.get("payments"))[:_MOST_PAYMENTS]
        case _:
            return []
