"""The context of a plugin in a test: every part is under the test's control."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from penstock.api import Aws, AwsError, Clock, Context, GatewayUnavailable, Http, Secret, Secrets
from penstock.testing.clock import FrozenClock
from penstock.testing.http import Unreachable

S = TypeVar("S")
LIMIT = 5.0
"""Seconds that one request may take: the `request_timeout` of a context made here."""


class CountingIds:
    """Ids in order: `id-1`, `id-2`, …"""

    def __init__(self, stem: str = "id") -> None:
        self._stem = stem
        self._numbers = itertools.count(1)

    def new(self) -> str:
        """The next one."""
        return f"{self._stem}-{next(self._numbers)}"


class FixedSecrets:
    """
    A secret with the values that the test gives.

    Args:
        versions: its versions, newest first.
        fresh: the versions at a refresh; the same ones when left out.
    """

    def __init__(
        self, *versions: Mapping[str, str], fresh: tuple[Mapping[str, str], ...] | None = None
    ) -> None:
        self._known = Secret(versions)
        self._fresh = Secret(versions if fresh is None else fresh)
        self.reads = 0
        self.refreshes = 0

    async def get(self) -> Secret:
        """The secret."""
        self.reads += 1
        return self._known

    async def refresh(self) -> Secret:
        """The secret as a second look finds it."""
        self.refreshes += 1
        self._known = self._fresh
        return self._known


class NoSecrets:
    """A secret that cannot be read now; what the error says."""

    def __init__(self, because: str = "the secret could not be read") -> None:
        self._because = because

    async def get(self) -> Secret:
        """Never."""
        raise GatewayUnavailable(self._because)

    async def refresh(self) -> Secret:
        """Never."""
        raise GatewayUnavailable(self._because)


class ScriptedAws:
    """
    Scripted AWS: answers in order and keeps the calls; a call without an answer is an error.

    Each answer is what the call returns or an exception to raise.
    """

    def __init__(self, *answers: Mapping[str, Any] | AwsError | GatewayUnavailable) -> None:
        self._answers = list(answers)
        self.calls: list[tuple[str, str, dict[str, Any]]] = []

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        """Give the next answer."""
        self.calls.append((service, operation, arguments))
        assert self._answers, f"nothing scripted for {service} {operation}"
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class AlwaysAws:
    """AWS with one answer to everything: what a call returns, or an exception to raise."""

    def __init__(self, answer: Mapping[str, Any] | AwsError | GatewayUnavailable) -> None:
        self._answer = answer

    async def call(self, service: str, operation: str, **_: Any) -> Mapping[str, Any]:
        """Give the answer."""
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class OverheardAws:
    """Passes calls on and keeps their arguments, as text."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.sent: list[str] = []

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        """Pass the call on."""
        self.sent.append(repr(arguments))
        return await self._aws.call(service, operation, **arguments)


@dataclass(slots=True)
class RecordingLog:
    """A log that keeps its lines: level, event, fields."""

    lines: list[tuple[str, str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, str, dict[str, Any]]]
    )

    def info(self, event: str, **fields: Any) -> None:
        """Keep it."""
        self.lines.append(("info", event, fields))

    def warning(self, event: str, **fields: Any) -> None:
        """Keep it."""
        self.lines.append(("warning", event, fields))


def context(
    settings: S,
    *,
    secrets: Secrets | None = None,
    clock: Clock | None = None,
    http: Http | None = None,
    public_http: Http | None = None,
    aws: Aws | None = None,
    log: RecordingLog | None = None,
    api_url: str = "https://penstock.test",
    profile: Mapping[str, Any] | None = None,
    name: str = "",
) -> Context[S]:
    """A context with a frozen clock and counted ids; HTTP and AWS are unreachable unless given.

    What is given as `http` is `public_http`, too, unless that is given apart.
    """
    return Context(
        settings=settings,
        secrets=secrets or FixedSecrets(),
        clock=clock or FrozenClock(),
        ids=CountingIds(),
        http=http or Unreachable(),
        public_http=public_http or http or Unreachable(),
        aws=aws or Unreachable(),
        log=log or RecordingLog(),
        request_timeout=LIMIT,
        api_url=api_url,
        profile=profile or {},
        name=name,
    )
