"""What a gateway must answer about subscriptions when its provider gives no good answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from penstock.api import ManageAnswer, NotSent, Response, SubscriptionRequest, Unanswered
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.charges import MARK, NO_ANSWERS
from penstock.testing.http import Always, Unreachable, response

RETURN = ("https://shop.test/return/1", "https://shop.test/cancel/1")
"""The buyer's addresses of return after a change of plan."""


class ManagesAnswersConformance:
    """The part of `ManagesSubscriptionsConformance` that needs no provider."""

    async def test_without_a_connection_nothing_was_changed(
        self, bench: Bench, subscription_request: SubscriptionRequest, other_plan: str
    ) -> None:
        """So it may be tried again."""
        answers = await _all(bench.build(http=Unreachable()), subscription_request, other_plan)

        said = "without a connection every change must be NotSent"
        assert {NotSent} == {type(answer) for answer in answers}, said

    @pytest.mark.parametrize("answer", NO_ANSWERS, ids=repr)
    async def test_an_outage_is_neither_a_success_nor_a_refusal(
        self,
        bench: Bench,
        subscription_request: SubscriptionRequest,
        other_plan: str,
        answer: Response | Exception,
    ) -> None:
        """And none raises."""
        gateway = bench.build(http=Always(answer))

        for said in await _all(gateway, subscription_request, other_plan):
            assert isinstance(said, NotSent | Unanswered)

    async def test_a_change_waits_as_long_as_asked(
        self, bench: Bench, subscription_request: SubscriptionRequest, other_plan: str
    ) -> None:
        """429 with Retry-After: nothing happened; the time is kept, and jitter may be added."""
        later = Always(response(429, "", {"Retry-After": "7"}))

        for said in await _all(bench.build(http=later), subscription_request, other_plan):
            assert isinstance(said, NotSent)
            kept = 7.0 <= (said.retry_after or 0.0) < 14.0
            assert kept, "it does not keep the time of Retry-After"

    @pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503])
    async def test_no_answer_of_it_repeats_the_providers_words(
        self,
        bench: Bench,
        subscription_request: SubscriptionRequest,
        other_plan: str,
        status: int,
    ) -> None:
        """A reason ends up in logs and answers, and a provider's prose may hold anything."""
        words = Always(response(status, f"{{the account of Ada {MARK}"))

        answers = await _all(bench.build(http=words), subscription_request, other_plan)

        assert MARK not in repr(answers), "its answers quote the provider"


def changes(gateway: Any) -> tuple[Callable[[str, str], Awaitable[ManageAnswer]], ...]:
    """Its requests that take a subscription and a reason."""
    return (
        gateway.cancel_subscription,
        gateway.suspend_subscription,
        gateway.resume_subscription,
    )


async def _all(gateway: Any, request: SubscriptionRequest, other_plan: str) -> list[Any]:
    """The answer to each of its five requests."""
    reference = "I-0000000000ZZ"
    return [
        await gateway.create_subscription(request),
        *[await change(reference, "asked for") for change in changes(gateway)],
        await gateway.revise_subscription(reference, other_plan, *RETURN),
    ]
