"""A request and an answer as both hosts have them: API Gateway's events and aiohttp."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.entrypoints.http.page_policy import policy
from penstock.entrypoints.http.problem import ALWAYS, MEDIA, problem
from penstock.errors import RequestRefused


@dataclass(frozen=True, slots=True)
class Request:
    """
    A request, nothing in it checked.

    Attributes:
        path: as it came, percent-encoded.
        headers: by lower-case name, as `joined` makes them.
        route: the route that API Gateway found for it, such as `GET /payments/{id}`.
        parameters: what API Gateway found in the path.
    """

    method: str
    path: str
    query: Sequence[tuple[str, str]] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)
    route: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; header names are lower-case."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


_HALF = re.compile("[\ud800-\udfff]")


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """
    Headers by lower-case name, those that occur more than once joined by commas.

    API Gateway joins them like that (HTTP APIs, payload format 2.0), so a comma is how a repeated
    header is seen on both hosts. Bytes that are no UTF-8 come from aiohttp as half surrogates,
    which no JSON and no hash takes: each becomes U+FFFD.
    """
    headers: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.lower(), value if value.isascii() else _HALF.sub("\ufffd", value)
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


_ENCODER = json.JSONEncoder(separators=(",", ":"))
_JSON = {"content-type": "application/json", **ALWAYS}


def json_answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in JSON."""
    body = _ENCODER.encode(value).encode()
    return Answer(status, body, {**_JSON, **headers} if headers else _JSON)


def receipt(delivery_id: str) -> Answer:
    """The answer to a webhook that is kept; the id is hexadecimal, so nothing is to be escaped."""
    return Answer(202, b'{"delivery_id":"%b"}' % delivery_id.encode(), _JSON)


def html_answer(page: str, style: str, script: str = "") -> Answer:
    """
    A page for people.

    Args:
        style: the text of its `<style>`, and `script` that of its `<script>`: nothing else is
            allowed.
    """
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy(style, script),
        "referrer-policy": "no-referrer",
    }
    return Answer(200, page.encode(), {**headers, **ALWAYS})


def problem_answer(refused: RequestRefused) -> Answer:
    """A refusal as the problem it is."""
    body = problem(refused.kind, refused.detail, refused.fields)
    return Answer(refused.kind.status, body, {"content-type": MEDIA, **ALWAYS, **refused.headers})
