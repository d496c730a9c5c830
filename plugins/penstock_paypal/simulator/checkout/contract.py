"""What PayPal knows of an order and does not show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from penstock_paypal import shapes
from penstock_paypal.simulator.books import Books, Document

LIFE = timedelta(hours=3)
"""
How long a buyer may take to approve, and a merchant to capture.

PayPal's default (developer.paypal.com/v5/checkout/uncaptured-payments).
"""
Outcome = Literal["pay", "pending", "denied", "refused", "declined"]
"""
How a capture goes: completed; pending and later cleared; pending and later denied; made and
declined at once; not made, because the buyer's means of payment was declined.
"""


@dataclass(slots=True)
class Contract:
    """
    The private half of an order.

    Attributes:
        base: the simulator's address, for links.
        created: when it was made, and `approved` when the buyer last approved it.
        context: the addresses and the brand that it was created with.
        outcome: how its next capture goes.
        retry: its capture was declined: the buyer may approve it again.
    """

    base: str
    created: datetime
    context: Document = field(default_factory=dict[str, Any])
    approved: datetime | None = None
    outcome: Outcome = "pay"
    retry: bool = False

    @property
    def ends(self) -> datetime:
        """When it can neither be approved nor captured any more."""
        return (self.approved or self.created) + LIFE


class Contracts:
    """The contracts by the order's id; an order that a test stated has none."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._kept: dict[str, Contract] = {}
        self.settling: dict[str, datetime] = {}
        self.denied: set[str] = set()

    def add(self, identity: str, contract: Contract) -> None:
        """Take a new order's contract."""
        self._kept[identity] = contract

    def of(self, order: Document) -> Contract | None:
        """The order's own."""
        return self._kept.get(str(order["id"]))

    def all(self) -> Iterator[tuple[Document, Contract]]:
        """Every order that has one."""
        for identity, contract in self._kept.items():
            yield self._books.orders[identity], contract

    def gone(self, order: Document) -> bool:
        """Whether PayPal shows it no longer: it expired before the buyer approved it."""
        contract = self.of(order)
        if contract is None or contract.approved is not None:
            return False
        return self._books.clock() >= contract.ends

    def approvable(self, token: str) -> tuple[Document, Contract] | None:
        """The order that an approval link's token names."""
        order = self._books.orders.get(token)
        contract = self.of(order) if order is not None else None
        return None if order is None or contract is None else (order, contract)


def unit(order: Document) -> Document:
    """The one purchase unit of an order, to be changed in place."""
    (found,) = order["purchase_units"]
    return found


def captures_of(order: Document) -> list[Document]:
    """The captures of an order, to be changed in place."""
    return shapes.at(unit(order), "payments", "captures") or []
