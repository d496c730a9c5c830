"""
The API on both hosts, in a thread of its own, for tests that talk to a live port.

One platform in memory, with consumers, sweep and simulators: `penstock serve --memory`, and beside
it the functions behind a stand-in for API Gateway.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.serve.host import serving
from penstock.entrypoints.serve.tryout import tryout
from tests.contract.threaded import threaded
from tests.leaving import logging_restored
from tests.unit.entrypoints.hosts import Ask, functions


@dataclass(frozen=True, slots=True)
class Live:
    """
    A server that answers, and a token it takes.

    Attributes:
        url: of `penstock serve`.
        functions: of the functions behind API Gateway, over the same platform.
    """

    url: str
    functions: str
    token: str = field(repr=False)
    simulators: Mapping[str, str]

    @property
    def hosts(self) -> Mapping[str, str]:
        """The address of each host, by name."""
        return {"serve": self.url, "functions": self.functions}


@contextmanager
def logged_apart() -> Iterator[None]:
    """What is logged, and by loggers that are made meanwhile, is not on standard output."""
    with logging_restored():
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(io.StringIO()))
        yield


def api_gateway(ask: Ask) -> web.Application:
    """HTTP in, events for functions out, as far as API Gateway is more than a pipe."""

    async def forward(request: web.Request) -> web.Response:
        headers = [
            (name, value.encode("utf-8", "surrogateescape"))
            for name, value in request.headers.items()
        ]
        told = await ask(request.method, request.raw_path, headers, await request.read())
        answer = web.Response(status=told.status, body=told.body)
        answer.headers.update({"content-type": told.media, **told.headers})
        return answer

    app = web.Application()
    # Any path at all; a dot would match no line end.
    app.router.add_route("*", r"/{path:[\s\S]*}", forward)
    return app


@contextmanager
def living() -> Iterator[Live]:
    """Serve the API over the memory adapters until the block ends."""
    with ExitStack() as until_the_end:
        # Its plugins keep their loggers, and a command's output may be standard output later.
        with logged_apart():
            made = until_the_end.enter_context(threaded(_both_hosts()))
        yield made


@asynccontextmanager
async def _both_hosts() -> AsyncIterator[Live]:
    async with (
        tryout() as tried,
        serving(tried.platform, tried.sinks, host="127.0.0.1", port=tried.port) as url,
        functions(tried) as ask,
        listening(api_gateway(ask), "127.0.0.1", 0) as gateway,
    ):
        yield Live(url, gateway, tried.token, tried.simulators)
