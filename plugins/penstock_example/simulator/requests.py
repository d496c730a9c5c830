"""Requests to the simulated Example gateway, read; and its refusals."""

from __future__ import annotations

import json
from typing import Any, cast

from aiohttp import web


async def read(request: web.Request) -> dict[str, Any] | None:
    """The JSON object in a request; None where there is none."""
    try:
        found = json.loads(await request.read())
    except (ValueError, RecursionError):
        return None
    return cast(dict[str, Any], found) if isinstance(found, dict) else None


def is_url(value: object) -> bool:
    """Whether it is an address of a page."""
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def problem(status: int, code: str, field: str | None = None) -> web.Response:
    """A refusal, with the field that is wrong."""
    return web.json_response({"code": code, **({"field": field} if field else {})}, status=status)
