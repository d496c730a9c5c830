"""What the simulated PayPal holds, as its API shows it, and the time it keeps."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from penstock_paypal.simulator.credentials import token
from penstock_paypal.simulator.stock import PLANS, PRODUCT

Document = dict[str, Any]
COLLECTIONS = (
    "products",
    "plans",
    "subscriptions",
    "sales",
    "refunds",
    "captures",
    "payments",
    "orders",
    "disputes",
    "invoices",
)


@dataclass(slots=True)
class Books:
    """
    Everything by id, in the shapes the API answers with.

    `refunds` and `captures` hold both generations: one with a `status` is shown by v2, any other
    by v1. `payments` are the v1 payments that sales belong to, `orders` the v2 ones of captures.

    Attributes:
        late: since when a payment was due that failed at first, by the id of its sale.
        stated: collection and id of what a test stated; an event's body does not change it.
        requested: the id of what was made, by the request id that it was made under.
        unique_numbers: whether an invoice number can be used once only. PayPal's rule is unknown.
        ahead: how far PayPal's clock is ahead of this machine's.
        machine: this machine's time; a test gives its own.
        letters: makes the part of an id that has that many characters; a test gives its own.
        standing: the time at which PayPal's clock stands while it plays what fell due.
    """

    products: dict[str, Document] = field(default_factory=dict[str, Document])
    plans: dict[str, Document] = field(default_factory=dict[str, Document])
    subscriptions: dict[str, Document] = field(default_factory=dict[str, Document])
    sales: dict[str, Document] = field(default_factory=dict[str, Document])
    refunds: dict[str, Document] = field(default_factory=dict[str, Document])
    captures: dict[str, Document] = field(default_factory=dict[str, Document])
    payments: dict[str, Document] = field(default_factory=dict[str, Document])
    orders: dict[str, Document] = field(default_factory=dict[str, Document])
    disputes: dict[str, Document] = field(default_factory=dict[str, Document])
    invoices: dict[str, Document] = field(default_factory=dict[str, Document])
    mailed: list[Document] = field(default_factory=list[Document])
    late: dict[str, datetime] = field(default_factory=dict[str, datetime])
    stated: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    requested: dict[str, str] = field(default_factory=dict[str, str])
    unique_numbers: bool = False
    ahead: timedelta = timedelta()
    machine: Callable[[], datetime] = lambda: datetime.now(UTC)
    letters: Callable[[int], str] = token
    standing: datetime | None = None

    def collection(self, name: str) -> dict[str, Document]:
        """
        One of the collections.

        Raises:
            KeyError: there is none of that name.
        """
        if name not in COLLECTIONS:
            raise KeyError(name)
        kept: dict[str, Document] = getattr(self, name)
        return kept

    def clock(self) -> datetime:
        """PayPal's time."""
        return self.standing or self.machine() + self.ahead

    def now(self) -> str:
        """PayPal's time, as PayPal writes it."""
        return written(self.clock())

    def plan(self) -> Document:
        """The plan that subscriptions are made under unless another is named."""
        if not self.plans:
            self.stock()
        return next(iter(self.plans.values()))

    def stock(self) -> None:
        """Take the product and the plans that a fresh simulator sells."""
        now = self.now()
        self.products[PRODUCT["id"]] = {**PRODUCT, "create_time": now, "update_time": now}
        for plan in PLANS:
            self.add_plan({**copy.deepcopy(plan), "update_time": now})

    def add_plan(self, document: Document) -> Document:
        """Take a plan."""
        plan = {
            "id": f"P-{self.letters(24)}",
            "status": "ACTIVE",
            "create_time": self.now(),
            **document,
        }
        self.plans[plan["id"]] = plan
        return plan

    def subscribe(self, **fields: Any) -> Document:
        """A new subscription; `fields` replace what it would have."""
        now = self.now()
        subscription: Document = {
            "id": f"I-{self.letters(12)}",
            "status": "ACTIVE",
            "status_update_time": now,
            "plan_id": fields.get("plan_id") or self.plan()["id"],
            "start_time": now,
            "quantity": "1",
            "subscriber": self.buyer(),
            "create_time": now,
            "update_time": now,
            "plan_overridden": False,
            **fields,
        }
        self.subscriptions[subscription["id"]] = subscription
        return subscription

    def buyer(self) -> Document:
        """The account of a buyer, as a subscription shows it."""
        return {
            "payer_id": self.letters(13),
            "email_address": "buyer@example.com",
            "name": {"given_name": "Ada", "surname": "Example"},
        }

    def paid(self, identity: str) -> Document | None:
        """The sale or the capture of that id."""
        return self.sales.get(identity) or self.captures.get(identity)

    def note_request(self, request_id: str, answer: bytes) -> None:
        """Keep what a request was answered with: the id of what it made."""
        try:
            self.requested[request_id] = str(json.loads(answer)["id"])
        except (ValueError, KeyError, TypeError):
            return  # it made nothing that has an id

    def mails_of(self, invoice_id: str) -> int:
        """How often an invoice was mailed to its recipient."""
        return sum(1 for mail in self.mailed if mail["invoice_id"] == invoice_id)


def written(at: datetime) -> str:
    """A time as PayPal writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def put(document: Document, path: str, value: Any) -> None:
    """
    Set a value by its dotted path; None takes the field away.

    A number in the path is a place in a list, as in `disputed_transactions.0`.
    """
    *parents, last = path.split(".")
    for name in parents:
        document = _inner(document, name)
    if value is None:
        document.pop(last, None)
    else:
        document[last] = value


def _inner(holder: Any, name: str) -> Any:
    if isinstance(holder, list):
        items = cast("list[Any]", holder)
        place = int(name) if name.isdecimal() else 0
        while len(items) <= place:
            items.append({})
        return items[place]
    inner = holder.get(name)
    if not isinstance(inner, dict | list):
        inner = holder[name] = dict[str, Any]()
    return cast(Any, inner)
