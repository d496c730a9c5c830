"""Stand-ins for the network: scripted answers, or no answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit

from penstock.api import GatewayUnavailable, Http, HttpNotSent, HttpUnanswered, Response


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a plugin made it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout: float | None = None

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body or b"")


def response(
    status: int = 200, body: object = b"", headers: Mapping[str, str] | None = None
) -> Response:
    """An answer; a body that is neither bytes nor text becomes JSON."""
    if isinstance(body, str):
        body = body.encode()
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {k.lower(): v for k, v in (headers or {}).items()}, raw)


class ScriptedHttp:
    """
    Answers in order and keeps the requests; a request without an answer is an error.

    Each answer is a `Response` to give or an exception to raise.
    """

    def __init__(self, *answers: Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[Request] = []

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the port has it
        limit: int = 1024 * 1024,
    ) -> Response:
        """Give the next answer."""
        self.requests.append(Request(method, url, dict(headers or {}), body, timeout))
        assert self._answers, f"nothing scripted for {method} {urlsplit(url).path}"
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Always:
    """One answer to everything, as long as it is asked: a `Response` or an exception."""

    def __init__(self, answer: Response | Exception) -> None:
        self._answer = answer
        self.asked = 0

    async def request(self, method: str, url: str, **_: Any) -> Response:
        """Give the answer."""
        self.asked += 1
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class Unreachable:
    """Neither HTTP nor AWS: no connection is ever made."""

    def __init__(self) -> None:
        self.asked = 0

    async def request(self, method: str, url: str, **_: Any) -> NoReturn:
        """As `Http` has it."""
        self.asked += 1
        raise HttpNotSent("no connection could be made")

    async def call(self, service: str, operation: str, **_: Any) -> NoReturn:
        """As `Aws` has it."""
        self.asked += 1
        raise GatewayUnavailable("no connection could be made")


class Slow:
    """
    The other side does its work and answers too late, which is as good as no answer.

    What only reads is answered in time: a look-up before the work is not the work.

    Attributes:
        longest: the longest time that a request would have waited, in seconds.
    """

    def __init__(self, http: Http) -> None:
        self._http = http
        self.longest = 0.0

    async def request(
        self,
        method: str,
        url: str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the port has it
        **rest: Any,
    ) -> Response:
        """Pass the request on, and let its answer come too late."""
        self.longest = max(self.longest, timeout or 0.0)
        answer = await self._http.request(method, url, timeout=timeout, **rest)
        if method == "GET":
            return answer
        raise HttpUnanswered("the answer came too late")


class Lossy:
    """
    Passes requests on and loses some answers: the other side has done the work.

    Args:
        http: the way to the other side.
        loses: says of a request whether its answer is lost.
    """

    def __init__(self, http: Http, loses: Callable[[str, str], bool]) -> None:
        self._http = http
        self._loses = loses

    async def request(self, method: str, url: str, **rest: Any) -> Response:
        """Pass the request on, and perhaps lose its answer."""
        answer = await self._http.request(method, url, **rest)
        if self._loses(method, url):
            raise HttpUnanswered("the answer was lost")
        return answer
