"""Notifications of the simulated Example gateway: signed, kept, and sent on this machine only."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from penstock_example.notifying import SIGNATURE, signature
from penstock_example.simulator.held import within, written
from penstock_example.simulator.requests import problem

_TIMEOUT = aiohttp.ClientTimeout(total=30)
_WAITS = (1, 2, 4, 8, 16, 32)
"""Seconds before each further try."""
_HERE = ("127.0.0.1", "localhost", "::1")
_KEPT = 1000
_PAGE = 20


@dataclass(slots=True)
class Notices:
    """What was told, by the key it is signed with."""

    key: str = field(repr=False)
    letters: Callable[[int], str] = secrets.token_hex
    told: deque[dict[str, Any]] = field(
        default_factory=lambda: deque[dict[str, Any]](maxlen=_KEPT)
    )
    made: deque[dict[str, Any]] = field(
        default_factory=lambda: deque[dict[str, Any]](maxlen=_KEPT)
    )
    sending: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def routes(self, app: web.Application) -> None:
        """Add the route, and send while the application runs."""
        app.router.add_get("/notifications", self._show)
        app.router.add_get("/_simulator/notifications", self._list)
        app.on_shutdown.append(self._stop)

    def tell(self, url: str, type: str, data: Mapping[str, Any], at: datetime) -> None:
        """Sign a notification and have it sent."""
        told = {
            "id": f"evt_{self.letters(8)}",
            "type": type,
            "created_at": written(at),
            "data": data,
        }
        body = json.dumps(told, separators=(",", ":"))
        signed = signature(body.encode(), self.key)
        self.told.append({"type": type, "body": body, "signature": signed})
        self.made.append(told)
        # Whoever opens a subscription names the address: it must not reach beyond this machine.
        if urlsplit(url).hostname in _HERE:
            task = asyncio.create_task(_send(url, body.encode(), signed))
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)

    async def _show(self, request: web.Request) -> web.Response:
        """The notifications of a span of time, the newest first, a page of them."""
        try:
            found = within(reversed(self.made), "created_at", request)
        except ValueError:
            return problem(400, "malformed")
        return web.json_response({"notifications": found[:_PAGE], "more": len(found) > _PAGE})

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response(list(self.told))

    async def _stop(self, _: web.Application) -> None:
        for task in self.sending:
            task.cancel()
        await asyncio.gather(*self.sending, return_exceptions=True)


async def _send(url: str, body: bytes, signed: str) -> None:
    """Post a notification until it is taken, six more times at most."""
    headers = {"Content-Type": "application/json", SIGNATURE: signed}
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:
        for wait in (*_WAITS, None):
            try:
                async with http.post(url, data=body, headers=headers) as answer:
                    if answer.status < 300:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass  # tried again, as after a refusal
            if wait is not None:
                await asyncio.sleep(wait)
