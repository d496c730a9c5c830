"""
The contract's links are walked: from the plans to a sign-up, and on to all that is done with it.

Schemathesis' stateful phase calls what the links of each answer name, against a live port.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from penstock import contracts
from penstock.api import SubscribeAnswer, SubscriptionRequest, SubscriptionStatus
from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.tokens import mint
from penstock.entrypoints.http.web import application
from tests.depth import examples
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.club import Club

SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(contracts.load().published)))
LINKED = {
    "createSubscription",
    "getSubscription",
    "listSubscriptionPayments",
    "cancelSubscription",
    "suspendSubscription",
    "resumeSubscription",
    "reviseSubscription",
}


REAL = {
    "createSubscription": {"provider": "club", "plan": "GOLD"},
    "reviseSubscription": {"plan": "GOLD"},
}


class Eager(Club):
    """A gateway whose buyers approve at once, so that there is something to suspend."""

    async def create_subscription(self, request: SubscriptionRequest) -> SubscribeAnswer:
        answer = await super().create_subscription(request)
        self.become(self.opened[request.operation_id], SubscriptionStatus.active)
        return answer


@pytest.fixture
def served() -> Iterator[tuple[str, str]]:
    """The address of a server over memory, and a token of its API."""
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    made: list[str] = []

    async def serve() -> None:
        stand = Stand(club=Eager())
        token, text = mint("a walk", stand.world.ids, stand.clock.now())
        await stand.world.tokens.put(token)
        async with listening(application(stand.platform), "127.0.0.1", 0) as url:
            made.extend((url, text))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(30)
        yield made[0], made[1]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()


def test_the_links_lead_from_a_plan_to_a_subscription_and_what_is_done_with_it(
    served: tuple[str, str],
):
    url, token = served
    reached: Counter[tuple[str, int]] = Counter()
    keys = count(1)

    class Walk(SCHEMA.include(tag="subscriptions").as_state_machine()):  # type: ignore[misc] - made by schemathesis
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {
                "base_url": url,
                "headers": {"Authorization": f"Bearer {token}"},
                "timeout": 10,
            }

        def before_call(self, case: Any) -> None:
            # A made-up plan is refused, so each request names a real one.
            if case.meta.generation.mode is not GenerationMode.POSITIVE:
                return
            operation = case.operation.definition.raw["operationId"]
            if isinstance(case.body, dict) and operation in REAL:
                case.body |= REAL[operation]
            if operation == "createSubscription" and "Idempotency-Key" in (case.headers or {}):
                # A walk that is repeated must find the world as it was: nothing is open yet.
                case.headers["Idempotency-Key"] = f"walk-{next(keys)}"

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            operation = case.operation.definition.raw["operationId"]
            reached[operation, response.status_code] += 1
            # 422 and 409 are the answers to what keeps to the contract and cannot be done.
            case.validate_response(
                response, excluded_checks=[CHECKS.get_one("positive_data_acceptance")]
            )

    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=examples(80),
            stateful_step_count=8,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

    # 409 is the answer of a subscription that is there, and whose status does not allow it.
    walked = {operation for operation, status in reached if status < 300 or status == 409}
    assert LINKED <= walked, reached
