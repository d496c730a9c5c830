"""Problem details (RFC 9457), the form of every error answer. Standard library only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.problems import Kind

MEDIA = "application/problem+json"
ALWAYS: Mapping[str, str] = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
"""Headers of every answer in JSON, by both hosts and every function."""


def problem(kind: Kind, detail: str = "", fields: Sequence[tuple[str, str]] = ()) -> bytes:
    """The body of an error answer; it must not repeat a value that was sent."""
    told: dict[str, Any] = {"type": kind.type, "title": kind.title, "status": kind.status}
    if detail:
        told["detail"] = detail
    if fields:
        told["errors"] = [{"field": field, "detail": what} for field, what in fields]
    return json.dumps(told, separators=(",", ":")).encode()
