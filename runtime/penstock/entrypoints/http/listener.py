"""
aiohttp's server as the API needs it: bytes as sent, limits, and problems for bad HTTP.

aiohttp answers what its parser refuses by itself, as plain text and with the input in its log;
here it is a problem like every other, and only the kind of error is logged.
"""

from __future__ import annotations

import asyncio
import errno
import re
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, cast

import structlog
from aiohttp import web
from multidict import CIMultiDict

from penstock import problems
from penstock.contracts import ONCE
from penstock.entrypoints.http.connections import Connections, Full, Working, room
from penstock.entrypoints.http.message import Answer, problem_answer
from penstock.errors import RequestRefused
from penstock.pipeline import notices

HEAD_SECONDS = 30.0
"""
How long a connection may be without a complete request head, at its start and between requests.

A reverse proxy in front must keep idle connections for a shorter time than this.
"""
LINGER = 1.0
"""Seconds a refused body is read and thrown away, so that its sender gets to read the answer."""
_SHUTDOWN = 10.0
_BACKLOG = 128
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_REPEATED = re.compile(r"Duplicate '([A-Za-z-]{1,40})' header")

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Server(web.Server):
    """
    A server of one handler for every request; it must be made in a running loop.

    Args:
        head_seconds: how long a connection may be without a complete request head.
        most: connections at once; left out, what the process has room for.
        refused: called with the status of each answer that `handle` did not give.
    """

    def __init__(
        self,
        handle: Handle,
        head_seconds: float = HEAD_SECONDS,
        most: int | None = None,
        refused: Callable[[int], None] = lambda status: None,
    ) -> None:
        super().__init__(handle)
        self.refused = refused
        self._head_seconds = head_seconds
        self.open = Connections(most or room())

    def working(self, request: web.BaseRequest) -> Working:
        """While a complete request is answered, its connection is not closed for another one."""
        return self.open.working(request.protocol)

    def __call__(self) -> web.RequestHandler:
        """The protocol of one new connection."""
        return _Protocol(
            self,
            loop=asyncio.get_running_loop(),
            # aiohttp's one timer for a connection that waits for a request; bytes of a head that
            # is not complete do not stop it.
            keepalive_timeout=self._head_seconds,
            lingering_time=LINGER,
            # A gateway signs the bytes it sends: what they would unpack to is another body.
            auto_decompress=False,
            access_log=None,  # pyright: ignore[reportArgumentType] - aiohttp takes None for none
        )


class _Protocol(web.RequestHandler):
    """One connection; a request that aiohttp itself refuses is answered with a problem."""

    __slots__ = ("_open", "_refused")

    def __init__(self, server: Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._open, self._refused = server.open, server.refused

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection in, if there is room for it."""
        connection = cast("asyncio.Transport", transport)
        try:
            dropped = self._open.opened(self, connection)
        except Full:
            _log().warning("connection.refused", because="every connection is being answered")
            self._refused(_FULL.status)
            connection.write(_whole(_FULL))
            connection.close()
            return
        if dropped:
            _log().warning("connection.closed", because="a new one needed its place")
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Free its place."""
        self._open.closed(self)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to a request that the parser refused (400), or to a bug (500)."""
        # The exception's text quotes what was sent.
        because = type(exc).__name__
        if status < 500:
            _log().warning("request.malformed", because=because)
            refused = _malformed(message or "")
        else:
            notices.stage_failed("api", exc or RuntimeError())
            refused = RequestRefused(problems.INTERNAL_ERROR)
        self._refused(refused.kind.status)
        return response(problem_answer(refused), close=True)


@asynccontextmanager
async def listening(served: web.Application | Server, host: str, port: int) -> AsyncGenerator[str]:
    """
    Serve; yields the address. On the way out requests under way are finished.

    Raises:
        OSError: the port is taken.
    """
    runner: web.BaseRunner
    at_a_time = _BACKLOG
    if isinstance(served, Server):
        # The event loop takes in so many before it looks at the first: the files must suffice.
        at_a_time = max(1, min(_BACKLOG, served.open.most // 8))
        runner = web.ServerRunner(served, shutdown_timeout=_SHUTDOWN)
    else:
        runner = web.AppRunner(
            served, access_log=None, shutdown_timeout=_SHUTDOWN, lingering_time=LINGER
        )
    await runner.setup()
    try:
        sockets = await _bound(host, port)
        for one in sockets:
            await web.SockSite(runner, one, backlog=at_a_time).start()
            # asyncio has one number for both: the others wait in the kernel, and are not dropped.
            one.listen(_BACKLOG)
        yield f"http://{host}:{sockets[0].getsockname()[1]}"
    finally:
        await runner.cleanup()


async def _bound(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of the host, all on one port."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    made: list[socket.socket] = []
    refused: OSError | None = None
    for family, (address, *_) in dict.fromkeys((one[0], one[4]) for one in found):
        try:
            made.append(socket.create_server((address, port), family=family))
            port = made[0].getsockname()[1]
        except OSError as exc:
            if exc.errno not in _NOT_HERE:
                for one in made:
                    one.close()
                raise
            # A name such as localhost has an address of IPv6 where the host has no IPv6.
            refused = exc
    if refused and not made:
        raise refused
    return made


def response(answer: Answer, *, close: bool) -> web.Response:
    """An answer as aiohttp sends it; `close` ends the connection after it."""
    # As aiohttp keeps them: it would copy any other mapping once more.
    headers = CIMultiDict(answer.headers, server="penstock")
    made = web.Response(status=answer.status, body=answer.body, headers=headers)
    if close:
        made.force_close()
    return made


def _whole(answer: Answer) -> bytes:
    """An answer as it goes over a connection that aiohttp does not serve."""
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
        f"content-length: {len(answer.body)}",
        "server: penstock",
        "connection: close",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + answer.body


_FULL = problem_answer(
    RequestRefused(
        problems.UNAVAILABLE, "too many connections are open", headers={"retry-after": "1"}
    )
)


def _log() -> structlog.typing.FilteringBoundLogger:
    return structlog.get_logger()


def _malformed(message: str) -> RequestRefused:
    repeated = _REPEATED.search(message)
    if repeated is None:
        return RequestRefused(problems.BAD_REQUEST, "the request is no valid HTTP/1.1")
    wrong = (f"header.{repeated[1]}", ONCE)
    return RequestRefused(problems.BAD_REQUEST, fields=[wrong])
