"""Problem details, RFC 9457: how every error answer of ours looks. Standard library only."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

MEDIA = "application/problem+json"


def problem(
    status: int, title: str, detail: str = "", fields: Sequence[tuple[str, str]] = ()
) -> bytes:
    """The body of an error answer; nothing in it may repeat what was sent."""
    told: dict[str, Any] = {"type": kind(title), "title": title, "status": status}
    if detail:
        told["detail"] = detail
    if fields:
        told["errors"] = [{"field": field, "detail": what} for field, what in fields]
    return json.dumps(told, separators=(",", ":")).encode()


def kind(title: str) -> str:
    """The problem's type: a name made of its title, which is the same for all of its kind."""
    return f"urn:penstock:problem:{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')}"
