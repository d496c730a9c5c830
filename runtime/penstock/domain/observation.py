"""What a gateway's own API says of a payment, in our words and cumulative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.domain.money import Money
from penstock.domain.payment import Payer, PaymentStatus, Plan, Transaction


@dataclass(frozen=True, slots=True)
class Observation:
    """
    The state of a payment's money as the gateway holds it now.

    Cumulative: it says how things stand, never what to add to them.

    Attributes:
        reference: the merchant's own reference (PayPal's `custom`), if the gateway carries one.
        links: where a person finds it at the gateway, by name.
        refunds: what was sent back of it, as far as it was asked for; each by its own id.
        refunded: how much was sent back in all, where the gateway says so.
    """

    transaction: Transaction
    subscription: str | None = None
    plan: Plan | None = None
    payer: Payer | None = None
    reference: str | None = None
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    refunds: tuple[Transaction, ...] = ()
    refunded: Money | None = None

    @property
    def status(self) -> PaymentStatus:
        """What became of the money."""
        return self.transaction.status


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The gateway's API agrees with the notification; the fetched state is what counts."""

    observation: Observation


@dataclass(frozen=True, slots=True)
class Contradicted:
    """
    The gateway's API says otherwise.

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


Confirmation = Confirmed | Contradicted | NotYet
