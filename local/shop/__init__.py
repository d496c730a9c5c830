"""
A shop for the local platform: plans as cards, one book, and on to the gateway's approval page.

It is what a merchant's own backend does with the API: the token stays on the server's side.

    GET  /                          the plans
    GET  /plans/{provider}/{plan}   the form
    POST /plans/{provider}/{plan}   opens the subscription, and sends the buyer to approve it
    GET  /book                      one thing to buy, once
    POST /book                      opens its payment, and sends the buyer to approve it
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from local.emulator import require_free
from local.shop.client import Backend
from local.shop.counter import SELLERS, Counter


@asynccontextmanager
async def shop(
    api_url: str,
    token: str,
    port: int,
    gateways: Collection[str],
    sellers: Collection[str] = SELLERS,
) -> AsyncGenerator[str]:
    """
    Serve the shop; yields its address.

    Args:
        token: of the scopes read and pay.
        gateways: addresses of the gateways' approval pages.
        sellers: the gateways that the book can be paid by.

    Raises:
        EmulatorError: the port is taken.
    """
    if port:
        require_free(port, "the shop")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
        counter = Counter(Backend(http, api_url), gateways, sellers)
        app = web.Application()
        app.router.add_get("/", counter.plans)
        app.router.add_get("/plans/{provider}/{plan}", counter.form)
        app.router.add_post("/plans/{provider}/{plan}", counter.subscribe)
        app.router.add_get("/book", counter.book)
        app.router.add_post("/book", counter.buy)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
