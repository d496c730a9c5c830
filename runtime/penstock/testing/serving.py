"""A simulator served on a free port of this machine, and the way to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp.test_utils import TestServer

from penstock.adapters.http import AiohttpHttp
from penstock.api import Http, Simulated, Simulator


@dataclass(frozen=True, slots=True)
class Served:
    """A running simulator: its address, its description, and an HTTP client to reach it."""

    url: str
    told: Simulated
    http: Http


@asynccontextmanager
async def served(simulator: Simulator) -> AsyncGenerator[Served]:
    """Serve a simulator until the block ends."""
    server = TestServer(simulator.app)
    http = AiohttpHttp(timeout=5.0)
    await server.start_server()
    try:
        url = str(server.make_url("/")).rstrip("/")
        yield Served(url, simulator.describe(url), http)
    finally:
        await http.aclose()
        await server.close()


Simulate = Callable[[Simulator], Awaitable[Served]]
"""Serves a simulator until the test ends: the fixture `penstock_simulator`."""
