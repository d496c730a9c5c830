"""One request that schemathesis makes up, and whether its answer keeps to the contract."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

from penstock import contracts
from tests.contract.exceptions import excluded
from tests.contract.real import be_real
from tests.depth import examples

CONTRACT = contracts.load()


def schema() -> Any:
    """The contract as schemathesis takes it; a caller may change its settings."""
    return schemathesis.openapi.from_dict(json.loads(json.dumps(CONTRACT.published)))


CURSORS = {"listSubscriptions": {200}, "listSubscriptionPayments": {200, 404}}
"""What lists answer that refuse a cursor which they never handed out, and nothing else."""


def unsent(case: Any, answer: Any) -> list[Any]:
    """A parameter whose value is an empty list is not in the address: nothing is to be refused."""
    sent = {name for name, _ in parse_qsl(urlsplit(answer.request.url).query, True)}
    lost = set(case.query or {}) - sent
    return [CHECKS.get_one("negative_data_rejection")] if lost else []


def search(most: int, deep: int) -> settings:
    # The same ones each time; `make contract-deep` tries others.
    return settings(
        max_examples=examples(most, deep=deep),
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def ask(case: Any, url: str, token: str) -> None:
    operation = case.operation.definition.raw["operationId"]
    positive = case.meta.generation.mode is GenerationMode.POSITIVE
    real = positive and case.meta.phase.name is TestPhase.COVERAGE
    if real:
        be_real(case)
    answer = case.call(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    case.validate_response(answer, excluded_checks=[*excluded(operation), *unsent(case, answer)])

    if positive:
        if operation == "createPayment":
            refused = not real or case.body.get("checkout")
            assert answer.status_code in ({201, 202, 422} if refused else {202})
        if operation == "listEvents" and not {"cursor", "subject"} & {*(case.query or {})}:
            assert 200 == answer.status_code
        if CONTRACT.operations[operation].function == "operate":
            assert answer.status_code in {200, 404, 409, 422}
        if operation == "listPayments":
            assert answer.status_code in {200, 400}
        if operation in CURSORS and "cursor" not in (case.query or {}):
            assert answer.status_code in CURSORS[operation]
