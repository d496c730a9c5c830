"""An event in words: what any sink for people shows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlsplit

from penstock.domain.events import Event, EventType
from penstock.domain.money import Money

TITLES: Mapping[str, str] = {
    EventType.payment_succeeded: "Payment succeeded",
    EventType.payment_declined: "Payment declined",
    EventType.payment_pending: "Payment pending",
    EventType.payment_refunded: "Payment refunded",
    EventType.payment_reversed: "Payment reversed",
    EventType.payment_restored: "Payment restored",
    EventType.payment_on_hold: "Payment on hold",
    EventType.payment_released: "Payment released",
    EventType.payment_contradicted: "Payment contradicted",
    EventType.payment_parked: "Payment needs a person",
    EventType.invoice_paid: "Invoice paid",
    EventType.invoice_withheld: "No invoice",
    EventType.invoice_paid_twice: "Invoice paid twice",
    EventType.dispute_opened: "Dispute opened",
    EventType.dispute_updated: "Dispute changed",
    EventType.dispute_resolved: "Dispute resolved",
    EventType.notification_recorded: "Notification",
}
_LONGEST = 200
_LONGEST_URL = 1000
_MOST_LINKS = 5


@dataclass(frozen=True, slots=True)
class Summary:
    """
    What people want to know of an event.

    Every text is one line of printable characters, at most 200 of them, and *not* escaped: a
    payer's name is a stranger's, and only the sink knows what its medium takes for markup.

    Attributes:
        title: what happened.
        amount: such as "12.50 USD".
        rows: label and value, the most telling first.
        links: label and http(s) address; the payment at our own API comes first.
    """

    title: str
    amount: str | None
    rows: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]

    @property
    def headline(self) -> str:
        """Title and amount on one line."""
        return f"{self.title}: {self.amount}" if self.amount else self.title


def summarize(event: Event, api_url: str) -> Summary:
    """Put an event into words; `api_url` is where this stack's API is, empty if not known."""
    data = event.data
    plan, payer, invoice = (_object(data, name) for name in ("plan", "payer", "invoice"))
    differs = data.get("differs")
    reason = (
        data.get("reason")
        or data.get("because")
        or (
            f"differs in {', '.join(map(str, cast(list[object], differs)))}"
            if isinstance(differs, list)
            else None
        )
    )
    rows = (
        ("Plan", plan.get("name") or plan.get("id")),
        ("Payer", payer.get("name")),
        ("Payer reference", payer.get("reference")),
        ("Status", data.get("status")),
        ("Reason", reason),
        ("Still payable", data.get("payable")),
        ("Invoice", invoice.get("number")),
        ("Order", data.get("reference")),
        ("Payment", event.entity),
        ("Gateway", event.gateway),
    )
    return Summary(
        TITLES.get(event.type, event.type),
        _amount(data),
        tuple((label, line) for label, value in rows if (line := one_line(value))),
        tuple(_links(event, api_url)),
    )


def one_line(value: object, longest: int = _LONGEST) -> str:
    """A text as one line of printable characters; nothing, for anything but a text."""
    if not isinstance(value, str):
        return ""
    # Not printable: line breaks that would forge a row or a header, and marks that turn the
    # reading direction around.
    printable = "".join(c if c.isprintable() else " " for c in value[: 4 * longest])
    line = " ".join(printable.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _amount(data: Mapping[str, Any]) -> str | None:
    amount = _object(data, "amount")
    try:
        return str(Money(cast(int, amount.get("minor")), str(amount.get("currency"))))
    except ValueError:
        return None


def _links(event: Event, api_url: str) -> Iterator[tuple[str, str]]:
    if api_url:
        yield (
            "Payment",
            f"{api_url.rstrip('/')}/payments/{quote(event.entity, safe='', errors='replace')}",
        )
    for name, url in list(_object(event.data, "links").items())[:_MOST_LINKS]:
        if isinstance(url, str) and (safe := _address(url)):
            yield one_line(name, 40) or "Link", safe


def _address(url: str) -> str | None:
    """The address with everything percent-encoded that any medium could take for markup."""
    try:
        encoded = quote(url, safe=":/?#[]@!$&()*+,;=%~-._")
        parts = urlsplit(encoded)
    except ValueError:  # also half a surrogate pair, which JSON can carry and UTF-8 cannot
        return None
    good = parts.scheme in ("http", "https") and parts.hostname and len(encoded) <= _LONGEST_URL
    return encoded if good else None


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return cast(Mapping[str, Any], value) if isinstance(value, Mapping) else {}
