"""
The contract's links are walked: from the plans to a sign-up, and on to all that is done with it.

Schemathesis' stateful phase calls what the links of each answer name, against a live port.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import stateful

from penstock import contracts
from tests.contract.serving import Served, serving_club
from tests.depth import LONG, examples

pytestmark = LONG

SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(contracts.load().published)))
# What breaks the contract is tried call by call in test_live; here each step is to be taken.
SCHEMA.config.generation.update(modes=[GenerationMode.POSITIVE])
# Only the links that the contract has; schemathesis would guess more.
SCHEMA.config.phases.stateful.inference.algorithms = []
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


@pytest.fixture
def served() -> Iterator[Served]:
    with serving_club() as made:
        yield made


def test_the_links_lead_from_a_plan_to_a_subscription_and_what_is_done_with_it(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    # Schemathesis drops a link's value now and then by a coin that Hypothesis does not know of,
    # which Hypothesis takes for a flaky test.
    monkeypatch.setattr(stateful, "BASE_EXPLORATION_RATE", 0.0)
    reached: Counter[tuple[str, int]] = Counter()
    keys = count(1)

    class Walk(SCHEMA.include(tag="subscriptions").as_state_machine()):  # type: ignore[misc] - made by schemathesis
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {
                "base_url": served.url,
                "headers": {"Authorization": f"Bearer {served.token}"},
                "timeout": 10,
            }

        def before_call(self, case: Any) -> None:
            # A made-up plan is refused, so each request names a real one.
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
            max_examples=examples(60),
            stateful_step_count=8,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )

    # 409 is the answer of a subscription that is there, and whose status does not allow it.
    walked = {operation for operation, status in reached if status < 300 or status == 409}
    assert LINKED <= walked, reached
