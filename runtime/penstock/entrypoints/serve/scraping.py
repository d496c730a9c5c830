"""`GET /metrics`, on an address of its own: the API's clients must not read the metrics."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from penstock import problems
from penstock.bootstrap import Platform
from penstock.entrypoints.http.listener import Server, listening, response
from penstock.entrypoints.http.message import Answer, problem_answer
from penstock.entrypoints.serve.gauges import Gauges
from penstock.entrypoints.serve.metrics import MEDIA, Metrics
from penstock.entrypoints.serve.watched import Watched
from penstock.errors import RequestRefused

PATH = "/metrics"
_CONNECTIONS = 16


@asynccontextmanager
async def scraped(
    platform: Platform, metrics: Metrics, queues: Mapping[str, Watched], host: str, port: int
) -> AsyncGenerator[str]:
    """
    Serve the metrics; yields the address.

    Args:
        queues: those whose messages are counted, by their logical names.

    Raises:
        OSError: the port is taken.
    """
    world = platform.world
    gauges = Gauges(queues, world.ledger, world.clock, metrics.registry)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        with server.working(request):
            try:
                _refuse_other(request.method, request.path)
                await gauges.read()
                made = Answer(200, metrics.page(), {"content-type": MEDIA})
            except RequestRefused as exc:
                made = problem_answer(exc)
        return response(made, close=request.can_read_body)

    server = Server(answer, most=_CONNECTIONS)
    async with listening(server, host, port) as address:
        yield address


def _refuse_other(method: str, path: str) -> None:
    if path != PATH:
        raise RequestRefused(problems.NO_SUCH_PATH, f"there is only {PATH}")
    if method != "GET":
        raise RequestRefused(problems.METHOD_NOT_ALLOWED, "send GET", headers={"allow": "GET"})
