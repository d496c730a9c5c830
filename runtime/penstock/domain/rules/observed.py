"""Applies what the gateway's API says of a payment: state, events, and questions to ask again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from penstock.domain.change import Change, Fact, change
from penstock.domain.events import EventType
from penstock.domain.observation import Contradicted, Observation
from penstock.domain.operation import OperationKind
from penstock.domain.payment import (
    Implied,
    Order,
    Payer,
    Payment,
    PaymentStatus,
    Transaction,
    nameless,
)
from penstock.domain.rules import gone
from penstock.domain.rules.following import follow_subscription
from penstock.domain.rules.invoices import Abilities, decide_invoice
from penstock.domain.rules.refunds import settle_refunds
from penstock.domain.rules.rereading import ask_again, asked, stale

_REMEMBERED = 32
_UNPAID = (PaymentStatus.pending, PaymentStatus.declined)
_PENDING_STEP = "a refund is pending"
_NO_STEP = "the gateway names no refund yet"
_NO_REASON = "the gateway gives no reason"


def observe(
    before: Payment | None,
    payment_id: str,
    gateway: str,
    seen: Observation,
    *,
    can: Abilities,
    now: datetime,
    new_id: Callable[[], str],
    implies: Sequence[Implied] = (),
) -> Change[Payment]:
    """
    Apply what the gateway's API says of a payment; the same state seen again causes nothing.

    A stale copy (older than what is known, or behind what a notification said) leaves the sale
    as it is and is asked for again; after a day it is applied, and asked for further.

    Args:
        can: the gateway's capabilities, so that no operation is reserved in vain.
        implies: what the notification says of the money.
    """
    known = before or _met(payment_id, gateway, seen, now)
    known = replace(known, implied=tuple(dict.fromkeys((*known.implied, *implies))))
    because = _stale(known, seen)
    if because is None:
        known = replace(known, implied=(), stale_since=None)
    else:
        ignored = stale(known, now)
        known = replace(known, stale_since=known.stale_since or now)
        if ignored and known.transaction is None:
            return change(before, _later(known, now, because, can), now=now, new_id=new_id)
        if ignored:
            seen = _as_known(known, known.transaction or seen.transaction, seen)
    if not _has_come(known, seen):
        # Money goes back after it came: what shows a refund and no payment is an old copy.
        seen = replace(seen, refunds=())
    after = _applied(known, seen)
    facts = _facts(before, known, after, seen)
    after, refunds = settle_refunds(after)
    after = _later(after, now, because or _open_question(after, seen), can)
    after, decided = decide_invoice(after, now, can)
    after = follow_subscription(before, after, now, can)
    return change(before, after, [*facts, *refunds, *decided], now=now, new_id=new_id)


def contradict(
    before: Payment | None,
    payment_id: str,
    gateway: str,
    contradiction: Contradicted,
    notification: str,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Payment] | None:
    """
    Publish once that a notification and the gateway's API disagree; nothing else changes.

    Args:
        notification: its id. Returns None if its contradiction was published before.
    """
    if before and notification in before.remembered:
        return None
    known = before or replace(
        _met(payment_id, gateway, contradiction.observation, now),
        status=PaymentStatus.contradicted,
        reason=f"differs from the gateway's API in: {', '.join(contradiction.fields)}",
    )
    remembered = (*known.remembered, notification)[-_REMEMBERED:]
    fact = Fact(EventType.payment_contradicted, {"differs": list(contradiction.fields)})
    after = replace(known, remembered=remembered)
    return change(before, after, [fact], now=now, new_id=new_id)


def _met(payment_id: str, gateway: str, seen: Observation, now: datetime) -> Payment:
    """A payment that the gateway began (a subscription's), when it is first observed."""
    return Payment(
        id=payment_id,
        gateway=gateway,
        order=Order(seen.transaction.amount, reference=seen.reference),
        status=PaymentStatus.accepted,
        created_at=now,
        updated_at=now,
    )


def _stale(known: Payment, seen: Observation) -> str | None:
    """Why a copy is older than what we know; unreadable times order nothing."""
    if known.as_of and seen.as_of and seen.as_of < known.as_of:
        return "the copy is older than the one before"
    if Implied.decided in known.implied and seen.status is PaymentStatus.pending:
        return "the copy is pending, and a notification says it is decided"
    if Implied.released in known.implied and seen.hold:
        return "the copy is on hold, and a notification says it is released"
    return None


def _as_known(known: Payment, sale: Transaction, seen: Observation) -> Observation:
    """The sale as it was; what was asked of its refunds is no part of the stale copy."""
    return replace(
        seen,
        transaction=sale,
        reason=known.reason,
        hold=known.hold,
        fee=known.fee,
        net=known.net,
        as_of=known.as_of,
    )


def _has_come(known: Payment, seen: Observation) -> bool:
    return known.paid or seen.status not in _UNPAID


def _applied(known: Payment, seen: Observation) -> Payment:
    sale = seen.transaction
    back = gone.steps([t for t in known.sent_back if t.id != sale.id], seen)
    # The order of a payment that we were asked for stays as it was asked for.
    ours = known.operation(OperationKind.charge) is not None or known.approval is not None
    order = replace(
        known.order,
        amount=known.order.amount if ours else sale.amount,
        reference=known.order.reference or seen.reference,
    )
    return replace(
        known,
        order=order,
        status=gone.status(back, seen),
        reason=seen.reason,
        transactions=(sale, *back),
        paid=_has_come(known, seen),
        refunded=gone.gone(back, sale.amount),
        hold=seen.hold,
        fee=seen.fee or known.fee,
        net=seen.net or known.net,
        as_of=seen.as_of or known.as_of,
        subscription=seen.subscription or known.subscription,
        plan=seen.plan or known.plan,
        payer=_payer(seen.payer, known),
        links={**known.links, **seen.links},
    )


def _facts(
    before: Payment | None, known: Payment, after: Payment, seen: Observation
) -> list[Fact]:
    facts: list[Fact] = []
    was = before.status if before else None
    if after.paid and not known.paid:
        # Also where part of it went back before we first looked: the money was there.
        data = {"status": PaymentStatus.succeeded.value, "refunded": None}
        facts.append(Fact(EventType.payment_succeeded, data))
    if after.status is PaymentStatus.pending and (
        was is not PaymentStatus.pending or after.reason != known.reason
    ):
        facts.append(Fact(EventType.payment_pending))
    if after.status is PaymentStatus.declined and was is not PaymentStatus.declined:
        facts.append(Fact(EventType.payment_declined, {"reason": after.reason or _NO_REASON}))
    if after.hold and not known.hold:
        facts.append(Fact(EventType.payment_on_hold))
    if known.hold and not after.hold:
        facts.append(Fact(EventType.payment_released))
    return facts + gone.news(known, after)


def _open_question(after: Payment, seen: Observation) -> str | None:
    """Why the gateway must be asked again; None if it need not be."""
    if after.status is PaymentStatus.pending:
        return "it is pending"
    if any(one.status is PaymentStatus.pending for one in after.sent_back):
        return _PENDING_STEP
    if seen.status is PaymentStatus.partially_refunded and after.refunded is None:
        return _NO_STEP
    return None


def _later(payment: Payment, now: datetime, because: str | None, can: Abilities) -> Payment:
    if because is None or not can.reread:
        return asked(payment)
    return ask_again(payment, now, because)


def _payer(seen: Payer | None, payment: Payment) -> Payer | None:
    """The payer as shown now, with known values where none is shown: an invoice may need them."""
    known = payment.payer
    if seen and known:
        seen = Payer(
            seen.reference or known.reference, seen.name or known.name, seen.email or known.email
        )
    payer = seen or known
    return nameless(payer) if payment.forgotten_at else payer
