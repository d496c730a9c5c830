"""What schemathesis needs to know of every target beyond its configuration."""

from __future__ import annotations

from typing import Any

import schemathesis
from schemathesis.generation import GenerationMode

from tests.contract.providers.keys import same_key


@schemathesis.hook
def filter_query(context: Any, query: Any) -> bool:
    """An empty list is not in the address, so nothing of it could be refused."""
    return all(value != [] for value in (query or {}).values())


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Send the Example gateway the key that its body has as `id`: no schema can say so."""
    if case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE:
        same_key(case)
