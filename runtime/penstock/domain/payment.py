"""A payment: one attempt to move money for one order through one gateway, and what we know."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from penstock.domain.approval import Approval
from penstock.domain.entity import Entity
from penstock.domain.money import Money
from penstock.domain.operation import Operation
from penstock.domain.ref import EntityKind

_OWN = re.compile(r"pay-[0-9a-f]{32}", re.ASCII)


def is_own_payment(name: str | None) -> bool:
    """Whether a text is an id that we give a payment ourselves: `POST /payments` does."""
    return name is not None and _OWN.fullmatch(name) is not None


class PaymentStatus(StrEnum):
    """What became of a payment."""

    accepted = "accepted"
    approval_pending = "approval_pending"
    """The buyer has not approved it at the gateway."""
    pending = "pending"
    unknown = "unknown"
    parked = "parked"
    succeeded = "succeeded"
    declined = "declined"
    refunded = "refunded"
    partially_refunded = "partially_refunded"
    reversed = "reversed"
    contradicted = "contradicted"
    expired = "expired"
    """The buyer did not approve it in time: no money moved, and none will."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays. The e-mail address is used for the invoice only and is in no event or log."""

    reference: str | None = None
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)


def nameless(payer: Payer | None) -> Payer | None:
    """The payer without name and e-mail address; None where nothing is left."""
    return Payer(payer.reference) if payer and payer.reference else None


@dataclass(frozen=True, slots=True)
class Order:
    """What a payment is for, in the words of the merchant's system."""

    amount: Money
    reference: str | None = None
    description: str | None = None
    payer: Payer | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def nameless(self) -> Order:
        """The order without its payer's name and e-mail address."""
        return replace(self, payer=nameless(self.payer))

    @property
    def digest(self) -> str:
        """SHA-256 over the order: equal for equal orders only."""
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
    """
    One money step of a payment as the gateway holds it: `kind` is sale, charge, …

    Attributes:
        operation: the id of our operation that asked for it, where the gateway shows that.
    """

    id: str
    kind: str
    status: PaymentStatus
    amount: Money
    at: datetime
    operation: str | None = None


class Implied(StrEnum):
    """What a notification says of the money; a copy of the API may not show it yet."""

    decided = "decided"
    """The payment is no longer pending."""
    released = "released"
    """The gateway no longer holds the money back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Entity):
    """
    One attempt to move money, with its operations.

    Attributes:
        transactions: the step that paid it first, then what went back; at most 50.
        paid: whether `payment.succeeded` was published: the money was there once.
        refunded: how much went back in all, as events reported it; at most what was paid.
        hold: why the gateway holds the money back, while it does. A held payment has succeeded.
        fee: what the gateway took of it, and `net` what is left, where it says so.
        as_of: when the gateway last changed what we applied; older copies are stale.
        implied: what notifications said that the API has not shown yet.
        stale_since: since when the API shows only stale copies.
        invoice_withheld: why there is no invoice, when there is none.
        invoice_refunded: how much of what went back is recorded on the invoice.
        invoice_refund_refused: the total that the gateway refused to record there, if it did.
        invoice_paid_twice: whether it was published that the buyer paid the invoice, too.
        disputed: whether a dispute about it is open.
        remembered: notifications whose contradiction was published; at most 32.
        token: the id of the API's token that asked for it, if one did.
        approval: how its buyer approves it at the gateway, if that is needed.
        forgotten_at: since when the payer's name and e-mail address are erased, if they are.
    """

    kind: ClassVar[EntityKind] = EntityKind.payment

    order: Order
    status: PaymentStatus
    reason: str | None = None
    transactions: tuple[Transaction, ...] = ()
    subscription: str | None = None
    plan: Plan | None = None
    payer: Payer | None = None
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    paid: bool = False
    refunded: Money | None = None
    hold: str | None = None
    fee: Money | None = None
    net: Money | None = None
    as_of: datetime | None = None
    implied: tuple[Implied, ...] = ()
    stale_since: datetime | None = None
    invoice_number: str | None = None
    invoice_withheld: str | None = None
    invoice_refunded: Money | None = None
    invoice_refund_refused: Money | None = None
    invoice_paid_twice: bool = False
    disputed: bool = False
    remembered: tuple[str, ...] = ()
    token: str | None = None
    approval: Approval | None = None
    forgotten_at: datetime | None = None

    def is_for(self, order: Order) -> bool:
        """Whether it was requested with that order; a forgotten payer's name may differ."""
        asked = order.nameless if self.forgotten_at else order
        return asked.digest == self.order.digest

    def with_operation(self, operation: Operation) -> Payment:
        """The payment with that operation in place of the one with its id."""
        return replace(self, operations=self.replacing(operation))

    @property
    def transaction(self) -> Transaction | None:
        """The money step that paid it: the first one."""
        return self.transactions[0] if self.transactions else None

    @property
    def sent_back(self) -> tuple[Transaction, ...]:
        """The refunds and reversals known of it."""
        return self.transactions[1:]
