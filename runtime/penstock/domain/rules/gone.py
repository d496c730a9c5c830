"""
How much of a payment went back, and which part of that is news.

    gone   = the completed refunds and reversals, each by its id, at most what was paid
    + rest = one step, `unattributed`, if the gateway says "all of it" and names less
    news   = gone now - gone before:  above zero one event for each new step, as far as it counts
                                      below zero one `payment.restored`
                                      zero       nothing: a step that names what was unattributed
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from penstock.domain.change import Fact
from penstock.domain.describe import amount
from penstock.domain.events import EventType
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.payment import Payment, PaymentStatus, Transaction

UNATTRIBUTED = "unattributed"
EARLIER = "earlier"
MOST_STEPS = 50
_WHOLE = {PaymentStatus.refunded: "refund", PaymentStatus.reversed: "reversal"}


def steps(known: Sequence[Transaction], seen: Observation) -> tuple[Transaction, ...]:
    """What went back of the sale as it is known now, oldest first, bounded."""
    paid = seen.transaction.amount
    named = {one.id: one for one in known if one.id != UNATTRIBUTED}
    earlier = named.get(EARLIER)
    for one in seen.refunds:
        # What was added up already must not count again under its own id.
        if earlier is None or one.id in named or one.at > earlier.at:
            named[one.id] = _kept(one, named.get(one.id))
    listed = _bounded(sorted(named.values(), key=lambda one: (one.at, one.id)), paid)
    rest = paid.minor - _sum(listed, paid)
    if seen.status in _WHOLE and rest > 0:
        when = _first_seen(known) or seen.as_of or seen.transaction.at
        listed.append(
            Transaction(
                UNATTRIBUTED,
                _WHOLE[seen.status],
                PaymentStatus.refunded,
                Money(rest, paid.currency),
                when,
            )
        )
    return tuple(listed)


def gone(listed: Sequence[Transaction], paid: Money) -> Money | None:
    """How much went back in all; None for nothing."""
    total = min(_sum(listed, paid), paid.minor)
    return Money(total, paid.currency) if total > 0 else None


def status(listed: Sequence[Transaction], seen: Observation) -> PaymentStatus:
    """The payment's status: the sale's, and once it was paid what is left of the money."""
    if seen.status in (PaymentStatus.pending, PaymentStatus.declined):
        return seen.status
    paid = seen.transaction.amount
    back = gone(listed, paid)
    if back is None:
        return PaymentStatus.succeeded
    if back.minor < paid.minor:
        return PaymentStatus.partially_refunded
    reversals = any(one.kind == "reversal" and _counts(one, paid) for one in listed)
    return PaymentStatus.reversed if reversals else PaymentStatus.refunded


def news(before: Payment, after: Payment) -> list[Fact]:
    """The events of what moved between two states, each with its amount and the new total."""
    paid = after.transactions[0].amount
    was = before.refunded.minor if before.refunded else 0
    now = after.refunded.minor if after.refunded else 0
    if now < was:
        moved = Money(was - now, paid.currency)
        return [Fact(EventType.payment_restored, {"moved": amount(moved)})]
    return list(_grown(before, after, was, now - was, paid))


def _grown(before: Payment, after: Payment, was: int, left: int, paid: Money) -> Iterator[Fact]:
    counted = {one.id: one.amount.minor for one in before.sent_back if _counts(one, paid)}
    total = was
    for one in after.sent_back:
        if left <= 0:
            return
        new = one.amount.minor - counted.get(one.id, 0) if _counts(one, paid) else 0
        if new <= 0:
            continue
        part = min(new, left)
        left, total = left - part, total + part
        yield _moved(one, part, total, paid.currency)


def _moved(step: Transaction, part: int, total: int, currency: str) -> Fact:
    kind = EventType.payment_reversed if step.kind == "reversal" else EventType.payment_refunded
    return Fact(
        kind,
        {
            "moved": amount(Money(part, currency)),
            "refunded": amount(Money(total, currency)),
            "step_id": None if step.id in (UNATTRIBUTED, EARLIER) else step.id,
        },
    )


def _kept(seen: Transaction, known: Transaction | None) -> Transaction:
    """A reversal stays one: later events of its refund do not say which kind it is."""
    if known is not None and known.kind == "reversal":
        return replace(seen, kind=known.kind)
    return seen


def _bounded(listed: list[Transaction], paid: Money) -> list[Transaction]:
    """A bounded number of steps: the oldest are added up, so that the state does not grow."""
    most = MOST_STEPS - 2  # the sale, and what may be unattributed
    if len(listed) <= most:
        return listed
    old, kept = listed[: len(listed) - most + 1], listed[len(listed) - most + 1 :]
    total = Money(_sum(old, paid), paid.currency)
    first = Transaction(EARLIER, "refund", PaymentStatus.refunded, total, old[-1].at)
    return [first, *kept]


def _sum(listed: Sequence[Transaction], paid: Money) -> int:
    return sum(one.amount.minor for one in listed if _counts(one, paid))


def _counts(step: Transaction, paid: Money) -> bool:
    return step.status is PaymentStatus.refunded and step.amount.currency == paid.currency


def _first_seen(known: Sequence[Transaction]) -> datetime | None:
    return next((one.at for one in known if one.id == UNATTRIBUTED), None)
