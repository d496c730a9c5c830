"""What no schema can say of a request to the Example gateway."""

from __future__ import annotations

from typing import Any

KEY = "Idempotency-Key"


def same_key(case: Any) -> None:
    """Give schemathesis' request the key that belongs to its body: the body's `id`."""
    named = case.body.get("id") if isinstance(case.body, dict) else None
    if KEY in (case.headers or {}) and isinstance(named, str):
        case.headers[KEY] = named
