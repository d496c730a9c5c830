"""What the simulated Stripe holds: its objects, each by its id, and the events about them."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from penstock_stripe.simulator.forms import Malformed, number, word

Shown = dict[str, Any]
_FEE = 30
_PAGE = 100


def _nobody(event: Shown) -> None:
    """Nobody is told."""


@dataclass(slots=True)
class Books:
    """
    Objects as Stripe shows them without expansion, oldest first.

    Attributes:
        machine: this machine's time; a test gives its own.
        letters: makes that many random bytes in hexadecimal; a test gives its own.
        told: is given each event that is to be sent.
        deleted: the customers that the merchant deleted.
    """

    machine: Callable[[], datetime] = lambda: datetime.now(UTC)
    letters: Callable[[int], str] = secrets.token_hex
    told: Callable[[Shown], None] = _nobody
    intents: dict[str, Shown] = field(default_factory=dict[str, Shown])
    charges: dict[str, Shown] = field(default_factory=dict[str, Shown])
    refunds: dict[str, Shown] = field(default_factory=dict[str, Shown])
    disputes: dict[str, Shown] = field(default_factory=dict[str, Shown])
    subscriptions: dict[str, Shown] = field(default_factory=dict[str, Shown])
    invoices: dict[str, Shown] = field(default_factory=dict[str, Shown])
    events: list[Shown] = field(default_factory=list[Shown])
    deleted: set[str] = field(default_factory=set[str])

    def now(self) -> datetime:
        """Its time, to the second."""
        return self.machine().replace(microsecond=0)

    def seconds(self) -> int:
        """Its time as Stripe writes it."""
        return int(self.now().timestamp())

    def new(self, prefix: str) -> str:
        """A new id."""
        return f"{prefix}_{self.letters(12)}"

    def event(self, type: str, about: Shown, before: Mapping[str, Any] | None = None) -> Shown:
        """Write an event down; it holds `about` itself, not a copy."""
        data = {"object": about} | ({"previous_attributes": dict(before)} if before else {})
        made = {
            "id": self.new("evt"),
            "object": "event",
            "api_version": "2026-10-28.endive",
            "type": type,
            "created": self.seconds(),
            "livemode": False,
            "pending_webhooks": 1,
            "request": None,
            "data": data,
        }
        self.events.append(made)
        return made

    def tell(self, type: str, about: Shown, before: Mapping[str, Any] | None = None) -> None:
        """Write an event down with what is so now, and have it sent."""
        self.told(self.event(type, copy.deepcopy(about), before))

    def charge(self, intent: Shown, *, failed: str | None = None) -> Shown:
        """An attempt at an intent's money."""
        made: Shown = {
            "id": self.new("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0 if failed else intent["amount"],
            "amount_refunded": 0,
            "currency": intent["currency"],
            "created": self.seconds(),
            "customer": intent["customer"],
            "billing_details": {"name": "Ada Lovelace", "email": "ada@example.test"},
            "disputed": False,
            "failure_code": failed,
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "paid": failed is None,
            "payment_intent": intent["id"],
            "refunded": False,
            "status": "failed" if failed else "succeeded",
            "balance_transaction": None if failed else self.new("txn"),
        }
        self.charges[made["id"]] = made
        return made

    def intent(self, intent: Shown, expand: Iterable[str] = ()) -> Shown:
        """An intent as the API shows it, expanded as it is asked for."""
        wanted, shown = set(expand), dict(intent)
        charge = self.charges.get(intent["latest_charge"] or "")
        deep = {one for one in wanted if one.startswith("latest_charge")}
        if charge is None or not deep:
            return shown
        inside = dict(charge)
        if "latest_charge.refunds" in deep:
            back = [r for r in self.refunds.values() if r["payment_intent"] == intent["id"]]
            inside["refunds"] = {
                "object": "list",
                "data": list(reversed(back))[:10],
                "has_more": len(back) > 10,
            }
        if "latest_charge.balance_transaction" in deep and charge["balance_transaction"]:
            inside["balance_transaction"] = {
                "id": charge["balance_transaction"],
                "object": "balance_transaction",
                "created": charge["created"],
                "currency": charge["currency"],
                "fee": _FEE,
                "net": charge["amount"] - _FEE,
            }
        return {**shown, "latest_charge": inside}

    def page(self, listed: Sequence[Shown], fields: Mapping[str, Any], path: str) -> Shown:
        """
        One page of a list, newest first.

        Raises:
            Malformed: `starting_after` names nothing of the list, or the limit is none.
        """
        newest = list(reversed(listed))
        limit = number(fields, "limit")
        limit = 10 if limit is None else limit
        if not 1 <= limit <= _PAGE:
            raise Malformed("limit")
        after = word(fields, "starting_after")
        if after is not None:
            places = {one["id"]: place for place, one in enumerate(newest)}
            if after not in places:
                raise Malformed("starting_after")
            newest = newest[places[after] + 1 :]
        return {
            "object": "list",
            "url": path,
            "data": newest[:limit],
            "has_more": len(newest) > limit,
        }
