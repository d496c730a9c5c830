"""
aiohttp's server as the API needs it: bytes as sent, time limits, and problems for bad HTTP.

aiohttp answers what its parser refuses by itself, as plain text and with the input in its log;
here it is a problem like every other, and only the kind of error is logged.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from penstock import problems
from penstock.contracts import ONCE
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
_REPEATED = re.compile(r"Duplicate '([A-Za-z-]{1,40})' header")

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Server(web.Server):
    """A server of one handler for every request; it must be made in a running loop."""

    def __init__(self, handle: Handle, head_seconds: float = HEAD_SECONDS) -> None:
        super().__init__(handle)
        self._head_seconds = head_seconds

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
    """One connection; what aiohttp itself refuses is answered as a problem."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what the parser refused (400), or to a bug of ours (500)."""
        # The exception's text quotes what was sent.
        log = structlog.get_logger()
        if status < 500:
            log.warning("request.malformed", because=type(exc).__name__)
            return response(problem_answer(_malformed(message or "")), close=True)
        notices.stage_failed("api", exc or RuntimeError())
        return response(problem_answer(RequestRefused(problems.INTERNAL_ERROR)), close=True)


@asynccontextmanager
async def listening(served: web.Application | Server, host: str, port: int) -> AsyncGenerator[str]:
    """
    Serve; yields the address. On the way out requests under way are finished.

    Raises:
        OSError: the port is taken.
    """
    runner: web.BaseRunner
    if isinstance(served, Server):
        runner = web.ServerRunner(served, shutdown_timeout=_SHUTDOWN)
    else:
        runner = web.AppRunner(
            served, access_log=None, shutdown_timeout=_SHUTDOWN, lingering_time=LINGER
        )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        taken = runner.addresses[0][1]
        yield f"http://{host}:{taken}"
    finally:
        await runner.cleanup()


def response(answer: Answer, *, close: bool) -> web.Response:
    """An answer as aiohttp sends it; `close` ends the connection after it."""
    made = web.Response(
        status=answer.status, body=answer.body, headers={**answer.headers, "server": "penstock"}
    )
    if close:
        made.force_close()
    return made


def _malformed(message: str) -> RequestRefused:
    repeated = _REPEATED.search(message)
    if repeated is None:
        return RequestRefused(problems.BAD_REQUEST, "the request is no valid HTTP/1.1")
    wrong = (f"header.{repeated[1]}", ONCE)
    return RequestRefused(problems.BAD_REQUEST, fields=[wrong])
