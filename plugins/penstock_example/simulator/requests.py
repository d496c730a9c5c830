"""Requests to the simulated Example gateway, read; and its refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from aiohttp import web


async def read(request: web.Request) -> dict[str, Any] | None:
    """The JSON object in a request; None where there is none."""
    return object_of(await request.read())


def object_of(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a body; None where there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return cast(dict[str, Any], found) if isinstance(found, dict) else None


def money_of(body: bytes, *texts: str) -> dict[str, Any] | None:
    """The JSON object in a body, with an amount above 0 and those texts; None without."""
    found = object_of(body) or {}
    amount = found.get("amount")
    whole = all(isinstance(found.get(name), str) and found[name] for name in texts)
    return found if whole and type(amount) is int and amount > 0 else None


def is_url(value: object) -> bool:
    """Whether it is an address of a page."""
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def problem(
    status: int,
    code: str,
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """A refusal, with the field that is wrong."""
    said = {"code": code, **({"field": field} if field else {})}
    return web.json_response(said, status=status, headers=headers)
