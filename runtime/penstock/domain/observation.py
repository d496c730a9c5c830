"""What a gateway's own API says, in our words and cumulative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from penstock.domain.dispute import DisputeObservation
from penstock.domain.money import Money
from penstock.domain.payment import Implied, Payer, PaymentStatus, Plan, Transaction
from penstock.domain.subscription import SubscriptionObservation


@dataclass(frozen=True, slots=True)
class Observation:
    """
    The state of a payment's money as the gateway holds it now.

    Cumulative: it says how things stand, not what to add to them.

    Attributes:
        reference: the merchant's own reference (PayPal's `custom`), if the gateway carries one.
        links: where a person finds it at the gateway, by name.
        refunds: what went back of it, as far as it was asked for, each by its own id: `kind` is
            refund or reversal; `status` is refunded once it is done, pending, or declined.
        reason: why it is pending or was declined, in the gateway's word.
        hold: why the gateway holds the money back, if it does.
        fee: what the gateway took, and `net` what is left, where it says so.
        as_of: when the gateway last changed it, where it says so.
        checkout: the gateway's own id of the checkout that the buyer approved, if there is one.
    """

    transaction: Transaction
    subscription: str | None = None
    plan: Plan | None = None
    payer: Payer | None = None
    reference: str | None = None
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    refunds: tuple[Transaction, ...] = ()
    reason: str | None = None
    hold: str | None = None
    fee: Money | None = None
    net: Money | None = None
    as_of: datetime | None = None
    checkout: str | None = None

    @property
    def status(self) -> PaymentStatus:
        """What became of the money."""
        return self.transaction.status


@dataclass(frozen=True, slots=True)
class InvoiceObservation:
    """
    An invoice as the gateway holds it now.

    Attributes:
        reference: the gateway's id of it; the payment's own invoice has the same.
        paid_twice: the buyer paid it, though the payment it documents is recorded on it.
        cancelled: it was cancelled at the gateway.
    """

    reference: str
    paid_twice: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class CheckoutNews:
    """A checkout may have changed: the payment's own checkout is read, by the id kept of it."""


AnyObservation = (
    Observation | DisputeObservation | InvoiceObservation | SubscriptionObservation | CheckoutNews
)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """
    The gateway's API agrees with the notification; the fetched state counts.

    Attributes:
        implies: what the notification says of the money; a fetched copy that does not show it
            is stale.
    """

    observation: AnyObservation
    implies: tuple[Implied, ...] = ()


@dataclass(frozen=True, slots=True)
class Claimed:
    """
    What the body says of something that the gateway's API does not show.

    For news that people must have (a dispute), never for money that moves.
    """

    observation: DisputeObservation
    because: str


@dataclass(frozen=True, slots=True)
class Contradicted:
    """
    The gateway's API returned another value; a missing one is no contradiction.

    Attributes:
        fields: what differs, by name: id, amount, currency, agreement.
        observation: what the API holds, or what was claimed when it holds nothing.
    """

    fields: tuple[str, ...]
    observation: Observation


@dataclass(frozen=True, slots=True)
class NotYet:
    """Too early: the gateway does not show the resource yet. Ask again in `retry_after` s."""

    retry_after: float | None = None


Confirmation = Confirmed | Claimed | Contradicted | NotYet
