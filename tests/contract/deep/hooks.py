"""What schemathesis is told beyond its configuration."""

from __future__ import annotations

from typing import Any

import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

from tests.contract.providers.keys import same_key

REAL = {
    "createPayment": {"provider": "example"},
    "createSubscription": {"provider": "example", "plan": "plan-monthly"},
    "reviseSubscription": {"plan": "plan-yearly"},
}


@schemathesis.hook
def filter_query(context: Any, query: Any) -> bool:
    """An empty list is not in the address, so nothing of it could be refused."""
    return all(value != [] for value in (query or {}).values())


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Send the Example gateway the key that its body has as `id`: no schema can say so."""
    if case.meta is not None and case.meta.generation.mode is GenerationMode.NEGATIVE:
        return
    same_key(case)
    if case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL:
        _be_real(case)


def _be_real(case: Any) -> None:
    """Name a provider and a plan that are there: a refused request has no links to walk."""
    real = REAL.get(case.operation.definition.raw.get("operationId"), {})
    if isinstance(case.body, dict) and real.keys() <= case.body.keys():
        case.body |= real
