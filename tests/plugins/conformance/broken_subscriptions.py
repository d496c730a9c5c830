"""AcmePay broken in one thing of plans and subscriptions, for each check the one it is for."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from penstock.api import (
    Done,
    Invalid,
    NotSent,
    Refused,
    Subscribed,
    SubscriptionObservation,
    SubscriptionStatus,
    Unanswered,
)
from penstock.testing.builders import PERSONAL
from penstock.testing.clock import NOON
from tests.plugins.conformance.acme import AcmePay

_COUNT = itertools.count()


def of(method: str, body: Callable[..., Any]) -> type:
    """AcmePay with one method whose answer is what `body` makes of the good one."""

    async def changed(self: Any, *arguments: Any) -> Any:
        made = body(await getattr(AcmePay, method)(self, *arguments))
        return await made if inspect.isawaitable(made) else made

    return type("Broken", (AcmePay,), {method: changed})


def instead(method: str, right: type, wrong: Any) -> type:
    """AcmePay that answers `wrong` where it should answer with a `right`."""
    return of(method, lambda answer: wrong if isinstance(answer, right) else answer)


def shown(method: str = "read_subscription", **wrong: Any) -> type:
    """AcmePay whose subscriptions have wrong values."""
    return of(method, lambda seen: replace(seen, **wrong) if seen else None)


def _moving(seen: SubscriptionObservation) -> SubscriptionObservation:
    return replace(seen, as_of=NOON + timedelta(seconds=next(_COUNT)))


class Loud(Subscribed):
    """Shows the approval address."""

    def __repr__(self) -> str:
        return self.approval_url


class NoPlans(AcmePay):
    """Takes an outage for an empty list."""

    async def plans(self) -> Any:
        return ()


class NoSubscriptions(AcmePay):
    """Takes an outage for "unknown here"."""

    async def read_subscription(self, reference: str, now: Any) -> Any:
        return None


class Repeating(AcmePay):
    """Opens another one each time."""

    async def create_subscription(self, request: Any) -> Any:
        other = replace(request, operation_id=f"{request.operation_id}-{next(_COUNT)}")
        return await super().create_subscription(other)


class Quoting(AcmePay):
    """Repeats the provider's words."""

    async def cancel_subscription(self, reference: str, reason: str) -> Any:
        answer = await self.context.http.request("POST", "https://acme.test/x", body=b"{}")
        return Refused(answer.body.decode())


SUBSCRIPTIONS: Mapping[str, type] = {
    "test_all_plans_are_read": of("plans", lambda plans: plans[:1]),
    "test_every_active_plan_has_its_prices": of(
        "plans", lambda plans: [replace(plan, cycles=()) for plan in plans]
    ),
    "test_without_an_answer_no_plans_are_known": NoPlans,
    "test_a_subscription_is_read_with_its_cycles": shown(cycles=()),
    "test_asked_again_it_says_the_same": of("read_subscription", _moving),
    "test_a_payment_is_shown": shown(last_paid=None),
    "test_one_it_does_not_know_is_none": of(
        "read_subscription",
        lambda seen: seen or SubscriptionObservation("x", SubscriptionStatus.expired, NOON),
    ),
    "test_its_representation_shows_nobody": shown(merchant_reference=PERSONAL[1]),
    "test_without_an_answer_nothing_is_known_of_it": NoSubscriptions,
    "test_one_that_was_opened_waits_for_the_buyer": of(
        "create_subscription", lambda answer: replace(answer, approval_url="")
    ),
    "test_one_operation_opens_one": Repeating,
    "test_a_lost_answer_leaves_it_unknown_and_opens_one": instead(
        "create_subscription", Unanswered, NotSent("x")
    ),
    "test_a_change_whose_answer_was_lost_is_unknown": instead(
        "cancel_subscription", Unanswered, NotSent("x")
    ),
    "test_an_unknown_plan_is_invalid": instead(
        "revise_subscription", Invalid, Invalid("plan_id", "x")
    ),
    "test_approval_makes_it_active": shown(status=SubscriptionStatus.approved),
    "test_a_suspended_one_is_resumed": instead("resume_subscription", Refused, Done()),
    "test_a_cancelled_one_stays_cancelled": instead("cancel_subscription", Refused, Done()),
    "test_one_that_is_not_approved_is_not_suspended": instead(
        "suspend_subscription", Refused, Done()
    ),
    "test_another_plan_waits_for_the_buyer": of("revise_subscription", lambda _: Done()),
    "test_one_it_does_not_know_is_not_changed": instead("cancel_subscription", Refused, Done()),
    "test_without_a_connection_nothing_was_changed": instead(
        "suspend_subscription", NotSent, Unanswered("x")
    ),
    "test_an_outage_is_neither_a_success_nor_a_refusal": instead(
        "revise_subscription", Unanswered, Refused("x")
    ),
    "test_a_change_waits_as_long_as_asked": instead("create_subscription", NotSent, NotSent("x")),
    "test_no_answer_of_it_repeats_the_providers_words": Quoting,
    "test_no_representation_shows_a_buyer_or_an_address": of(
        "create_subscription", lambda made: Loud(made.reference, made.approval_url)
    ),
}
