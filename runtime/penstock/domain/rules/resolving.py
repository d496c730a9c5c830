"""
Applies a person's statement about an operation that cannot be looked up: the only way on for a
gateway without idempotency keys.

    unknown, parked ──► succeeded, with the gateway's id of it ──► as if the gateway had said so
                    └─► failed                                 ──► its money is free again
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from penstock.domain.change import AnyEntity, Change, Fact, change
from penstock.domain.events import EventType
from penstock.domain.observation import Observation
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from penstock.domain.restriction import Restrictable
from penstock.domain.rules import checkouts, invoices, refunds
from penstock.domain.rules.collections import collection_settled
from penstock.domain.rules.invoices import Abilities
from penstock.domain.rules.operations import settle
from penstock.domain.subscription import Subscription

RESOLVABLE = (
    OperationKind.charge,
    OperationKind.capture,
    OperationKind.refund,
    OperationKind.collect,
    OperationKind.invoice,
    OperationKind.invoice_refunds,
)


def doubtful(entity: AnyEntity) -> tuple[Operation, ...]:
    """The operations that a person may resolve: their outcome is not known, or they are parked."""
    return tuple(one for one in entity.operations if _in_doubt(entity, one))


def why_not_resolve(
    entity: AnyEntity, operation: Operation, *, succeeded: bool, now: datetime
) -> str | None:
    """Why an operation cannot be resolved that way; None if it can."""
    if operation.kind not in RESOLVABLE:
        return f"a {operation.kind.value} is not resolved by hand: it is asked again by itself"
    if not operation.open:
        return f"the {operation.kind.value} is known: it {operation.state.value}"
    if operation.leased(now):
        ends = f"{operation.lease_until:%H:%M:%S} UTC"
        return f"the {operation.kind.value} is under way until {ends}: try again then"
    if operation.state is OperationState.pending:
        return "the gateway has not decided yet; it is asked again by itself"
    if not _in_doubt(entity, operation):
        return f"the {operation.kind.value} was not sent: restrict it, or let the function send it"
    if succeeded and operation.state is OperationState.reserved:
        return (
            f"the gateway refused the {operation.kind.value}, so it did not succeed; "
            "resolve it as failed, or mend the cause and redrive its message"
        )
    return None


def resolve(
    before: Restrictable,
    operation: Operation,
    *,
    succeeded: bool,
    evidence: str,
    reference: str | None,
    can: Abilities,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment] | Change[Subscription]:
    """
    Apply what a person says; only where `why_not_resolve` returned None.

    Args:
        evidence: how the person knows; kept as the operation's reason.
        reference: the gateway's id of what succeeded; needed for charge, capture and refund.
        can: what the payment's gateway can do.

    Raises:
        ValueError: the reference is missing.
    """
    if isinstance(before, Subscription):
        return _collected(before, operation, succeeded, evidence, reference, now, new_id)
    if not succeeded:
        return _failed(before, operation, evidence, can, now, new_id)
    settled = operation.settle(OperationState.succeeded, reference=reference, reason=evidence)
    match operation.kind:
        case OperationKind.invoice:
            paid = replace(before.with_operation(settled), invoice_withheld=None)
            paid = invoices.reserve_refunds(paid, now, can)
            return settle(
                paid,
                settled,
                before.status,
                now=now,
                new_id=new_id,
                reason=before.reason,
                facts=[Fact(EventType.invoice_paid)],
            )
        case OperationKind.invoice_refunds:
            recorded = invoices.refunds_recorded(before).with_operation(settled)
            return change(before, recorded, now=now, new_id=new_id)
        case OperationKind.refund:
            step = _step(before, operation, reference, "refund", PaymentStatus.refunded, now)
            return refunds.refund_moved(before, settled, step, can, now=now, new_id=new_id)
        case OperationKind.capture:
            sale = _step(before, operation, reference, "sale", PaymentStatus.succeeded, now)
            seen = Observation(sale, payer=before.payer)
            taken = checkouts.captured(before, settled, seen, can=can, now=now, new_id=new_id)
            # `captured` settles it, without the words of the person.
            noted = taken.entity.with_operation(settled)
            return replace(taken, entity=noted)
        case _:
            moved = _step(before, operation, reference, "charge", PaymentStatus.succeeded, now)
            paid = replace(before, transactions=(moved,))
            return settle(paid, settled, PaymentStatus.succeeded, now=now, new_id=new_id)


def _failed(
    before: Payment,
    operation: Operation,
    evidence: str,
    can: Abilities,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment]:
    settled = operation.settle(OperationState.declined, reason=evidence)
    match operation.kind:
        case OperationKind.refund:
            return refunds.refund_failed(before, operation, evidence, now=now, new_id=new_id)
        case OperationKind.capture:
            return checkouts.declined(before, operation, evidence, now=now, new_id=new_id)
        case OperationKind.invoice:
            withheld, facts = invoices.withhold(before, evidence, None)
            return settle(
                withheld,
                settled,
                before.status,
                now=now,
                new_id=new_id,
                reason=before.reason,
                facts=facts,
            )
        case OperationKind.invoice_refunds:
            refused = invoices.refunds_refused(before).with_operation(settled)
            return change(before, refused, now=now, new_id=new_id)
        case _:
            return settle(
                before, settled, PaymentStatus.declined, now=now, new_id=new_id, reason=evidence
            )


def _collected(
    before: Subscription,
    operation: Operation,
    succeeded: bool,
    evidence: str,
    reference: str | None,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Subscription]:
    state = OperationState.succeeded if succeeded else OperationState.declined
    settled = operation.settle(state, reference=reference, reason=evidence)
    return collection_settled(before, settled, now=now, new_id=new_id)


def _step(
    payment: Payment,
    operation: Operation,
    reference: str | None,
    kind: str,
    status: PaymentStatus,
    now: datetime,
) -> Transaction:
    if not reference:
        raise ValueError(f"a {operation.kind.value} that succeeded has an id at the gateway")
    terms = operation.terms
    amount = terms.amount if terms else payment.order.amount
    return Transaction(reference, kind, status, amount, now)


def _in_doubt(entity: AnyEntity, operation: Operation) -> bool:
    if operation.kind not in RESOLVABLE:
        return False
    parked = isinstance(entity, Payment) and entity.status is PaymentStatus.parked
    moves = operation.kind in (OperationKind.charge, OperationKind.capture)
    unknown = operation.state in (OperationState.unknown, OperationState.submitting)
    return unknown or (operation.open and parked and moves)
