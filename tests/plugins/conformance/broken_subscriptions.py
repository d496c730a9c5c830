"""AcmePay broken in one thing of plans and of how subscriptions are shown."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from penstock.api import SubscriptionObservation, SubscriptionStatus
from penstock.testing.builders import PERSONAL
from penstock.testing.clock import NOON
from tests.plugins.conformance.acme import AcmePay
from tests.plugins.conformance.acme_subscriptions import CYCLES
from tests.plugins.conformance.breaking import answering, blind

_COUNT = itertools.count()
_ACTIVE = SubscriptionStatus.active


def showing(does: str, *, only: SubscriptionStatus | None = None, **wrong: Any) -> type:
    """AcmePay whose subscriptions, or those of one status, are shown with wrong values."""

    def shown(seen: SubscriptionObservation | None) -> SubscriptionObservation | None:
        return replace(seen, **wrong) if seen and only in (None, seen.status) else seen

    return answering(does, "read_subscription", shown)


class Loud(SubscriptionObservation):
    """Shows the buyer."""

    def __repr__(self) -> str:
        return f"{self.reference} of {PERSONAL[0]}"


class Restless(AcmePay):
    """Says that it is of another moment each time it is asked."""

    async def read_subscription(self, reference: str, now: datetime) -> Any:
        seen = await super().read_subscription(reference, now)
        return seen and replace(seen, as_of=NOON + timedelta(seconds=next(_COUNT)))


class Showing(AcmePay):
    """Shows the buyer of an active one."""

    async def read_subscription(self, reference: str, now: datetime) -> Any:
        seen = await super().read_subscription(reference, now)
        if seen is None or seen.status is not _ACTIVE:
            return seen
        return Loud(**{field.name: getattr(seen, field.name) for field in fields(seen)})


SUBSCRIPTIONS: Mapping[str, type] = {
    "test_all_plans_are_read": answering(
        "reads the first plan only", "plans", lambda plans: plans[:1]
    ),
    "test_every_active_plan_has_its_prices": answering(
        "reads no cycles of its plans",
        "plans",
        lambda plans: [replace(plan, cycles=()) for plan in plans],
    ),
    "test_without_an_answer_no_plans_are_known": blind(
        "takes an outage for an empty list", "plans", ()
    ),
    "test_a_subscription_is_read_with_its_cycles": showing(
        "shows the trial last", cycles=CYCLES[::-1]
    ),
    "test_asked_again_it_says_the_same": Restless,
    "test_a_payment_is_shown": showing("does not show what was paid", last_paid=None),
    "test_one_it_does_not_know_is_none": answering(
        "takes one that it does not know for an expired one",
        "read_subscription",
        lambda seen: seen or SubscriptionObservation("x", SubscriptionStatus.expired, NOON),
    ),
    "test_its_representation_shows_nobody": Showing,
    "test_without_an_answer_nothing_is_known_of_it": blind(
        'takes an outage for "unknown here"', "read_subscription", None
    ),
}
