"""When the sweep reads a subscription again without a notification."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from penstock.domain.lifecycle import moment, told_at
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.rules.access import AccessPolicy, covered_until, next_change
from penstock.domain.rules.rereading import GIVE_UP_STALE, SOONEST, next_ask
from penstock.domain.subscription import Access, Subscription, SubscriptionStatus

_AN_HOUR = timedelta(hours=1)
_OVERDUE_FOR = timedelta(days=14)
"""How long a payment that is due is asked about; PayPal tries a failed one for ten days."""
_UNPAID_FOR = timedelta(days=3)
"""How long a sign-up is asked about; PayPal does not report that a buyer gave up."""
_WAITED_FOR = (
    SubscriptionStatus.approval_pending,
    SubscriptionStatus.approved,
    SubscriptionStatus.active,
)


def with_next_look(after: Subscription, now: datetime, policy: AccessPolicy) -> Subscription:
    """The subscription with the moment at which the sweep has to look at it again."""
    known = after.operation(OperationKind.access)
    due = next_change(after, now, policy) or _unpaid(after, known, now)
    sooner = (due, _behind(after, now), _overdue(after, known, now))
    due = min((at for at in sooner if at is not None), default=None)
    if due is None:
        if known is None or not known.open:
            return after
        return replace(after, operations=after.replacing(known.settle(OperationState.succeeded)))
    if known and known.open and known.due_at == due:
        return after
    look = Operation(
        after.operation_id(OperationKind.access),
        OperationKind.access,
        attempts=known.attempts + 1 if known else 1,
        due_at=due,
    )
    return replace(after, operations=after.replacing(look))


def _behind(after: Subscription, now: datetime) -> datetime | None:
    """
    When to ask again, because the gateway shows an older status than a notification reported.

    A minute later, then after as long as it has lasted already, for a day.
    """
    told, shown = max(map(told_at, after.told), default=""), after.seen.status_at
    if not told or shown is None or told <= moment(shown):
        return None
    since = datetime.fromisoformat(told).replace(tzinfo=shown.tzinfo)
    return now + max(SOONEST, now - since) if now - since < GIVE_UP_STALE else None


def _overdue(after: Subscription, known: Operation | None, now: datetime) -> datetime | None:
    """
    When to ask again about a payment that is due and has not come: its webhook may be lost.

    An hour later, then after as long as it has been due already, for two weeks.
    """
    covered = covered_until(after)
    if covered is None or after.status is not SubscriptionStatus.active:
        return None
    late = now - covered
    if not timedelta() <= late < _OVERDUE_FOR:
        return None
    again = now + max(_AN_HOUR, late)
    planned = known.due_at if known and known.open else None
    return min(planned, again) if planned and planned > now else again


def _unpaid(after: Subscription, known: Operation | None, now: datetime) -> datetime | None:
    """When to ask about an unpaid subscription: its notification may have been lost."""
    if after.access is Access.ended or after.status not in _WAITED_FOR:
        return None
    if known and known.open and known.due_at and now < known.due_at:
        return known.due_at
    waits = known.attempts if known else 0
    return now + 10 * next_ask(waits) if now - after.created_at < _UNPAID_FOR else None
