"""Payments and changes for the ledger's conformance."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from penstock.domain.approval import Approval
from penstock.domain.change import Change, E, Fact, change
from penstock.domain.dispute import Dispute, DisputeObservation, DisputeOutcome
from penstock.domain.events import EventType
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState, Terms
from penstock.domain.payment import (
    Implied,
    Order,
    Payer,
    Payment,
    PaymentStatus,
    Plan,
    Transaction,
)
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.record import Became, Record
from penstock.domain.signup import SignUp
from penstock.domain.subscription import (
    Access,
    PaidCycle,
    Span,
    Standing,
    Subscription,
    SubscriptionObservation,
    SubscriptionStatus,
)
from penstock.testing.clock import NOON

LATER = NOON + timedelta(minutes=3, microseconds=7)


def accepted(payment_id: str = "pay-1") -> Payment:
    """A payment before its first commit, with nothing to do."""
    return Payment(
        id=payment_id,
        gateway="example",
        order=Order(Money(1250, "USD")),
        status=PaymentStatus.accepted,
        created_at=NOON,
        updated_at=NOON,
    )


def full() -> Payment:
    """A payment, before its first commit, whose every field holds something of its own."""
    payer = Payer("customer-12", "Ada \N{SNOWMAN} Lovelace", "ada@example.test")
    return Payment(
        id="pay-full",
        gateway="paypal",
        order=Order(
            Money(10**15 + 1, "KWD"),
            reference="order-7",
            description="",
            payer=replace(payer, email=None),
            metadata={"": "empty name", "ünï": "cödé", "n": "1"},
        ),
        status=PaymentStatus.partially_refunded,
        created_at=NOON,
        updated_at=LATER,
        reason="because",
        transactions=(
            Transaction("S-1", "sale", PaymentStatus.succeeded, Money(0, "JPY"), NOON),
            Transaction("R-1", "refund", PaymentStatus.refunded, Money(-5, "KWD"), LATER),
        ),
        operations=(
            Operation("op-1", OperationKind.charge, OperationState.succeeded, reference="ch_1"),
            Operation(
                "op-2",
                OperationKind.invoice,
                OperationState.unknown,
                attempts=3,
                lease_until=LATER,
                lost_at=NOON,
                absent_since=NOON,
                due_at=LATER + timedelta(seconds=1),
                reference="INV2-1",
                reason="no answer",
                terms=Terms(Money(1, "KWD"), "0" * 64, "damaged", "sorry", "t-1"),
                path="/v1/payments/sale/S-1/refund",
                began_at=NOON,
                restricted_at=NOON,
                command="operate-1",
            ),
        ),
        subscription="I-1",
        plan=Plan("P-1", "Gold"),
        payer=payer,
        links={"gateway": "https://gateway.test/S-1"},
        paid=True,
        refunded=Money(250, "USD"),
        hold="held",
        fee=Money(30, "USD"),
        net=Money(220, "USD"),
        as_of=LATER,
        implied=(Implied.decided, Implied.released),
        stale_since=NOON,
        invoice_number="PS-1",
        invoice_withheld="not withheld, but every field holds something",
        invoice_refunded=Money(1, "USD"),
        invoice_refund_refused=Money(2, "USD"),
        invoice_paid_twice=True,
        remembered=("note-1", "note-2"),
        token="0123456789abcdef",  # noqa: S106 - the id of a token, not a secret
        approval=Approval(
            "1" * 64,
            "2" * 32,
            checkout="CO-1",
            url="https://gateway.test/approve/CO-1",
            expires_at=LATER,
            declined_at=NOON,
            refused="return_url",
            because="not an address",
        ),
        forgotten_at=LATER,
        version=4,
        sequence=7,
        published=6,
    )


def dispute(dispute_id: str = "PP-D-1") -> Dispute:
    """A dispute, before its first commit, whose every field holds something of its own."""
    return Dispute(
        id=dispute_id,
        gateway="paypal",
        created_at=NOON,
        updated_at=LATER,
        seen=DisputeObservation(
            "PP-D-1",
            "open",
            NOON,
            reason="unauthorised",
            amount=Money(9600, "USD"),
            payments=("pay-1", "pay-2"),
            respond_by=LATER,
            outcome=DisputeOutcome.seller,
            as_of=LATER,
            links={"gateway": "https://gateway.test/PP-D-1"},
        ),
        confirmed=True,
        unconfirmed_because="confirmed, but every field holds something",
    )


def subscription(
    subscription_id: str = "paypal-I-1", *, reference: str = "customer-12"
) -> Subscription:
    """A subscription, before its first commit, whose every field holds something of its own."""
    month = BillingCycle(Interval(IntervalUnit.month, 2), Money(1250, "USD"))
    week = BillingCycle(Interval(IntervalUnit.week), Money(0, "USD"), trial=True, cycles=1)
    return Subscription(
        id=subscription_id,
        gateway="paypal",
        created_at=NOON,
        updated_at=LATER,
        seen=SubscriptionObservation(
            "I-1",
            SubscriptionStatus.suspended,
            NOON,
            plan=Plan("P-1", "Gold"),
            cycles=(week, month),
            status_at=LATER,
            as_of=LATER,
            merchant_reference=reference,
            subscriber=Payer("payer-9", "Ada \N{SNOWMAN} Lovelace", "ada@example.test"),
            next_billing_at=LATER,
            last_paid_at=NOON,
            last_paid=Money(1250, "USD"),
            outstanding=Money(1250, "USD"),
            failures=2,
            next_attempt_at=LATER,
            links={"approve": "https://gateway.test/approve"},
        ),
        access=Access.active,
        paid_through=LATER,
        trial_until=LATER,
        spans=(Span(NOON, (week, month), "P-1"),),
        payments=(PaidCycle("pay-1", NOON, Standing.disputed),),
        told=("created",),
        met_as="activated@2026-11-02T12:00:00",
        forgotten_at=LATER,
    )


def sign_up() -> SignUp:
    """A sign-up, before its first commit, whose every field holds something of its own."""
    return SignUp(
        id="sub-0",
        gateway="paypal",
        created_at=NOON,
        updated_at=LATER,
        digest="d1",
        plan="P-1",
        merchant_reference="customer-12",
        return_digest="d2",
        return_secret="s1",  # noqa: S106 - a sample
        opened="paypal-I-1",
        approval_url="https://gateway.test/approve",
        refused_field="plan",
        refused="it is not active",
    )


def record(record_id: str = "paypal/WH-1") -> Record:
    """A recorded notification, before its first commit, whose every field holds something."""
    return Record(
        id=record_id,
        gateway="paypal",
        created_at=NOON,
        updated_at=LATER,
        type="BILLING.PLAN.CREATED",
        occurred_at=NOON,
        became=Became.recorded,
        digest="d1",
        resource_type="plan",
        resource_id="P-1",
        summary="A billing plan was created.",
        because="it concerns no payment",
        subject="payment#pay-1",
        confirmed=True,
    )


def first(payment: E) -> Change[E]:
    """The change that makes the entity, whatever version the sample shows."""
    return change(None, replace(payment, version=0), now=payment.updated_at, new_id=str)


def step(before: Payment, events: int = 0, *, at: timedelta | None = None) -> Change[Payment]:
    """The next change of a payment, causing that many events, three minutes on or at that age."""
    names = (f"{before.id}/{number}" for number in range(before.sequence + 1, 10**6))
    return change(
        before,
        replace(before, status=PaymentStatus.succeeded),
        [Fact(EventType.payment_succeeded, {"place": place}) for place in range(events)],
        now=LATER if at is None else NOON + at,
        new_id=lambda: next(names),
    )


def due_at(payment: Payment, minutes: int) -> Payment:
    """The payment with an open operation that is due so many minutes after noon."""
    when = NOON + timedelta(minutes=minutes)
    return payment.with_operation(Operation("op-1", OperationKind.charge, due_at=when))


def settled(payment: Payment) -> Payment:
    """The payment with that operation's end written down, and nothing left to do."""
    operation = payment.operation(OperationKind.charge)
    assert operation is not None
    return payment.with_operation(operation.settle(OperationState.succeeded, reference="ch_1"))
