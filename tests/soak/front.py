"""An address for PayPal's webhooks before all hosts, as a load balancer has one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

import aiohttp
from aiohttp import web

_TRIES = 60
_WAIT = 0.25
"""Seconds between two tries; a gateway waits for 30 in all."""
_OF_THE_HOP = frozenset({"host", "connection", "content-length", "transfer-encoding"})


@dataclass(slots=True)
class Front:
    """
    Sends on what comes, and again to the next host where there was no answer, or a 5xx.

    So it repeats what a gateway would repeat after minutes: nothing of ours takes part in that.

    Attributes:
        taken: the ids in the webhooks that a host took, by gateway.
    """

    http: aiohttp.ClientSession
    hosts: Sequence[str]
    port: int
    taken: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Answer."""
        turns = count()

        async def pass_on(request: web.Request) -> web.Response:
            return await self._pass_on(request, next(turns))

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", pass_on)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            yield
        finally:
            await runner.cleanup()

    async def register(self, paypal: str) -> None:
        """Have the simulated PayPal send its webhooks here."""
        told = {"url": f"{self.url}/webhooks/paypal"}
        async with self.http.put(f"{paypal}/_simulator/registration", json=told) as answer:
            answer.raise_for_status()

    async def _pass_on(self, request: web.Request, turn: int) -> web.Response:
        body = await request.read()
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _OF_THE_HOP}
        for tried in range(_TRIES):
            url = self.hosts[(turn + tried) % len(self.hosts)] + request.path_qs
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self.http.request(
                    request.method, url, data=body, headers=headers, allow_redirects=False
                ) as answer:
                    if answer.status < 500:
                        self._note(request.path, body, answer.status)
                        kept = {
                            k: v for k, v in answer.headers.items() if k.lower() not in _OF_THE_HOP
                        }
                        return web.Response(
                            status=answer.status, headers=kept, body=await answer.read()
                        )
            await asyncio.sleep(_WAIT)
        return web.Response(status=503)

    def _note(self, path: str, body: bytes, status: int) -> None:
        head, _, gateway = path.strip("/").partition("/")
        if head == "webhooks" and status == 202:
            self.taken.setdefault(gateway, set()).add(json.loads(body)["id"])
