"""What the plugin is given in these tests: an HTTP port that answers as told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from penstock.api import Response
from penstock.testing.http import response

Answer = Response | Exception | Callable[[], Response]


@dataclass
class ToldHttp:
    """
    An HTTP port that answers as it was told, and remembers what it was asked.

    Attributes:
        answers: by address; a list is used up one by one, its last entry stays.
        gate: while not set, every request waits.
    """

    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the port's own signature
        limit: int = 1024 * 1024,
    ) -> Response:
        """Answer as told; an address nobody spoke of fails the test."""
        self.asked.append((method, url))
        if self.gate is not None:
            await self.gate.wait()
        if url not in self.answers:
            raise AssertionError(f"nobody expected {method} {url}")
        answer = self.answers[url]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer


def pem_answer(pem: bytes, **headers: str) -> Response:
    """A certificate as PayPal serves it."""
    kept = {"content-type": "application/x-pem-file", "cache-control": "public, max-age=86400"}
    return Response(200, {**kept, **headers}, pem)


@dataclass
class Shown:
    """
    PayPal's API as an HTTP port: it shows what the test put there, and knows nothing else.

    Attributes:
        resources: by path, queries left out.
        asked: the paths that were read, oldest first.
    """

    resources: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    asked: list[str] = field(default_factory=list[str])

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the port's own signature
        limit: int = 1024 * 1024,
    ) -> Response:
        """The resource at the path, or PayPal's 404."""
        where = urlsplit(url).path
        if where == "/v1/oauth2/token":
            return response(200, {"access_token": "A21AA", "expires_in": 32_400})
        self.asked.append(where)
        shown = self.resources.get(where) if method == "GET" else None
        return response(200, shown) if shown is not None else response(404, {})
