"""The reader of a payment's item as it was before items named their version; never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Order, Payer, Payment, PaymentStatus, Plan, Transaction

Record = dict[str, Any]


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


def _read_order(record: Mapping[str, Any]) -> Order:
    return Order(
        amount=_read_money(record["amount"]),
        reference=record.get("reference"),
        description=record.get("description"),
        payer=_read_payer(record.get("payer")),
        metadata=_read_pairs(record.get("metadata") or "{}"),
    )


def _read_transaction(record: Mapping[str, Any]) -> Transaction:
    return Transaction(
        id=record["id"],
        kind=record["kind"],
        status=PaymentStatus(record["status"]),
        amount=_read_money(record["amount"]),
        at=datetime.fromisoformat(record["at"]),
    )


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


def _read_money(record: Mapping[str, Any]) -> Money:
    return Money.kept(record["minor"], record["currency"])


def _read_payer(record: Mapping[str, Any] | None) -> Payer | None:
    if record is None:
        return None
    return Payer(record.get("reference"), record.get("name"), record.get("email"))


def _read_pairs(text: str) -> dict[str, str]:
    return dict(json.loads(text))


def _read_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
