"""
The two servers of bench-intake: bare aiohttp, or the intake and its verification in one process.

Asked on standard input to have verified so many deliveries, it says on standard error how much
CPU it has used when it has. Logs are written as ever, to standard output.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiohttp import web

from penstock import observability
from penstock.adapters.clock import SystemClock
from penstock.adapters.ids import RandomIds
from penstock.api import Response
from penstock.bootstrap import Platform
from penstock.bootstrap.memory import MemoryWorld
from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.web import application
from penstock.entrypoints.serve.consume import Consumer
from penstock.entrypoints.serve.process import settle
from penstock.plugins import load
from penstock.settings import Function, Settings

HOST = "127.0.0.1"
_LOOK_SECONDS = 0.005


class Served:
    """HTTP to one place, which has the certificate."""

    def __init__(self, certificate: bytes) -> None:
        self._certificate = certificate

    async def request(self, *_: Any, **__: Any) -> Response:
        """Serve it."""
        return Response(200, {}, self._certificate)


@asynccontextmanager
async def bare() -> AsyncIterator[tuple[str, None]]:
    """The least that takes a webhook: its body is read, and it is answered."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"delivery_id": "0"}, status=202)

    served = web.Application()
    served.router.add_post("/webhooks/paypal", take)
    async with listening(served, HOST, 0) as url:
        yield url, None


@asynccontextmanager
async def verifying(told: dict[str, Any]) -> AsyncIterator[tuple[str, MemoryWorld]]:
    """
    `penstock serve` as far as verified.fifo: nothing that would ask PayPal's API.

    It verifies what it took, or, told not to, keeps it and no more.
    """
    observability.configure("INFO")
    world = MemoryWorld(
        clock=SystemClock(),
        ids=RandomIds(),
        http=Served(told["certificate"].encode()),
        sinks={},
        secrets={"paypal": told["secret"]},
        as_sent=True,
    )
    environ = {
        "PENSTOCK_GATEWAYS": "paypal",
        "PENSTOCK_API_URL": f"http://{HOST}",
        "PROVIDER_PAYPAL_ENVIRONMENT": "local",
    }
    profiles = {"paypal": told["profile"]}
    registry = load(only={"paypal": "paypal"})
    platform = Platform(Settings.read(environ), environ, registry, world, profiles)
    stop = asyncio.Event()
    async with listening(application(platform), HOST, 0) as url:
        settle()
        if not told["verifies"]:
            stop.set()
        consuming = asyncio.create_task(Consumer(platform.batch(Function.verify), 10, stop).run())
        yield url, world
        stop.set()
        await consuming


async def main() -> None:
    """Serve what the first line says until there are no more lines."""
    reader = asyncio.StreamReader(limit=1024 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    told = json.loads(await reader.readline())
    async with AsyncExitStack() as stack:
        url, world = await stack.enter_async_context(verifying(told) if told else bare())
        _say(url)
        async for line in reader:
            if world:
                await _verified(world, int(line))
            _say(time.process_time())


async def _verified(world: MemoryWorld, wanted: int) -> None:
    queue = world.queues["verified"]
    while (await queue.depth())["visible"] < wanted:  # noqa: ASYNC110 - a queue tells nobody
        await asyncio.sleep(_LOOK_SECONDS)


def _say(what: object) -> None:
    sys.stderr.write(f"{json.dumps(what)}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    asyncio.run(main())
