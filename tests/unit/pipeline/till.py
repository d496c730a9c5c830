"""A gateway whose buyers approve each payment, in miniature."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from penstock.api import (
    CaptureAnswer,
    Captured,
    CaptureRequest,
    CheckoutNews,
    CheckoutRequest,
    CheckoutSeen,
    Closed,
    Confirmation,
    Confirmed,
    Declined,
    Money,
    NotApproved,
    Notification,
    NotYet,
    Observation,
    OpenAnswer,
    Opened,
    Order,
    Payer,
    PaymentStatus,
    Ref,
    Standing,
    Transaction,
)
from penstock.pipeline.accept import payment_id
from penstock.testing.clock import FrozenClock

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LIFE = timedelta(hours=3)
KEYS = 6 * 3600
BOOK = Order(Money(1250, "EUR"), reference="order-7", description="A book")
PAYMENT = payment_id("key-1", "shop")
DECLINED = Declined("INSTRUMENT_DECLINED")
CAPTURE = CaptureRequest("op", PAYMENT, "C-1", BOOK)
"""A capture that another request than ours makes."""


@dataclass
class Till:
    """
    Checkouts, scripted by data.

    Attributes:
        answers: what to answer to the next openings; with `opens_before_answering` the checkout
            is there all the same.
        capture_answers: the same for captures, with `captures_before_answering`.
        takes: what the money of a capture is.
        refunds: what a notification says went back; reading a checkout does not show it.
        down: what reading raises.
    """

    clock: FrozenClock
    name: str = "till"
    checkout_keys_kept: float = KEYS
    opened: dict[str, str] = field(default_factory=dict[str, str])
    held: dict[str, CheckoutSeen] = field(default_factory=dict[str, CheckoutSeen])
    requests: list[CheckoutRequest] = field(default_factory=list[CheckoutRequest])
    captures: list[CaptureRequest] = field(default_factory=list[CaptureRequest])
    moved: list[str] = field(default_factory=list[str])
    answers: list[OpenAnswer] = field(default_factory=list[OpenAnswer])
    opens_before_answering: bool = False
    capture_answers: list[CaptureAnswer] = field(default_factory=list[CaptureAnswer])
    captures_before_answering: bool = False
    takes: PaymentStatus = PaymentStatus.succeeded
    down: Exception | None = None
    reads: int = 0
    refunds: tuple[Transaction, ...] = ()

    async def open_checkout(self, request: CheckoutRequest) -> OpenAnswer:
        self.requests.append(request)
        if self.answers:
            if self.opens_before_answering:
                self._open(request)
            return self.answers.pop(0)
        return self._open(request)

    async def read_checkout(self, reference: str, now: datetime) -> CheckoutSeen | None:
        self.reads += 1
        if self.down is not None:
            raise self.down
        return self.held.get(reference)

    async def capture_checkout(self, request: CaptureRequest) -> CaptureAnswer:
        self.captures.append(request)
        if self.capture_answers:
            if self.captures_before_answering:
                self._capture(request)
            return self.capture_answers.pop(0)
        return self._capture(request)

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        if notification.type == "approved":
            return Confirmed(CheckoutNews())
        seen = self.held[str(notification.resource["checkout"])]
        assert seen.money is not None
        shown = notification.resource.get("shown", seen.reference)
        return Confirmed(replace(seen.money, checkout=shown, refunds=self.refunds))

    async def reread(self, entity: Ref, known: Any, now: datetime) -> Observation | NotYet:
        for seen in self.held.values():
            if seen.payment_id == entity.id and seen.money is not None:
                return seen.money
        return NotYet()

    def approve(self, reference: str = "C-1") -> None:
        """The buyer approves."""
        self.held[reference] = replace(self.held[reference], standing=Standing.approved)

    def close(self, reference: str = "C-1") -> None:
        """The gateway gives it up."""
        self.held[reference] = replace(self.held[reference], standing=Standing.closed)

    def settle(self, status: PaymentStatus, reference: str = "C-1") -> None:
        """What becomes of a pending capture."""
        seen = self.held[reference]
        assert seen.money is not None
        step = replace(seen.money.transaction, status=status)
        self.held[reference] = replace(seen, money=replace(seen.money, transaction=step))

    def _open(self, request: CheckoutRequest) -> Opened:
        reference = self.opened.setdefault(request.operation_id, f"C-{len(self.opened) + 1}")
        self.held.setdefault(reference, CheckoutSeen(reference, request.payment_id, Standing.open))
        at = self.clock.now()
        return Opened(reference, f"https://till.test/approve/{reference}", at + LIFE)

    def _capture(self, request: CaptureRequest) -> CaptureAnswer:
        seen = self.held.get(request.reference)
        if seen is None or seen.standing is Standing.closed:
            return Closed("it is over")
        if seen.standing is Standing.open:
            return NotApproved()
        if seen.money is None:
            identity = f"CAP-{len(self.moved) + 1}"
            self.moved.append(identity)
            at = self.clock.now()
            paid = Transaction(identity, "sale", self.takes, request.order.amount, at)
            money = Observation(
                paid,
                payer=Payer("P1", "Ann Buyer", "ann@example.org"),
                reason="ECHECK" if self.takes is PaymentStatus.pending else None,
                checkout=seen.reference,
            )
            seen = replace(seen, standing=Standing.captured, money=money)
            self.held[request.reference] = seen
        return Captured(seen)
