"""Faults on demand: what a request must be like for one to happen, and how often it does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as exc:
        raise ValueError("it must be a regular expression") from exc
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
"""A regular expression."""


class Limited(BaseModel):
    """
    A fault on demand.

    Attributes:
        times: how often it happens; without a limit when left out.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    times: int | None = Field(None, ge=1)


F = TypeVar("F", bound=Limited)


class Pending(Generic[F]):
    """The faults that wait for what they match; the first that matches is used."""

    def __init__(self) -> None:
        self._waiting: list[tuple[F, list[int]]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, *faults: F) -> None:
        """Add some."""
        self._waiting.extend((fault, [0]) for fault in faults)

    def clear(self) -> None:
        """Forget all of them."""
        self._waiting.clear()

    def take(self, matches: Callable[[F], bool]) -> F | None:
        """The first fault that matches, one of its times used up."""
        for entry in self._waiting:
            fault, used = entry
            if matches(fault):
                used[0] += 1
                if used[0] == fault.times:
                    self._waiting.remove(entry)
                return fault
        return None


class OfRequests(Limited):
    """
    A fault of the requests it matches.

    Attributes:
        method: the only method it matches; any, when left out.
        path: a regular expression that is searched for in the path (no query).
    """

    method: str | None = None
    path: Pattern

    def matches(self, request: web.BaseRequest) -> bool:
        """Whether it is for such a request."""
        mine = self.method is None or self.method.upper() == request.method
        return mine and re.search(self.path, request.path) is not None


class Fault(OfRequests):
    """
    One way to misbehave, for the requests it matches.

    Attributes:
        status: the answer's status; without one, and without `drop`, the real answer is given.
        body: the answer's body; text goes as it is, anything else as JSON.
        drop: close the connection instead of answering.
        delay: seconds to wait before the answer.
        after: do the work first, then misbehave: only the answer is lost.
    """

    status: int | None = Field(None, ge=200, le=599)
    headers: dict[str, str] = Field(default_factory=dict)
    body: Any = None
    drop: bool = False
    delay: float = Field(0.0, ge=0)
    after: bool = False

    def answer(self, status: int) -> web.Response:
        """The answer it gives instead of the real one."""
        if self.body is None or isinstance(self.body, str):
            return web.Response(status=status, headers=self.headers, text=self.body)

        headers = {"Content-Type": "application/json", **self.headers}
        return web.Response(status=status, headers=headers, body=json.dumps(self.body).encode())
