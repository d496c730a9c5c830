"""The rules: what we know and what we learn in, what to commit out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import TypeGuard

from penstock.domain.change import Change, Fact, Seen, change
from penstock.domain.events import EventType
from penstock.domain.money import Money
from penstock.domain.observation import Contradicted, Observation
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import (
    UNSENT_GRACE,
    Order,
    Payer,
    Payment,
    PaymentStatus,
    Transaction,
)

_SAYS = {
    PaymentStatus.succeeded: EventType.payment_succeeded,
    PaymentStatus.declined: EventType.payment_declined,
    PaymentStatus.pending: EventType.payment_pending,
    PaymentStatus.refunded: EventType.payment_refunded,
    PaymentStatus.partially_refunded: EventType.payment_refunded,
    PaymentStatus.reversed: EventType.payment_reversed,
    PaymentStatus.parked: EventType.payment_parked,
    PaymentStatus.contradicted: EventType.payment_contradicted,
}
_MONEY_WENT_BACK = frozenset(
    {PaymentStatus.refunded, PaymentStatus.partially_refunded, PaymentStatus.reversed}
)
_NO_MONEY = _MONEY_WENT_BACK | {PaymentStatus.declined}
_GONE = PaymentStatus.refunded
_NUMBER = 25
NO_SUM = "the sale has no sum above zero"
WENT_BACK = "the money went back before the invoice was made"
NO_RECIPIENT = "the gateway knows no e-mail address of the payer"


def invoice_number(payment_id: str) -> str:
    """
    The invoice number a payment's invoice has, each time it is asked for.

    At most 25 characters, the length that PayPal's own number generator keeps to.
    """
    # Behind the gateway's name all of it counts: two of its ids may end alike.
    own = payment_id.partition("-")[2] or payment_id
    short = own if len(own) <= _NUMBER - 3 else sha256(own.encode()).hexdigest()[: _NUMBER - 3]
    return f"PS-{short}"


def accept(
    payment_id: str,
    gateway: str,
    order: Order,
    *,
    operation_id: str,
    now: datetime,
    new_id: Callable[[], str],
    due_at: datetime | None = None,
) -> Change:
    """Take a payment on, its charge reserved; `due_at` is set while no message carries it."""
    payment = Payment(
        id=payment_id,
        gateway=gateway,
        order=order,
        status=PaymentStatus.accepted,
        created_at=now,
        updated_at=now,
        payer=order.payer,
        operations=(Operation(operation_id, OperationKind.charge, due_at=due_at),),
    )
    return change(None, payment, now=now, new_id=new_id)


def observe(
    before: Payment | None,
    payment_id: str,
    gateway: str,
    seen_state: Observation,
    *,
    invoicing: bool,
    now: datetime,
    new_id: Callable[[], str],
    seen: Sequence[Seen] = (),
) -> Change:
    """
    Apply what the gateway's API says of a payment.

    The first time the money is there the invoice is reserved, or the reason there is none is
    written down; the same state seen again causes nothing.
    """
    known = before or _met(payment_id, gateway, seen_state, now)
    transaction = seen_state.transaction
    ours = known.operation(OperationKind.charge) is not None
    steps = (transaction, *seen_state.refunds)
    kept = tuple(t for t in known.transactions if t.id not in {step.id for step in steps})
    refunded = _refunded(known, seen_state, (*seen_state.refunds, *kept))
    after = replace(
        known,
        order=known.order if ours else replace(known.order, amount=transaction.amount),
        status=_status(known, seen_state, refunded),
        reason=None,
        transactions=(*steps, *kept),
        refunded=refunded,
        subscription=seen_state.subscription or known.subscription,
        plan=seen_state.plan or known.plan,
        payer=_payer(seen_state.payer, known.payer),
        links={**known.links, **seen_state.links},
    )
    facts: list[Fact] = []
    if before is None or before.status is not after.status:
        facts.append(Fact(_SAYS[after.status]))
    elif refunded is not None and refunded != before.refunded:
        # The second part of the money that went back is news as the first was.
        facts.append(Fact(EventType.payment_refunded))
    if invoicing:
        after, withheld = _invoice(after, now, new_id)
        facts += withheld
    return change(before, after, facts, now=now, new_id=new_id, seen=seen)


def contradict(
    before: Payment | None,
    payment_id: str,
    gateway: str,
    contradiction: Contradicted,
    *,
    now: datetime,
    new_id: Callable[[], str],
    seen: Sequence[Seen] = (),
) -> Change:
    """Say that a notification and the gateway's API disagree; no money state moves on it."""
    known = before or replace(
        _met(payment_id, gateway, contradiction.observation, now),
        status=PaymentStatus.contradicted,
        reason=f"differs from the gateway's API in: {', '.join(contradiction.fields)}",
    )
    fact = Fact(EventType.payment_contradicted, {"differs": list(contradiction.fields)})
    return change(before, known, [fact], now=now, new_id=new_id, seen=seen)


def settle(
    before: Payment,
    operation: Operation,
    status: PaymentStatus,
    *,
    now: datetime,
    new_id: Callable[[], str],
    reason: str | None = None,
    facts: Sequence[Fact] | None = None,
) -> Change:
    """Write down where an operation stands and, when that is news, say what became of it."""
    after = replace(before.with_operation(operation), status=status, reason=reason)
    if facts is None:
        news = status is not before.status and status in _SAYS
        facts = [Fact(_SAYS[status])] if news else []
    return change(before, after, facts, now=now, new_id=new_id)


def defer(before: Payment, until: datetime, *, now: datetime, new_id: Callable[[], str]) -> Change:
    """Have the sweep leave a payment alone until then; what it could not do is still to do."""
    operations = tuple(
        replace(op, due_at=until) if op.due_at is not None and op.due_at < until else op
        for op in before.operations
    )
    # Unsent events are due some time after the last change, and this is one.
    return change(before, replace(before, operations=operations), now=now, new_id=new_id)


def _met(payment_id: str, gateway: str, seen_state: Observation, now: datetime) -> Payment:
    """A payment the gateway began (a subscription's), as we first hear of it."""
    return Payment(
        id=payment_id,
        gateway=gateway,
        order=Order(seen_state.transaction.amount, reference=seen_state.reference),
        status=PaymentStatus.accepted,
        created_at=now,
        updated_at=now,
    )


def _refunded(
    known: Payment, seen_state: Observation, others: Sequence[Transaction]
) -> Money | None:
    """
    How much went back in all: the most that anything tells, and never less than was known.

    Refunds count by their ids, each once; a state that says "all of it" is worth the whole.
    """
    paid = seen_state.transaction.amount
    sums = [one.amount.minor for one in others if _went_back(one, paid.currency)]
    told = [one.minor for one in (known.refunded, seen_state.refunded) if _same(one, paid)]
    if seen_state.status is PaymentStatus.refunded:
        told.append(paid.minor)
    most = max([sum(sums), *told])
    return Money(min(most, paid.minor), paid.currency) if most > 0 else known.refunded


def _went_back(step: Transaction, currency: str) -> bool:
    back = step.kind == "refund" and step.status is _GONE
    return back and step.amount.currency == currency


def _same(one: Money | None, paid: Money) -> TypeGuard[Money]:
    return one is not None and one.currency == paid.currency


def _status(known: Payment, seen_state: Observation, refunded: Money | None) -> PaymentStatus:
    """As fetched; where a refund or reversal does not show on the sale, as that says."""
    if seen_state.status not in (PaymentStatus.succeeded, PaymentStatus.partially_refunded):
        return seen_state.status
    taken = any(t.kind == "reversal" and t.status is _GONE for t in known.transactions)
    if taken and known.status is PaymentStatus.reversed:
        # A gateway may have no state for it: the sale read again is no news of the money.
        return PaymentStatus.reversed
    if refunded is None or refunded.currency != seen_state.transaction.amount.currency:
        return seen_state.status
    whole = refunded.minor >= seen_state.transaction.amount.minor
    return PaymentStatus.refunded if whole else PaymentStatus.partially_refunded


def _payer(seen: Payer | None, known: Payer | None) -> Payer | None:
    """What is shown now, and what was known where nothing is shown: an invoice may need it."""
    if seen is None or known is None:
        return seen or known
    return Payer(
        seen.reference or known.reference, seen.name or known.name, seen.email or known.email
    )


def _invoice(
    payment: Payment, now: datetime, new_id: Callable[[], str]
) -> tuple[Payment, list[Fact]]:
    operation = payment.operation(OperationKind.invoice)
    gone = payment.status in _MONEY_WENT_BACK
    if operation is None and payment.invoice_withheld is None:
        if gone:
            return withhold(payment, WENT_BACK)
        if payment.status is PaymentStatus.succeeded:
            if payment.transaction is None or payment.transaction.amount.minor <= 0:
                return withhold(payment, NO_SUM)
            if payment.payer is None or not payment.payer.email:
                return withhold(payment, NO_RECIPIENT)
            reserved = Operation(new_id(), OperationKind.invoice, due_at=now + UNSENT_GRACE)
            number = invoice_number(payment.id)
            return replace(payment.with_operation(reserved), invoice_number=number), []
    begun = operation is None or operation.state is not OperationState.reserved
    if operation is not None and not begun and money_is_gone(payment):
        settled = operation.settle(OperationState.declined, reason="the money went back")
        return withhold(payment.with_operation(settled), WENT_BACK)
    return payment, []


def money_is_gone(payment: Payment) -> bool:
    """Whether the money that an invoice would document is not there, or not all of it."""
    return payment.status in _NO_MONEY


def withhold(
    payment: Payment, because: str, payable: str | None = None
) -> tuple[Payment, list[Fact]]:
    """
    Write down why there is no invoice, and say so.

    Args:
        payable: why one that the buyer has could not be cancelled, if so: he may pay it.
    """
    data = {"because": because} | ({"payable": payable} if payable else {})
    return replace(payment, invoice_withheld=because), [Fact(EventType.invoice_withheld, data)]
