"""What a gateway can do whose buyers approve each payment on its own page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from penstock.api.answers import Critical, Declined, NotSent, Refused, Unanswered
from penstock.api.subscriptions import Invalid
from penstock.domain.observation import Observation
from penstock.domain.payment import Order


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """
    Open a checkout. No money moves.

    Attributes:
        operation_id: the idempotency key; the same for every attempt.
        payment_id: our id of the payment; the gateway shows it again with the money.
        return_url: where the gateway sends the buyer who approved, and `cancel_url` who did not.
            Both hold a secret of the buyer's.
        brand: the merchant's name, as the gateway's page shows it.
    """

    operation_id: str
    payment_id: str
    order: Order = field(repr=False)
    return_url: str = field(repr=False)
    cancel_url: str = field(repr=False)
    brand: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """
    The checkout is there and waits for the buyer.

    Attributes:
        reference: the gateway's own id of it.
        approval_url: where the buyer approves it.
        expires_at: until when the buyer may approve it and the money can be captured.
    """

    reference: str
    approval_url: str = field(repr=False)
    expires_at: datetime


class Standing(StrEnum):
    """Where a checkout stands at the gateway."""

    open = "open"
    """The buyer has not approved it."""
    approved = "approved"
    """The buyer has approved it, and nothing is captured."""
    captured = "captured"
    """There is a capture, whatever became of its money."""
    closed = "closed"
    """It expired or was voided: nothing can be captured any more."""


@dataclass(frozen=True, slots=True)
class CheckoutSeen:
    """
    A checkout as the gateway holds it now.

    Attributes:
        payment_id: our id of the payment that it is for, as the gateway shows it.
        money: the capture, and what went back of it; None while there is none.
    """

    reference: str
    payment_id: str | None
    standing: Standing
    money: Observation | None = None


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """
    Take the money that the buyer approved.

    Attributes:
        operation_id: the idempotency key; the same for every attempt at this capture.
        reference: the gateway's own id of the checkout.
    """

    operation_id: str
    payment_id: str
    reference: str
    order: Order = field(repr=False)


@dataclass(frozen=True, slots=True)
class Captured:
    """There is a capture: its money is there, pending or denied, as `seen` says."""

    seen: CheckoutSeen


@dataclass(frozen=True, slots=True)
class NotApproved:
    """The buyer has not approved it, or has to approve it again: nothing moved."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The checkout expired or was voided: nothing moved, and nothing will."""

    because: str


OpenAnswer = Opened | Invalid | Refused | NotSent | Unanswered
CaptureAnswer = (
    Captured | Declined | NotApproved | Closed | NotSent | Unanswered | Refused | Critical
)


@runtime_checkable
class Checkout(Protocol):
    """
    A gateway whose buyers approve a payment on its page; then the money is captured.

    Opening and capturing never raise for what the gateway may answer.
    """

    @property
    def checkout_keys_kept(self) -> float:
        """Seconds for which it recognizes an operation id of a checkout."""
        ...

    async def open_checkout(self, request: CheckoutRequest) -> OpenAnswer:
        """Open a checkout; the same operation id opens one, however often it is sent."""
        ...

    async def read_checkout(self, reference: str, now: datetime) -> CheckoutSeen | None:
        """
        Read a checkout; None where the gateway knows none.

        Args:
            reference: the gateway's own id of it.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: the answer cannot be used, and a retry cannot help.
        """
        ...

    async def capture_checkout(self, request: CaptureRequest) -> CaptureAnswer:
        """
        Capture an approved checkout; the same operation id captures it once.

        `Declined` says that the buyer's means of payment did not work: the buyer may choose
        another one and approve the same checkout again.
        """
        ...
