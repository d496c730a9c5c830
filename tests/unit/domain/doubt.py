"""Operations in doubt, in short."""

from __future__ import annotations

from datetime import timedelta

from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payer
from penstock.domain.subscription import Subscription, SubscriptionObservation, SubscriptionStatus
from penstock.testing.clock import NOON

SECOND = timedelta(seconds=1)
RESERVED, SUBMITTING, PENDING, UNKNOWN, SUCCEEDED, DECLINED = (
    OperationState.reserved,
    OperationState.submitting,
    OperationState.pending,
    OperationState.unknown,
    OperationState.succeeded,
    OperationState.declined,
)
CHARGE, REFUND, INVOICE = OperationKind.charge, OperationKind.refund, OperationKind.invoice


def subscription(status: SubscriptionStatus = SubscriptionStatus.active) -> Subscription:
    seen = SubscriptionObservation("I-1", status, NOON, subscriber=Payer("P-1", "Ada", "a@x.test"))
    return Subscription(id="acme-I-1", gateway="acme", seen=seen, created_at=NOON, updated_at=NOON)


ADA = Payer("P-1", "Ada", "ada@example.test")
