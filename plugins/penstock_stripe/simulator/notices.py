"""Webhooks of the simulated Stripe: signed, and sent to an address of this machine."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from penstock_stripe import signing
from penstock_stripe.simulator.books import Books, Shown
from penstock_stripe.simulator.forms import number, query, shown, words

REGISTRATION = "/_simulator/registration"
_TIMEOUT = aiohttp.ClientTimeout(total=30)
_WAITS = (1, 2, 4, 8, 16, 32)
"""Seconds before each further try."""
_HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(slots=True)
class Notices:
    """
    Sends events, and lists them.

    Attributes:
        secret: signs them.
        url: where to; empty for nowhere.
    """

    books: Books
    secret: str = field(repr=False)
    url: str = ""
    sending: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def routes(self, app: web.Application) -> None:
        """Add the routes, and send while the application runs."""
        app.router.add_get("/v1/events", self._list)
        app.router.add_put(REGISTRATION, self._register)
        app.on_shutdown.append(self._stop)

    def signed(self, body: bytes) -> dict[str, str]:
        """The header that proves a body, now."""
        return {"Stripe-Signature": signing.header(body, [self.secret], self.books.now())}

    def send(self, event: Shown) -> None:
        """Have an event sent, if an address is registered."""
        if urlsplit(self.url).hostname in _HERE:
            task = asyncio.create_task(self._send(self.url, json.dumps(event).encode()))
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)

    async def _list(self, request: web.Request) -> web.Response:
        fields = query(request)
        created = words(fields, "created")
        since, until = number(created, "gte") or 0, number(created, "lte")
        found = [
            one
            for one in self.books.events
            if since <= one["created"] and (until is None or one["created"] <= until)
        ]
        return shown(self.books.page(found, fields, "/v1/events"))

    async def _register(self, request: web.Request) -> web.Response:
        self.url = str((await request.json())["url"])
        return web.json_response({"url": self.url})

    async def _send(self, url: str, body: bytes) -> None:
        """Post an event until it is taken, six more times at most; each try is signed anew."""
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:
            for wait in (*_WAITS, None):
                headers = {"Content-Type": "application/json", **self.signed(body)}
                try:
                    async with http.post(url, data=body, headers=headers) as answer:
                        if answer.status < 300:
                            return
                except (aiohttp.ClientError, TimeoutError):
                    pass  # tried again, as after a refusal
                if wait is not None:
                    await asyncio.sleep(wait)

    async def _stop(self, _: web.Application) -> None:
        for task in self.sending:
            task.cancel()
        await asyncio.gather(*self.sending, return_exceptions=True)
