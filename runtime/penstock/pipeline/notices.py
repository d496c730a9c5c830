"""
The log events that alarms count: their names are an interface.

Each says, besides what `correlation` binds, what a person needs to look further.
"""

from __future__ import annotations

import structlog

from penstock.domain.operation import Operation, OperationState
from penstock.domain.payment import Payment


def delivery_rejected(delivery_id: str, gateway: str, because: str) -> None:
    """A delivery was kept apart: it has no effect."""
    structlog.get_logger().warning(
        "delivery.rejected", delivery_id=delivery_id, gateway=gateway, because=because
    )


def operation_unknown(before: Payment, operation: Operation) -> None:
    """An operation has become unknown, if it just did: money may have moved, nobody can say."""
    known = before.operation(operation.kind)
    was = known.state if known else None
    if operation.state is OperationState.unknown and was is not OperationState.unknown:
        structlog.get_logger().error(
            "operation.unknown",
            kind=operation.kind,
            payment=before.id,
            gateway=before.gateway,
            because=operation.reason,
        )


def invoice_unrecorded(payment: Payment, reference: str, because: str) -> None:
    """An invoice is with the buyer, payable, though the money is taken already."""
    structlog.get_logger().error(
        "invoice.unrecorded",
        payment=payment.id,
        gateway=payment.gateway,
        reference=reference,
        because=because,
    )
