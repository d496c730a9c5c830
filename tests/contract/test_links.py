"""
The contract's links lead somewhere: schemathesis' stateful phase walks them on a live port.

`pytest -rP tests/contract/test_links.py` prints how often it walked each link.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.generation import GenerationMode
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput
from schemathesis.specs.openapi import stateful

from penstock import contracts
from tests.contract.exceptions import excluded
from tests.contract.living import Live
from tests.depth import LONG, examples
from tests.e2e.world import until

pytestmark = LONG

PUBLISHED = json.loads(json.dumps(contracts.load().published))
# Those of plans and subscriptions are walked in test_walk.py, from a sign-up of their own.
for apart in [path for path in PUBLISHED["paths"] if path.startswith(("/plan", "/subscription"))]:
    del PUBLISHED["paths"][apart]
LINKS = {
    (f"{method.upper()} {path}", name, link["operationId"])
    for path, methods in PUBLISHED["paths"].items()
    for method, operation in methods.items()
    for answer in operation["responses"].values()
    for name, link in answer.get("links", {}).items()
}


def machine(live: Live, walked: Counter[tuple[str, str, str]]) -> Any:
    """A state machine that follows links, with a token, and counts those it followed."""
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(PUBLISHED)))
    # Only the links that the contract has; schemathesis would guess more.
    schema.config.phases.stateful.inference.algorithms = []
    # What a wrong request is answered is another test's.
    schema.config.generation.update(modes=[GenerationMode.POSITIVE])

    class Following(schema.as_state_machine()):
        def before_call(self, case: Any) -> None:
            if named(case) == "createPayment":
                # Most made-up providers are not installed, and a refused payment has no link.
                case.body["provider"] = "example"
                case.body["order"].setdefault("reference", "order-7")
            if named(case) == "createRefund":
                # A reference of the order asks the simulated gateway for trouble, if any.
                charged(live, case.path_parameters["id"])
                case.body = {}

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            bearer = {"Authorization": f"Bearer {live.token}"}
            return {"base_url": live.url, "headers": bearer, "timeout": 10}

        def step(self, input: StepInput) -> StepOutput:
            output = super().step(input)
            link = input.transition
            if link is not None and input.is_applied and output.response.status_code < 300:
                # "POST /payments -> [202] payment -> GET /payments/{id}"
                source, name, _ = link.id.split(" -> ")
                walked[source, name.rpartition(" ")[2], named(input.case)] += 1
            return output

        def validate_response(self, response: Any, case: Any, *rest: Any, **kwargs: Any) -> None:
            case.validate_response(
                response,
                excluded_checks=excluded(named(case)),
                transport_kwargs=kwargs,
                recorder=self.recorder,
            )

    return Following


def charged(live: Live, payment: str) -> None:
    """Wait until the payment's charge has an end: a refund before that is 409."""
    bearer = {"Authorization": f"Bearer {live.token}"}

    def ended() -> bool:
        answer = requests.get(f"{live.url}/payments/{payment}", headers=bearer, timeout=10)
        return answer.json().get("status") != "accepted"

    until(ended, what="the end of the charge", pause=0.0)


def named(case: Any) -> str:
    return case.operation.definition.raw["operationId"]


def test_every_link_of_the_contract_leads_to_an_answer(
    live: Live, monkeypatch: pytest.MonkeyPatch
):
    # Schemathesis drops a link's value now and then by a coin that Hypothesis does not know of,
    # which Hypothesis takes for a flaky test.
    monkeypatch.setattr(stateful, "BASE_EXPLORATION_RATE", 0.0)
    walked: Counter[tuple[str, str, str]] = Counter()
    machine(live, walked).run(
        settings=settings(
            max_examples=examples(30),
            stateful_step_count=10,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )

    print(f"links walked: {walked.total()}", *sorted(walked.items()), sep="\n")
    assert walked.keys() == LINKS
