"""A payment as a record that a person can read in the table, and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock.adapters.archive import stamp
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Order, Payer, Payment, PaymentStatus, Plan, Transaction

Record = dict[str, Any]


def payment_record(payment: Payment) -> Record:
    """The payment's fields, in plain texts, whole numbers, lists and maps."""
    return {
        "id": payment.id,
        "gateway": payment.gateway,
        "status": payment.status.value,
        "reason": payment.reason,
        "order": _order_record(payment.order),
        "transactions": [_transaction_record(t) for t in payment.transactions],
        "operations": [_operation_record(op) for op in payment.operations],
        "subscription": payment.subscription,
        "plan": {"id": payment.plan.id, "name": payment.plan.name} if payment.plan else None,
        "payer": _payer_record(payment.payer),
        "links": _pairs_text(payment.links),
        "refunded": _money_record(payment.refunded) if payment.refunded else None,
        "invoice_number": payment.invoice_number,
        "invoice_withheld": payment.invoice_withheld,
        "created_at": stamp(payment.created_at),
        "updated_at": stamp(payment.updated_at),
        "version": payment.version,
        "sequence": payment.sequence,
        "published": payment.published,
    }


def read_payment(record: Mapping[str, Any]) -> Payment:
    """Read what `payment_record` wrote, from before a field existed too."""
    plan = record.get("plan")
    return Payment(
        id=record["id"],
        gateway=record["gateway"],
        order=_read_order(record["order"]),
        status=PaymentStatus(record["status"]),
        created_at=datetime.fromisoformat(record["created_at"]),
        updated_at=datetime.fromisoformat(record["updated_at"]),
        reason=record.get("reason"),
        transactions=tuple(_read_transaction(t) for t in record["transactions"]),
        operations=tuple(_read_operation(op) for op in record["operations"]),
        subscription=record.get("subscription"),
        plan=Plan(plan["id"], plan.get("name")) if plan else None,
        payer=_read_payer(record.get("payer")),
        links=_read_pairs(record["links"]),
        refunded=_read_money(record["refunded"]) if record.get("refunded") else None,
        invoice_number=record.get("invoice_number"),
        invoice_withheld=record.get("invoice_withheld"),
        version=record["version"],
        sequence=record["sequence"],
        published=record["published"],
    )


def _order_record(order: Order) -> Record:
    return {
        "amount": _money_record(order.amount),
        "reference": order.reference,
        "description": order.description,
        "payer": _payer_record(order.payer),
        "metadata": _pairs_text(order.metadata) if order.metadata else None,
    }


def _read_order(record: Mapping[str, Any]) -> Order:
    return Order(
        amount=_read_money(record["amount"]),
        reference=record.get("reference"),
        description=record.get("description"),
        payer=_read_payer(record.get("payer")),
        metadata=_read_pairs(record.get("metadata") or "{}"),
    )


def _transaction_record(transaction: Transaction) -> Record:
    return {
        "id": transaction.id,
        "kind": transaction.kind,
        "status": transaction.status.value,
        "amount": _money_record(transaction.amount),
        "at": stamp(transaction.at),
    }


def _read_transaction(record: Mapping[str, Any]) -> Transaction:
    return Transaction(
        id=record["id"],
        kind=record["kind"],
        status=PaymentStatus(record["status"]),
        amount=_read_money(record["amount"]),
        at=datetime.fromisoformat(record["at"]),
    )


def _operation_record(operation: Operation) -> Record:
    return {
        "id": operation.id,
        "kind": operation.kind.value,
        "state": operation.state.value,
        "attempts": operation.attempts,
        "lease_until": _moment_text(operation.lease_until),
        "lost_at": _moment_text(operation.lost_at),
        "absent_since": _moment_text(operation.absent_since),
        "due_at": _moment_text(operation.due_at),
        "reference": operation.reference,
        "reason": operation.reason,
    }


def _read_operation(record: Mapping[str, Any]) -> Operation:
    return Operation(
        id=record["id"],
        kind=OperationKind(record["kind"]),
        state=OperationState(record["state"]),
        attempts=record["attempts"],
        lease_until=_read_moment(record.get("lease_until")),
        lost_at=_read_moment(record.get("lost_at")),
        absent_since=_read_moment(record.get("absent_since")),
        due_at=_read_moment(record.get("due_at")),
        reference=record.get("reference"),
        reason=record.get("reason"),
    )


def _money_record(money: Money) -> Record:
    return {"minor": money.minor, "currency": money.currency}


def _read_money(record: Mapping[str, Any]) -> Money:
    return Money.kept(record["minor"], record["currency"])


def _payer_record(payer: Payer | None) -> Record | None:
    if payer is None:
        return None
    return {"reference": payer.reference, "name": payer.name, "email": payer.email}


def _read_payer(record: Mapping[str, Any] | None) -> Payer | None:
    if record is None:
        return None
    return Payer(record.get("reference"), record.get("name"), record.get("email"))


def _pairs_text(pairs: Mapping[str, str]) -> str:
    # JSON, and not a map: DynamoDB refuses a map's empty key, and the names are not ours.
    return json.dumps(dict(pairs), ensure_ascii=False)


def _read_pairs(text: str) -> dict[str, str]:
    return dict(json.loads(text))


def _moment_text(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def _read_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
