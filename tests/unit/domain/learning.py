"""What the rules learn of a subscription, in short."""

from __future__ import annotations

from datetime import datetime, timedelta

from penstock.domain.change import Change
from penstock.domain.rules import AccessPolicy, Learned, observe_subscription
from penstock.domain.subscription import Subscription, SubscriptionObservation
from tests.unit.domain.story import START

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def learn(
    before: Subscription | None,
    seen: SubscriptionObservation,
    learned: Learned | None = None,
    now: datetime = START,
) -> Change[Subscription] | None:
    return observe_subscription(
        *(before, "acme-I-1", "acme", seen, learned or Learned()),
        policy=AccessPolicy(),
        now=now,
        new_id=lambda: "event",
    )


def met(seen: SubscriptionObservation, learned: Learned | None = None) -> Change[Subscription]:
    change = learn(None, seen, learned)
    assert change is not None
    return change


def facts(change: Change[Subscription]) -> list[str]:
    return [str(event.type) for event in change.events]
