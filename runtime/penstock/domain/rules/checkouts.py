"""
A payment that its buyer approves: the commits of opening, approving, capturing and waiting.

    accepted ─ opened ─► approval_pending ─ approved ─► a capture is reserved ─► observe
                               │  ▲                          │
                 the time is up│  └── approved again ◄── declined
                               ▼                             │ the time is up
                            expired ◄────────────────────────┘
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from penstock.domain.approval import MOST_CAPTURES, RETURN_FOR, Approval
from penstock.domain.change import Change, Fact, change
from penstock.domain.events import EventType
from penstock.domain.observation import Observation
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Order, Payment, PaymentStatus
from penstock.domain.rules.invoices import Abilities
from penstock.domain.rules.observed import observe

GRACE = timedelta(minutes=5)
"""How long after a checkout's end it is read once more."""
CARRIED_AFTER = timedelta(seconds=60)
"""How long a reserved capture may be without its message before the sweep sends it."""
_PAYABLE = (PaymentStatus.approval_pending, PaymentStatus.declined)


def begin_checkout(
    payment_id: str,
    gateway: str,
    order: Order,
    approval: Approval,
    *,
    now: datetime,
    new_id: Callable[[], str],
    token: str | None = None,
) -> Change[Payment]:
    """Accept a payment whose buyer approves it, and reserve its checkout."""
    payment = Payment(
        id=payment_id,
        gateway=gateway,
        order=order,
        status=PaymentStatus.accepted,
        created_at=now,
        updated_at=now,
        payer=order.payer,
        token=token,
        approval=approval,
    )
    kind = OperationKind.checkout
    reserved = Operation(payment.operation_id(kind), kind, due_at=given_up_at(payment))
    return change(None, payment.with_operation(reserved), now=now, new_id=new_id)


def given_up_at(payment: Payment) -> datetime:
    """When a checkout without the gateway's answer is given up: no buyer can return any more."""
    return payment.created_at + RETURN_FOR


def opened(
    before: Payment,
    operation: Operation,
    checkout: str,
    url: str,
    expires_at: datetime,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment]:
    """The checkout is open; only the hash of the buyer's secret is kept."""
    approval = replace(
        _approval(before),
        return_secret=None,
        checkout=checkout,
        url=url,
        expires_at=expires_at,
    )
    held = operation.hold(expires_at + GRACE, reference=checkout, reason=None)
    after = replace(
        before.with_operation(held),
        status=PaymentStatus.approval_pending,
        reason=None,
        approval=approval,
    )
    return change(before, after, now=now, new_id=new_id)


def payable(payment: Payment, now: datetime) -> bool:
    """Whether the buyer may still approve it."""
    approval = payment.approval
    if approval is None or approval.expires_at is None or now >= approval.expires_at:
        return False
    waits = payment.status in _PAYABLE and not payment.transactions
    return waits and _captures(payment) < MOST_CAPTURES


def open_capture(payment: Payment) -> Operation | None:
    """The capture that is reserved or under way."""
    newest = payment.operation(OperationKind.capture)
    return newest if newest and newest.open else None


def may_capture(payment: Payment) -> bool:
    """Whether an approval may be captured: no capture is under way, no money was taken."""
    waits = payment.status in _PAYABLE and not payment.transactions
    return waits and open_capture(payment) is None and _captures(payment) < MOST_CAPTURES


def reserve_capture(
    before: Payment, *, now: datetime, new_id: Callable[[], str]
) -> Change[Payment] | None:
    """Reserve the capture of an approved checkout; None if it has one or must not have one."""
    if not may_capture(before):
        return None
    kind = OperationKind.capture
    reserved = Operation(
        before.operation_id(kind, _captures(before) + 1),
        kind,
        due_at=now + CARRIED_AFTER,
        reference=_approval(before).checkout,
    )
    return change(before, before.with_operation(reserved), now=now, new_id=new_id)


def captured(
    before: Payment,
    operation: Operation | None,
    seen: Observation,
    *,
    can: Abilities,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment]:
    """Apply a capture: its money as the gateway shows it; nothing is left to approve."""
    settled = _finished(before, OperationState.succeeded, None)
    if operation is not None:
        settled = settled.with_operation(operation.settle(OperationState.succeeded))
    return observe(settled, before.id, before.gateway, seen, can=can, now=now, new_id=new_id)


def declined(
    before: Payment,
    operation: Operation,
    because: str,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment]:
    """The buyer's means of payment was declined: publish that; the buyer may approve again."""
    settled = operation.settle(OperationState.declined, reason=because)
    after = replace(
        before.with_operation(settled),
        status=PaymentStatus.declined,
        reason=because,
        approval=replace(_approval(before), declined_at=now),
    )
    again = _approval(after).expires_at if payable(after, now) else None
    data = {"reason": because} | ({"retry_until": _stamp(again)} if again else {})
    return change(before, after, [Fact(EventType.payment_declined, data)], now=now, new_id=new_id)


def not_approved(
    before: Payment, operation: Operation, *, now: datetime, new_id: Callable[[], str]
) -> Change[Payment]:
    """The buyer has to approve first: the capture is given up, and nothing is published."""
    settled = operation.settle(OperationState.declined, reason="the buyer has not approved it")
    again = _approval(before).declined_at is not None
    status = PaymentStatus.declined if again else PaymentStatus.approval_pending
    after = replace(before.with_operation(settled), status=status)
    return change(before, after, now=now, new_id=new_id)


def expire(
    before: Payment, because: str, *, now: datetime, new_id: Callable[[], str]
) -> Change[Payment]:
    """The checkout is over, and no money moved; an approval that comes now has no effect."""
    after = _finished(before, OperationState.declined, because)
    if (capture := open_capture(after)) is not None:
        after = after.with_operation(capture.settle(OperationState.declined, reason=because))
    after = replace(after, status=PaymentStatus.expired, reason=because)
    fact = Fact(EventType.payment_expired, {"reason": because})
    return change(before, after, [fact], now=now, new_id=new_id)


def refuse_checkout(
    before: Payment,
    operation: Operation,
    field: str,
    because: str,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment]:
    """The gateway refuses a field's value: there is no checkout, and there will be none."""
    settled = operation.settle(OperationState.declined, reason=because)
    approval = replace(_approval(before), return_secret=None, refused=field, because=because)
    after = replace(
        before.with_operation(settled),
        status=PaymentStatus.declined,
        reason=because,
        approval=approval,
    )
    return change(before, after, now=now, new_id=new_id)


def _finished(payment: Payment, state: OperationState, reason: str | None) -> Payment:
    """The payment whose checkout is not waited for any more."""
    operation = payment.operation(OperationKind.checkout)
    if operation is None or not operation.open:
        return payment
    return payment.with_operation(operation.settle(state, reason=reason))


def _captures(payment: Payment) -> int:
    return sum(one.kind is OperationKind.capture for one in payment.operations)


def _approval(payment: Payment) -> Approval:
    if payment.approval is None:
        raise ValueError("the payment has no checkout")
    return payment.approval


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
