"""What no schema can say of a request to our API: what is there; a key is for one body."""

from __future__ import annotations

from itertools import count
from typing import Any

from penstock import contracts
from tests.contract.providers.keys import KEY

_REAL = {
    "createPayment": {"provider": "example"},
    "createSubscription": {"provider": "example", "plan": "plan-monthly"},
    "reviseSubscription": {"plan": "plan-yearly"},
}
_EXAMPLES = {
    example["value"]
    for operation in contracts.load().operations.values()
    for parameter in operation.described.get("parameters", ())
    if parameter["name"] == KEY
    for example in parameter.get("examples", {}).values()
}
_numbers = count(1)


def be_real(case: Any) -> None:
    """
    Name a provider and a plan that are there, and a key of its own where the key is an example.

    A refused request has no links to walk, and tells nothing of the rest of its body.
    """
    real = _REAL.get(case.operation.definition.raw.get("operationId"), {})
    body = case.body if isinstance(case.body, dict) else {}
    if real.keys() <= body.keys() and not body.get("checkout"):
        body |= real
    headers = case.headers or {}
    if headers.get(KEY) in _EXAMPLES:
        headers[KEY] = f"{headers[KEY]}-{next(_numbers)}"
