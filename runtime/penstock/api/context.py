"""All that a plugin is given to work with; it reaches nothing in any other way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from penstock.errors import GatewayUnavailable

S = TypeVar("S", covariant=True)


class Clock(Protocol):
    """The time, and waiting, as a port: a test owns both."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for measuring how long something took."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Ids(Protocol):
    """New ids, as a port: a test knows them beforehand."""

    def new(self) -> str:
        """An id that was never used before."""
        ...


@dataclass(frozen=True, slots=True)
class Secret:
    """
    A plugin's secret values, field by field, newest first: current, then previous.

    During a rotation both are valid; either may lack a field.
    """

    versions: tuple[Mapping[str, str], ...] = field(repr=False)

    def values(self, name: str) -> tuple[str, ...]:
        """Every known value of one field, newest first, each once."""
        return tuple(dict.fromkeys(v[name] for v in self.versions if v.get(name)))


class Secrets(Protocol):
    """One plugin's own secret: kept for five minutes, never in a log."""

    async def get(self) -> Secret:
        """
        The secret as it was last read.

        Raises:
            GatewayUnavailable: it could not be read.
        """
        ...

    async def refresh(self) -> Secret:
        """
        Read the secret again because every known value failed. It is read at most once a minute,
        so that forged requests cannot cause many reads.
        """
        ...


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class HttpNotSent(GatewayUnavailable):
    """The request certainly never reached the other side: no connection was made."""


class HttpUnanswered(GatewayUnavailable):
    """The request may have reached the other side: no answer, or half an answer, came back."""


class HttpForbidden(HttpNotSent):
    """Nothing was sent: `Context.public_http` was asked for an address that is not public."""


class Http(Protocol):
    """Outgoing HTTP: no redirects, TLS checked, time and size limited."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - a limit of this one request, in seconds
        limit: int = 1024 * 1024,
    ) -> Response:
        """
        Make one request; any status is an answer.

        Raises:
            HttpNotSent: no connection could be made.
            HttpUnanswered: the answer is missing, late, cut off or longer than `limit` bytes.
        """
        ...


class Log(Protocol):
    """Structured logging: an event's name and its fields; never a body, a header or a secret."""

    def info(self, event: str, **fields: Any) -> None:
        """Something happened."""
        ...

    def warning(self, event: str, **fields: Any) -> None:
        """Something happened that people may want to look at."""
        ...


class Aws(Protocol):
    """AWS for a plugin that needs it: calls run in a bounded pool of threads."""

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        """
        Make one boto3 client call, such as `call("sesv2", "send_email", …)`.

        Raises:
            AwsError: AWS answered with an error; its code is in `code`.
            GatewayUnavailable: AWS gave no answer.
        """
        ...


class AwsError(Exception):
    """
    An AWS API answered with an error.

    Attributes:
        said: AWS's own words, to tell causes apart that share a code; they may quote an address
            or a name, so they are for deciding only, never for a log or another error.
    """

    def __init__(self, code: str, *, status: int, said: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.said = said


@dataclass(frozen=True, slots=True)
class Context(Generic[S]):
    """
    What a gateway or sink is built from.

    Attributes:
        settings: the plugin's own settings, validated.
        name: what the gateway or sink is configured as; its ids, events and log lines have it.
            Empty stands for the plugin's own name for it.
        request_timeout: seconds one HTTP request may take.
        public_http: the way to URLs that somebody else chose: the same, and it raises
            HttpForbidden for every address that is not public (`penstock.api.addresses`). The
            address that is checked is the one that is connected to.
        api_url: where this stack's API is served; empty when it is not known.
        profile: what only the local platform adds (its certificates, its addresses); empty
            wherever Penstock is deployed.
    """

    settings: S
    secrets: Secrets
    clock: Clock
    ids: Ids
    http: Http
    public_http: Http
    aws: Aws
    log: Log
    request_timeout: float
    api_url: str = ""
    profile: Mapping[str, Any] = field(default_factory=dict[str, Any])
    name: str = ""


Build = Callable[[Context[Any]], Any]
