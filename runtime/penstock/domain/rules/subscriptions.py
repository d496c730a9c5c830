"""
Applies what is learned of a subscription: its state, its access and its events.

    the gateway's API ──► the state; a copy older than the known one changes nothing
    a notification ─────► its own lifecycle fact, published once
    a payment ──────────► what it paid for; `subscription.renewed`, once a payment
    time ───────────────► access; `subscription.access_ended`, by the sweep
    money back again ───► access; `subscription.access_restored`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from penstock.domain.change import Change, Fact, change
from penstock.domain.events import EventType
from penstock.domain.lifecycle import Lifecycle, Said, moment, said, told_at
from penstock.domain.payment import Payment, PaymentStatus, nameless
from penstock.domain.plan import BillingCycle
from penstock.domain.rules.access import AccessPolicy, reckoned
from penstock.domain.rules.invoices import money_is_gone
from penstock.domain.rules.looking import with_next_look
from penstock.domain.rules.schedule import period_of, span_at
from penstock.domain.subscription import (
    Access,
    PaidCycle,
    PlanChange,
    Span,
    Standing,
    Subscription,
    SubscriptionObservation,
    SubscriptionStatus,
)

MOST_PAYMENTS = 24
_MOST_TOLD = 32
_MOST_SPANS = 8
_A_DAY = timedelta(days=1)
_PAID_UP = (Access.trial, Access.active, Access.grace)
_UNPAID = (PaymentStatus.pending, PaymentStatus.declined, PaymentStatus.contradicted)
_EVENTS: Mapping[Lifecycle, EventType] = {
    Lifecycle.created: EventType.subscription_created,
    Lifecycle.activated: EventType.subscription_activated,
    Lifecycle.resumed: EventType.subscription_resumed,
    Lifecycle.suspended: EventType.subscription_suspended,
    Lifecycle.cancelled: EventType.subscription_cancelled,
    Lifecycle.expired: EventType.subscription_expired,
    Lifecycle.revised: EventType.subscription_revised,
    Lifecycle.payment_failed: EventType.subscription_payment_failed,
}
_BEGAN: Mapping[SubscriptionStatus, Lifecycle] = {
    SubscriptionStatus.active: Lifecycle.activated,
    SubscriptionStatus.suspended: Lifecycle.suspended,
    SubscriptionStatus.cancelled: Lifecycle.cancelled,
    SubscriptionStatus.expired: Lifecycle.expired,
}


@dataclass(frozen=True, slots=True)
class Learned:
    """
    News of a subscription, in addition to what the gateway shows of it.

    Attributes:
        says: the fact that a notification reports.
        payment: a payment of it, whose money moved.
        unreported: also publish the status if no notification did: its webhook may be lost.
        asked: a change of plan that we asked for.
        followed: an open `follow` operation of another entity has it read, and publishes.
        imported: whether it began before Penstock: then an access that has ended is no news.
    """

    says: Said | None = None
    payment: Payment | None = None
    unreported: bool = False
    asked: PlanChange | None = None
    followed: bool = False
    imported: bool = False


def observe_subscription(
    before: Subscription | None,
    identity: str,
    gateway: str,
    seen: SubscriptionObservation,
    learned: Learned,
    *,
    policy: AccessPolicy,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Subscription] | None:
    """Apply what the gateway's API shows, and news of it; None if nothing changes."""
    known = before or _met(identity, gateway, seen, now)
    after = _seen(replace(known, asked=learned.asked or known.asked), seen)
    after, paid = _with_payment(after, learned.payment)
    after, told = _telling(after, _facts(before, after, learned))
    after = with_next_look(reckoned(after, now, policy), now, policy)
    met = Access.ended if learned.imported else Access.none
    was = before.access if before else met
    facts = [*told, *paid]
    return _changed(before, after, was, facts, now, new_id, followed=learned.followed)


def look_at_access(
    before: Subscription, *, policy: AccessPolicy, now: datetime, new_id: Callable[[], str]
) -> Change[Subscription] | None:
    """Apply the passing of time, without asking the gateway; None if nothing changes."""
    after = with_next_look(reckoned(before, now, policy), now, policy)
    return _changed(before, after, before.access, [], now, new_id)


def standing(payment: Payment) -> Standing | None:
    """What became of a payment's money; None while it is not there."""
    if not payment.paid or payment.status in _UNPAID:
        return None
    if payment.status is PaymentStatus.reversed:
        return Standing.charged_back
    if money_is_gone(payment):
        return Standing.refunded
    return Standing.disputed if payment.disputed else Standing.paid


def _met(
    identity: str, gateway: str, seen: SubscriptionObservation, now: datetime
) -> Subscription:
    subscription = Subscription(
        id=identity,
        gateway=gateway,
        seen=seen,
        spans=(Span(seen.started_at, seen.cycles, _plan(seen)),) if seen.cycles else (),
        created_at=now,
        updated_at=now,
    )
    began = _status_fact(subscription)
    # Of one that is older than our knowledge of it the last payment counts; a new one's payment
    # has a notification of its own.
    old = seen.last_paid_at is not None and seen.started_at < now - _A_DAY
    earlier = (PaidCycle("", seen.last_paid_at),) if old and seen.last_paid_at else ()
    return replace(subscription, met_as=began.key if began else None, payments=earlier)


def _seen(known: Subscription, seen: SubscriptionObservation) -> Subscription:
    if seen.as_of and known.seen.as_of and seen.as_of < known.seen.as_of:
        return known
    # What a copy leaves out is no news. The cycles are kept in the spans only: a state of more
    # than 1 KB costs twice as much to write.
    subscriber = seen.subscriber or known.seen.subscriber
    shown = replace(
        seen,
        cycles=(),
        merchant_reference=seen.merchant_reference or known.seen.merchant_reference,
        subscriber=nameless(subscriber) if known.forgotten_at else subscriber,
    )
    return replace(known, seen=shown, spans=_spans(known, seen))


def _spans(known: Subscription, seen: SubscriptionObservation) -> tuple[Span, ...]:
    plan = _plan(seen)
    if not seen.cycles:
        return known.spans
    if not known.spans:
        return (Span(seen.started_at, seen.cycles, plan),)
    if known.spans[-1].plan == plan:
        # Its first cycle may begin later than was shown before the buyer approved.
        first = replace(known.spans[0], since=seen.started_at)
        return (first, *known.spans[1:])
    # The new plan's trials are not for somebody who pays already.
    regular = tuple(cycle for cycle in seen.cycles if not cycle.trial)
    since = _billed_since(known.spans, seen, regular)
    spans = (*known.spans, Span(since, regular, plan)) if since else known.spans
    # The first one holds the beginning, and with it the free trial.
    return (spans[0], *spans[1:][-(_MOST_SPANS - 1) :])


def _plan(seen: SubscriptionObservation) -> str | None:
    return seen.plan.id if seen.plan else None


def _billed_since(
    before: Sequence[Span], seen: SubscriptionObservation, regular: Sequence[BillingCycle]
) -> datetime | None:
    """
    From when the new plan is billed: from the next payment on, or from the last one, if that
    has the new plan's price, and neither the plan before nor the one it fell into has it.
    """
    paid, at = seen.last_paid, seen.last_paid_at
    fell_into = span_at(before, at) if at else None
    earlier = {cycle.price for span in (before[-1], fell_into) if span for cycle in span.cycles}
    if paid and paid not in earlier and any(paid == cycle.price for cycle in regular):
        return at
    return seen.next_billing_at or seen.as_of


def _with_payment(known: Subscription, payment: Payment | None) -> tuple[Subscription, list[Fact]]:
    """The subscription with what a payment paid for, and the fact that it did, once."""
    stands = standing(payment) if payment else None
    if payment is None or payment.transaction is None:
        return known, []
    at = payment.transaction.at
    others = tuple(one for one in known.payments if not _is(one, payment.id, at))
    if stands is None:
        return replace(known, payments=others), []
    told = next((one for one in known.payments if one.payment == payment.id), None)
    if told is None and len(others) == MOST_PAYMENTS and at < others[-1].at:
        return known, []
    newest = sorted((*others, PaidCycle(payment.id, at, stands)), key=_newest)
    after = replace(known, payments=tuple(newest[:MOST_PAYMENTS]))
    period = period_of(after.spans, at)
    data = {"payment_id": payment.id, "first": bool(period and period.first)}
    return after, [] if told else [Fact(EventType.subscription_renewed, data)]


def _is(kept: PaidCycle, payment: str, at: datetime) -> bool:
    """Whether it is that payment: by its id, or by its day for one from before Penstock."""
    return kept.payment == payment or (not kept.payment and abs(kept.at - at) < _A_DAY)


def _newest(one: PaidCycle) -> tuple[float, str]:
    return -one.at.timestamp(), one.payment


def _facts(before: Subscription | None, after: Subscription, learned: Learned) -> list[Said]:
    facts = [_exact(learned.says, after)] if learned.says else []
    if learned.unreported and (began := _status_fact(after)) and began.key != after.met_as:
        facts.append(began)
    return facts


def _status_fact(subscription: Subscription) -> Said | None:
    """The fact by which the subscription got its status."""
    seen = subscription.seen
    fact = _BEGAN.get(seen.status)
    if fact is None:
        return Said(Lifecycle.created, Lifecycle.created.value)
    if seen.status_at is None:
        return None
    return _exact(said(fact, "", seen.status_at), subscription)


def _exact(says: Said, subscription: Subscription) -> Said:
    """
    The fact, with a subscription that is active again told from one that begins.

    PayPal reports both as ACTIVATED. One that begins does so near its first cycle, and before
    any other status that was published.
    """
    if says.fact is not Lifecycle.activated or says.at is None:
        return says
    begun = moment(says.at)
    earlier = (told_at(key) for key in (*subscription.told, subscription.met_as or ""))
    again = says.at - subscription.seen.started_at > _A_DAY or any(
        one and one < begun for one in earlier
    )
    return replace(says, fact=Lifecycle.resumed) if again else says


def _telling(known: Subscription, facts: list[Said]) -> tuple[Subscription, list[Fact]]:
    new = [one for one in {one.key: one for one in facts}.values() if one.key not in known.told]
    told = (*known.told, *(one.key for one in new))[-_MOST_TOLD:]
    asked, published = known.asked, list[Fact]()
    for one in new:
        data = dict[str, Any]()
        if one.fact is Lifecycle.revised and asked and asked.plan == _plan(known.seen):
            data, asked = {"reason": asked.reason}, None
        published.append(Fact(_EVENTS[one.fact], data))
    return replace(known, told=told, asked=asked), published


def _changed(
    before: Subscription | None,
    after: Subscription,
    was: Access,
    facts: list[Fact],
    now: datetime,
    new_id: Callable[[], str],
    *,
    followed: bool = False,
) -> Change[Subscription] | None:
    if after.access is Access.ended and was is not Access.ended:
        facts = [*facts, Fact(EventType.subscription_access_ended)]
    elif before and was is Access.ended and after.access in _PAID_UP and not facts:
        # Any other fact would show that access is back: a renewal does.
        facts = [Fact(EventType.subscription_access_restored)]
    if before == after and not facts:
        return None
    return change(before, after, facts, now=now, new_id=new_id, followed=followed)
