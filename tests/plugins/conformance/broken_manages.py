"""AcmePay broken in one thing of opening and changing subscriptions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from penstock.api import (
    Done,
    Invalid,
    NotSent,
    Refused,
    Revised,
    Subscribed,
    SubscriptionStatus,
    Unanswered,
)
from penstock.testing.clock import NOON
from tests.plugins.conformance.acme import AcmePay
from tests.plugins.conformance.breaking import answering, instead, quoting, unsent
from tests.plugins.conformance.broken_subscriptions import showing

_COUNT = itertools.count()


class Loud(Subscribed):
    """Shows the approval address."""

    def __repr__(self) -> str:
        return self.approval_url


class Repeating(AcmePay):
    """Opens another one each time."""

    async def create_subscription(self, request: Any) -> Any:
        other = replace(request, operation_id=f"{request.operation_id}-{next(_COUNT)}")
        return await super().create_subscription(other)


class Eager(AcmePay):
    """Changes the plan before the buyer approves."""

    async def revise_subscription(self, reference: str, plan: str, *urls: str) -> Any:
        answer = await super().revise_subscription(reference, plan, *urls)
        if isinstance(answer, Revised):
            await self._ask("POST", f"/subscriptions/{reference}", {"plan": plan})
        return answer


class NeverDue(AcmePay):
    """Shows no next payment before the first was made."""

    async def read_subscription(self, reference: str, now: datetime) -> Any:
        seen = await super().read_subscription(reference, now)
        return seen and (seen if seen.last_paid else replace(seen, next_billing_at=None))


def hopeful(does: str, method: str, status: SubscriptionStatus | None) -> type:
    """AcmePay that says a change is made although one of that status cannot have it."""
    good: Callable[..., Any] = getattr(AcmePay, method)

    async def changed(self: AcmePay, reference: str, reason: str) -> Any:
        answer = await good(self, reference, reason)
        if not isinstance(answer, Refused):
            return answer
        seen = await self.read_subscription(reference, NOON)
        return Done() if status is (seen.status if seen else None) else answer

    return type("Broken", (AcmePay,), {"__doc__": does, method: changed})


MANAGES: Mapping[str, type] = {
    "test_one_that_was_opened_waits_for_the_buyer": showing(
        "shows no plan before the approval", only=SubscriptionStatus.approval_pending, plan=None
    ),
    "test_one_operation_opens_one": Repeating,
    "test_a_lost_answer_leaves_it_unknown_and_opens_one": instead(
        "takes a lost answer for no connection", "create_subscription", Unanswered, NotSent("x")
    ),
    "test_a_change_whose_answer_was_lost_is_unknown": instead(
        "takes a lost answer for no connection", "cancel_subscription", Unanswered, NotSent("x")
    ),
    "test_an_unknown_plan_is_invalid": instead(
        "names a field of its provider's", "revise_subscription", Invalid, Invalid("plan_id", "x")
    ),
    "test_approval_makes_it_active": NeverDue,
    "test_a_suspended_one_is_resumed": hopeful(
        "resumes one that is active", "resume_subscription", SubscriptionStatus.active
    ),
    "test_a_cancelled_one_stays_cancelled": hopeful(
        "cancels one that is cancelled", "cancel_subscription", SubscriptionStatus.cancelled
    ),
    "test_one_that_is_not_approved_is_not_suspended": hopeful(
        "suspends one that is not approved",
        "suspend_subscription",
        SubscriptionStatus.approval_pending,
    ),
    "test_another_plan_waits_for_the_buyer": Eager,
    "test_one_it_does_not_know_is_not_changed": hopeful(
        "cancels one that it does not know", "cancel_subscription", None
    ),
    "test_without_a_connection_nothing_was_changed": instead(
        "takes a lack of connection for a lost answer",
        "suspend_subscription",
        NotSent,
        Unanswered("x"),
        when=unsent,
    ),
    "test_an_outage_is_neither_a_success_nor_a_refusal": instead(
        "takes an outage for a refusal", "revise_subscription", Unanswered, Refused("x")
    ),
    "test_a_change_waits_as_long_as_asked": instead(
        "forgets how long it was asked to wait", "create_subscription", NotSent, NotSent("x")
    ),
    "test_no_answer_of_it_repeats_the_providers_words": quoting("cancel_subscription"),
    "test_no_representation_shows_a_buyer_or_an_address": answering(
        "shows the approval address",
        "create_subscription",
        lambda made: (
            Loud(made.reference, made.approval_url) if isinstance(made, Subscribed) else made
        ),
    ),
}
