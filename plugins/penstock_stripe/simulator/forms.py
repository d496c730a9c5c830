"""Stripe's forms, read: `a[b]=c` is {"a": {"b": "c"}}; and its refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

from aiohttp import web

_NAME = re.compile(r"[^\[\]]+", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)


class Malformed(Exception):
    """A request that cannot be read; its text names the field."""


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """
    Fields by their names in brackets; a list is an object with the keys 0, 1, …

    Raises:
        Malformed: a field is a value and an object.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        *before, last = _NAME.findall(name) or [name]
        at = found
        for step in before:
            inner = at.setdefault(step, {})
            if not isinstance(inner, dict):
                raise Malformed(name)
            at = cast(dict[str, Any], inner)
        at[last] = value
    return found


async def form(request: web.Request) -> dict[str, Any]:
    """
    The fields of a request's body.

    Raises:
        Malformed: it is no form.
    """
    try:
        return nested(parse_qsl((await request.read()).decode(), keep_blank_values=True))
    except ValueError:
        raise Malformed("body") from None


def query(request: web.Request) -> dict[str, Any]:
    """
    The fields of a request's query.

    Raises:
        Malformed: a field is a value and an object.
    """
    return nested(request.query.items())


def word(fields: Mapping[str, Any], name: str) -> str | None:
    """
    The value of that name, if there is one.

    Raises:
        Malformed: it is an object.
    """
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise Malformed(name)
    return value


def number(fields: Mapping[str, Any], name: str) -> int | None:
    """
    The whole number of that name, if there is one.

    Raises:
        Malformed: it is none.
    """
    value = word(fields, name)
    if value is not None and not _NUMBER.fullmatch(value):
        raise Malformed(name)
    return None if value is None else int(value)


def words(fields: Mapping[str, Any], name: str) -> dict[str, str]:
    """
    The values of an object of that name; empty without one.

    Raises:
        Malformed: it is no object of values.
    """
    value = fields.get(name, {})
    if not isinstance(value, dict):
        raise Malformed(name)
    inside = cast(dict[str, Any], value)
    return {one: word(inside, one) or "" for one in inside}


def expanded(fields: Mapping[str, Any]) -> frozenset[str]:
    """
    What a request wants to have expanded.

    Raises:
        Malformed: it is no list.
    """
    return frozenset(words(fields, "expand").values())


def shown(data: Mapping[str, Any], status: int = 200) -> web.Response:
    """An answer, with the id that each has."""
    body = json.dumps(data).encode()
    headers = {"Request-Id": "req_simulated", "Content-Type": "application/json"}
    return web.Response(status=status, body=body, headers=headers)


def refusal(
    status: int,
    type: str,
    code: str | None = None,
    *,
    decline: str | None = None,
    param: str | None = None,
    intent: Mapping[str, Any] | None = None,
    message: str | None = None,
) -> web.Response:
    """A refusal, with an error object."""
    prose = message or f"The simulator says {code or type}."
    said: dict[str, Any] = {"type": type, "message": prose}
    more = {"code": code, "decline_code": decline, "param": param, "payment_intent": intent}
    said.update({name: value for name, value in more.items() if value is not None})
    return shown({"error": said}, status)


def invalid(code: str, param: str | None = None, status: int = 400) -> web.Response:
    """The refusal of a request that is wrong."""
    return refusal(status, "invalid_request_error", code, param=param)


def missing(param: str = "id") -> web.Response:
    """The refusal of a path that names nothing."""
    return invalid("resource_missing", param, 404)
