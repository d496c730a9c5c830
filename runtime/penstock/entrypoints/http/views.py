"""A payment as the API shows it: known values, without the payer's e-mail address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment, Transaction
from penstock.domain.rules import refunds_of
from penstock.domain.subscription import subscription_id

SHOWN = (
    OperationKind.charge,
    OperationKind.checkout,
    OperationKind.capture,
    OperationKind.invoice,
    OperationKind.invoice_refunds,
)
"""Calls that move or document money; operations that only ask again are internal."""


def payment_view(payment: Payment, where: str) -> dict[str, Any]:
    """
    The payment as `GET /payments/{id}` answers it (components/schemas/Payment).

    Args:
        where: it, as seen from the request that is answered (a reference of RFC 3986).
    """
    order, payer, plan = payment.order, payment.payer, payment.plan
    return present(
        {
            "id": payment.id,
            "provider": payment.gateway,
            "status": payment.status.value,
            "reason": payment.reason,
            "amount": money(order.amount),
            "refunded": money(payment.refunded) if payment.refunded else None,
            "hold": payment.hold,
            "fee": money(payment.fee) if payment.fee else None,
            "net": money(payment.net) if payment.net else None,
            "reference": order.reference,
            "description": order.description,
            "metadata": dict(order.metadata) or None,
            "payer": present({"reference": payer.reference, "name": payer.name}) or None
            if payer
            else None,
            "subscription": subscription_id(payment.gateway, payment.subscription)
            if payment.subscription
            else None,
            "plan": present({"id": plan.id, "name": plan.name}) if plan else None,
            "transactions": [_transaction(one) for one in payment.transactions],
            "operations": [_operation(one) for one in payment.operations if one.kind in SHOWN],
            "refunds": [asked_view(one) for one, _ in refunds_of(payment)] or None,
            "invoice": _invoice(payment) or None,
            "links": {**payment.links, "self": where},
            "created_at": moment(payment.created_at),
            "updated_at": moment(payment.updated_at),
        }
    )


REFUND_STATUS = {
    OperationState.reserved: "accepted",
    OperationState.submitting: "accepted",
    OperationState.unknown: "unknown",
    OperationState.pending: "pending",
    OperationState.succeeded: "succeeded",
    OperationState.declined: "failed",
}
"""What became of a refund or a collection, by the state of its operation."""


def asked_view(operation: Operation) -> dict[str, Any]:
    """A requested refund or collection (components/schemas/Refund, Collection)."""
    terms = operation.terms
    if terms is None:
        raise ValueError("neither a refund nor a collection")
    return present(
        {
            "id": operation.id,
            "amount": money(terms.amount),
            "status": REFUND_STATUS[operation.state],
            "because": operation.reason,
            "reason": terms.reason,
            "note": terms.note if operation.kind is OperationKind.refund else None,
            "reference": operation.reference,
        }
    )


def operation_view(one: Operation) -> dict[str, Any]:
    """An operation with its attempts and its next try, for operators."""
    return present(
        {
            "id": one.id,
            "kind": one.kind.value,
            "state": one.state.value,
            "attempts": one.attempts,
            "held": True if one.restricted_at else None,
            "next_try_at": moment(one.due_at) if one.open and one.due_at else None,
            "reference": one.reference,
            "reason": one.reason,
        }
    )


def money(amount: Money) -> dict[str, Any]:
    """An amount, for programs and for people."""
    return {"minor": amount.minor, "currency": amount.currency, "value": amount.decimal}


def moment(at: datetime) -> str:
    """A moment as RFC 3339 writes it, in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are known."""
    return {name: value for name, value in fields.items() if value is not None}


def _transaction(transaction: Transaction) -> dict[str, Any]:
    return {
        "id": transaction.id,
        "kind": transaction.kind,
        "status": transaction.status.value,
        "amount": money(transaction.amount),
        "at": moment(transaction.at),
    }


def _operation(operation: Operation) -> dict[str, Any]:
    return present(
        {
            "id": operation.id,
            "kind": operation.kind.value,
            "state": operation.state.value,
            "attempts": operation.attempts,
            "reference": operation.reference,
            "reason": operation.reason,
        }
    )


def _invoice(payment: Payment) -> dict[str, Any]:
    operation = payment.operation(OperationKind.invoice)
    return present(
        {
            "number": payment.invoice_number,
            "reference": operation.reference if operation else None,
            "withheld": payment.invoice_withheld,
        }
    )
