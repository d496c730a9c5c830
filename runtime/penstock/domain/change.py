"""What one decision writes: the new state, the events it causes and the ids it has seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from penstock.domain.events import Event, EventType
from penstock.domain.money import Money
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payment


@dataclass(frozen=True, slots=True)
class Seen:
    """An id to remember, with the digest of what came under it."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Fact:
    """An event to be: its type and what its data holds besides the payment."""

    type: EventType
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Change:
    """
    Everything one decision commits, all of it or nothing.

    Attributes:
        payment: the state to be.
        expected: the version it was decided on; None when the payment must not exist yet.
    """

    payment: Payment
    expected: int | None
    events: tuple[Event, ...] = ()
    seen: tuple[Seen, ...] = ()


def change(
    before: Payment | None,
    after: Payment,
    facts: Sequence[Fact] = (),
    *,
    now: datetime,
    new_id: Callable[[], str],
    seen: Sequence[Seen] = (),
) -> Change:
    """Number the facts as events of the payment and bind the whole to the version read."""
    version = before.version if before else 0
    payment = replace(
        after, version=version + 1, sequence=after.sequence + len(facts), updated_at=now
    )
    events = tuple(
        Event(
            id=new_id(),
            type=fact.type,
            entity=payment.id,
            gateway=payment.gateway,
            sequence=after.sequence + place,
            time=now,
            data={**describe(payment), **fact.data},
        )
        for place, fact in enumerate(facts, start=1)
    )
    return Change(payment, before.version if before else None, events, tuple(seen))


def describe(payment: Payment) -> dict[str, Any]:
    """The payment as its events carry it: what is unknown is left out, and so is the e-mail."""
    transaction = payment.transaction
    invoice = payment.operation(OperationKind.invoice)
    payer = payment.payer
    described: dict[str, Any] = {
        "payment_id": payment.id,
        "status": payment.status.value,
        "amount": _amount(payment.order.amount),
        "refunded": _amount(payment.refunded) if payment.refunded else None,
        "reason": payment.reason,
        "reference": payment.order.reference,
        "description": payment.order.description,
        "transaction_id": transaction.id if transaction else None,
        "subscription_id": payment.subscription,
        "plan": _present({"id": payment.plan.id, "name": payment.plan.name})
        if payment.plan
        else None,
        "payer": _present({"reference": payer.reference, "name": payer.name}) if payer else None,
        "invoice": _present({"number": payment.invoice_number, "id": invoice.reference})
        if invoice
        else None,
        "links": dict(payment.links),
    }
    return _present(described)


def _amount(money: Money) -> dict[str, Any]:
    return {"minor": money.minor, "currency": money.currency}


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, {}, "")}
