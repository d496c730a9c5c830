"""The API on aiohttp: the same operations as the functions', in one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from penstock import contracts
from penstock.bootstrap import Platform
from penstock.entrypoints.http.api import WEBHOOK, Api, too_large
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.message import Answer, Request, problem_answer
from penstock.entrypoints.http.tokens import Authenticator
from penstock.errors import RequestRefused

BODY_SECONDS = 30.0
"""How long a client may take to send its body."""
LINGER = 1.0
"""Seconds a refused body is read and thrown away, so that its sender gets to read the answer."""
_CHUNK = 64 * 1024


def application(platform: Platform) -> web.Application:
    """
    Every operation of the contract, and problems for all other requests.

    Raises:
        SettingsError: the contract and the handlers do not fit together.
        PluginError: names the gateway whose door cannot be built.
    """
    contract = contracts.load()
    api = Api(
        contract,
        Handlers(platform, contract).table(),
        Authenticator(platform.world.tokens, platform.world.clock),
        functions=("api", "receive"),
    )
    doors = platform.receive.doors

    def limit_of(request: Request) -> int:
        operation, parameters = api.find(request)
        if operation.id != WEBHOOK:
            return operation.body_limit
        door = doors.get(parameters["gateway"])
        # Without a door it will be refused whatever it holds: nothing of it is read.
        return door.body_limit if door else 0

    @web.middleware
    async def answer(request: web.Request, handler: Any) -> web.StreamResponse:
        asked = _request(request)
        try:
            limit = limit_of(asked)
            body = await _read(request, limit) if limit else b""
        except RequestRefused as exc:
            # Unread bytes of the body would be taken for the connection's next request.
            return _response(problem_answer(exc), close=request.can_read_body)
        answered = await api(replace(asked, body=body))
        return _response(answered, close=request.can_read_body and not limit)

    # Which operation it is, the contract decides, for both hosts in one place, and aiohttp's own
    # answers (404 in plain text) are never given. The one route is for speed only: where none
    # fits, aiohttp makes an exception of each request, and that costs as much as reading it.
    served = web.Application(middlewares=[answer])
    served.router.add_route("*", "/{path:.*}", _never)
    return served


@asynccontextmanager
async def listening(served: web.Application, host: str, port: int) -> AsyncGenerator[str]:
    """
    Serve an application; yields its address. On the way out requests under way are finished.

    Raises:
        OSError: the port is taken.
    """
    runner = web.AppRunner(served, access_log=None, shutdown_timeout=10, lingering_time=LINGER)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        taken = runner.addresses[0][1]
        yield f"http://{host}:{taken}"
    finally:
        await runner.cleanup()


async def _never(_: web.Request) -> web.StreamResponse:
    raise AssertionError("the middleware answers everything")


def _request(incoming: web.Request) -> Request:
    headers: dict[str, str] = {}
    for name, value in incoming.headers.items():
        key = name.lower()
        # Joined as API Gateway joins them.
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    url = incoming.rel_url
    return Request(
        method=incoming.method,
        path=url.raw_path,
        query=parse_qsl(url.raw_query_string, keep_blank_values=True),
        headers=headers,
    )


async def _read(incoming: web.Request, limit: int) -> bytes:
    """
    The body, of which no more than a chunk beyond the limit is ever held.

    Raises:
        RequestRefused: 413 when it is longer, 408 when it does not come, 400 when it breaks off.
    """
    if (incoming.content_length or 0) > limit:
        raise too_large(limit)
    if incoming.content.is_eof():
        # It came with its head, as small ones do: there is nothing to wait for.
        body = incoming.content.read_nowait()
        if len(body) > limit:
            raise too_large(limit)
        return body
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in incoming.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > limit:
                    raise too_large(limit)
    except TimeoutError as exc:
        detail = f"the body must come within {BODY_SECONDS:.0f} s"
        raise RequestRefused(408, "Body too slow", detail) from exc
    except (web.PayloadAccessError, OSError) as exc:
        raise RequestRefused(400, "Body refused", "the body broke off") from exc
    return bytes(body)


def _response(answer: Answer, *, close: bool) -> web.Response:
    response = web.Response(
        status=answer.status, body=answer.body, headers={**answer.headers, "server": "penstock"}
    )
    if close:
        response.force_close()
    return response
