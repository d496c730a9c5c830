"""A payment: one attempt to move money for one order through one gateway, and what we know."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind

UNSENT_GRACE = timedelta(seconds=60)
"""How long the function that committed an event has to publish it before the sweep does."""


class PaymentStatus(StrEnum):
    """What became of a payment."""

    accepted = "accepted"
    pending = "pending"
    unknown = "unknown"
    parked = "parked"
    succeeded = "succeeded"
    declined = "declined"
    refunded = "refunded"
    partially_refunded = "partially_refunded"
    reversed = "reversed"
    contradicted = "contradicted"


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays. The e-mail address is used for the invoice only and is in no event or log."""

    reference: str | None = None
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Order:
    """What a payment is for, in the buyer's system's words."""

    amount: Money
    reference: str | None = None
    description: str | None = None
    payer: Payer | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def digest(self) -> str:
        """SHA-256 over all of it: two orders are the same order if these are equal."""
        payer = self.payer or Payer()
        canonical = json.dumps(
            [
                self.amount.minor,
                self.amount.currency,
                self.reference,
                self.description,
                [payer.reference, payer.name, payer.email],
                sorted(self.metadata.items()),
            ],
            separators=(",", ":"),
        )
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan a subscription's payment was made under."""

    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """One money step of a payment as the gateway holds it: `kind` is sale, charge, …"""

    id: str
    kind: str
    status: PaymentStatus
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """
    One attempt to move money, with its operations; the entity that the ledger versions.

    Attributes:
        version: grows by one with every commit; a write names the version it was decided on.
        sequence: the number of events this payment has caused.
        published: how many of them have left, in order.
        refunded: how much was sent back in all, as far as we know; it only ever grows.
        invoice_withheld: why there is no invoice, when there is none.
    """

    id: str
    gateway: str
    order: Order
    status: PaymentStatus
    created_at: datetime
    updated_at: datetime
    reason: str | None = None
    transactions: tuple[Transaction, ...] = ()
    operations: tuple[Operation, ...] = ()
    subscription: str | None = None
    plan: Plan | None = None
    payer: Payer | None = None
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    refunded: Money | None = None
    invoice_number: str | None = None
    invoice_withheld: str | None = None
    version: int = 0
    sequence: int = 0
    published: int = 0

    def operation(self, kind: OperationKind) -> Operation | None:
        """The payment's operation of that kind, if it ever reserved one."""
        return next((op for op in self.operations if op.kind is kind), None)

    def with_operation(self, operation: Operation) -> Payment:
        """The payment with that operation in place of the one of its kind."""
        others = tuple(op for op in self.operations if op.kind is not operation.kind)
        return replace(self, operations=(*others, operation))

    @property
    def transaction(self) -> Transaction | None:
        """The money step that paid it: the first one."""
        return self.transactions[0] if self.transactions else None

    @property
    def unsent(self) -> bool:
        """Whether some of its events have not left yet."""
        return self.sequence > self.published

    @property
    def due_at(self) -> datetime | None:
        """When the sweep shall look at it; None when nothing is left to do."""
        due = [op.due_at for op in self.operations if op.open and op.due_at]
        if self.unsent:
            due.append(self.updated_at + UNSENT_GRACE)
        return min(due, default=None)
