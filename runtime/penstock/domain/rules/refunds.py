"""
Requested refunds: what is left, what is reserved, what became of each.

    left = paid - what went back - what open refunds hold
    asked ─► reserved in one commit, counted at once ─► sent back: a step of the payment
                                                    └─► refused: the amount is free again
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from penstock.domain.change import Change, Fact, change
from penstock.domain.describe import amount
from penstock.domain.events import EventType
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.operation import Operation, OperationKind, OperationState, Terms
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from penstock.domain.rules import gone
from penstock.domain.rules.following import follow_subscription
from penstock.domain.rules.invoices import Abilities, decide_invoice

MOST_REFUNDS = 50
"""Refunds that may be asked for one payment, refused ones included: its state must not grow."""
_PAID = (
    PaymentStatus.succeeded,
    PaymentStatus.partially_refunded,
    PaymentStatus.refunded,
    PaymentStatus.reversed,
)


def refunds_of(payment: Payment) -> Iterator[tuple[Operation, Terms]]:
    """The refunds that were asked for, oldest first, each with its terms."""
    for operation in payment.operations:
        if operation.kind is OperationKind.refund and operation.terms is not None:
            yield operation, operation.terms


def refundable(payment: Payment) -> Money | None:
    """How much may still be refunded; None if the money is not there."""
    sale = payment.transaction
    if not payment.paid or sale is None or payment.status not in _PAID:
        return None
    done = {one.id for one in payment.sent_back if one.status is PaymentStatus.refunded}
    held = sum(
        terms.amount.minor
        for operation, terms in refunds_of(payment)
        if operation.open and operation.reference not in done
    )
    back = payment.refunded.minor if payment.refunded else 0
    return Money(max(0, sale.amount.minor - back - held), sale.amount.currency)


def reserve_refund(
    before: Payment,
    name: str,
    terms: Terms,
    *,
    due_at: datetime,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment]:
    """
    Reserve a refund: from this commit on its amount counts against what is left.

    Args:
        name: its id is derived from it; one per request of a client.
        due_at: when the sweep sends its message, unless it was sent before.
    """
    operation = Operation(
        before.operation_id(OperationKind.refund, name),
        OperationKind.refund,
        due_at=due_at,
        terms=terms,
    )
    return change(before, before.with_operation(operation), now=now, new_id=new_id)


def refund_moved(
    before: Payment,
    operation: Operation,
    step: Transaction,
    can: Abilities,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment]:
    """
    Write a refund's answer down, its step as the gateway's notification tells it.

    It does not matter which of the two comes first: the step's id is the same, so the second is
    no news.

    Args:
        operation: settled or held, with the step's id as its reference.
    """
    sale = before.transaction
    if sale is None:
        raise ValueError("a refund of a payment without money")
    back = gone.steps(before.sent_back, Observation(sale, refunds=(step,)))
    after = replace(
        before.with_operation(operation),
        transactions=(sale, *back),
        status=gone.status(back, Observation(sale)),
        refunded=gone.gone(back, sale.amount),
    )
    facts = gone.news(before, after)
    decided: list[Fact] = []
    if before.operation(OperationKind.invoice) or before.invoice_withheld:
        # Only what an observation has begun: a charge of ours gets no invoice.
        after, decided = decide_invoice(after, now, can)
    after = follow_subscription(before, after, now, can)
    return change(before, after, [*facts, *decided], now=now, new_id=new_id)


def refund_failed(
    before: Payment,
    operation: Operation,
    because: str,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment]:
    """Write a definite refusal down and publish it: the amount is free again."""
    settled = operation.settle(OperationState.declined, reason=because)
    steps = tuple(
        replace(one, status=PaymentStatus.declined) if one.id == operation.reference else one
        for one in before.transactions
    )
    after = replace(before.with_operation(settled), transactions=steps)
    return change(before, after, [_fact(EventType.refund_failed, settled)], now=now, new_id=new_id)


def refund_parked(
    before: Payment,
    operation: Operation,
    because: str,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment]:
    """Leave a refund to people, and publish that once; its amount stays reserved."""
    lost = replace(operation.lose(now, because), due_at=None)
    news = operation.reason != because
    facts = [_fact(EventType.refund_parked, lost)] if news else []
    return change(before, before.with_operation(lost), facts, now=now, new_id=new_id)


def settle_refunds(payment: Payment) -> tuple[Payment, list[Fact]]:
    """
    Settle the refunds whose steps the gateway shows as done or as failed.

    A refund whose answer was lost has no reference yet: its step may name its operation. One that
    was done fails after all where the buyer's bank sends it back.
    """
    facts: list[Fact] = []
    for operation, _ in list(refunds_of(payment)):
        if operation.state is OperationState.declined:
            continue
        step = _step_of(payment, operation)
        if step is None:
            continue
        if step.status is PaymentStatus.refunded and operation.open:
            settled = operation.settle(OperationState.succeeded, reference=step.id)
            payment = payment.with_operation(settled)
        elif step.status is PaymentStatus.declined:
            because = "the gateway gave it up" if operation.open else "it was sent, and came back"
            failed = operation.settle(OperationState.declined, reference=step.id, reason=because)
            payment = payment.with_operation(failed)
            facts.append(_fact(EventType.refund_failed, failed))
    return payment, facts


def _step_of(payment: Payment, operation: Operation) -> Transaction | None:
    return next(
        (
            one
            for one in payment.sent_back
            if one.id == operation.reference or one.operation == operation.id
        ),
        None,
    )


def _fact(kind: EventType, operation: Operation) -> Fact:
    terms = operation.terms
    refund: dict[str, Any] = {"id": operation.id}
    if terms is not None:
        refund |= {"amount": amount(terms.amount)}
        refund |= {"reason": terms.reason} if terms.reason else {}
    return Fact(kind, {"refund": refund, "because": operation.reason})
