"""The API on aiohttp: the same operations as the functions', in one process."""

from __future__ import annotations

import asyncio
from typing import Protocol
from urllib.parse import parse_qsl

from aiohttp import HttpVersion11, web

from penstock import contracts, problems
from penstock.bootstrap import Platform
from penstock.entrypoints.http.api import WEBHOOK, Api, Found, too_large
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.listener import HEAD_SECONDS, Server, response
from penstock.entrypoints.http.merchant import MerchantHandlers
from penstock.entrypoints.http.message import Request, joined
from penstock.entrypoints.http.operating import OperateHandlers
from penstock.entrypoints.http.pages.handlers import PageHandlers
from penstock.entrypoints.http.pages.page import PageSettings
from penstock.entrypoints.http.tokens import Authenticator
from penstock.errors import RequestRefused

BODY_SECONDS = 30.0
"""How long a client may take to send its body."""
_CHUNK = 64 * 1024


class Answered(Protocol):
    """A callback that gets each answer."""

    def __call__(self, operation: str | None, status: int, seconds: float | None) -> None:
        """
        Take note of an answer.

        Args:
            operation: the contract's operationId; None for a request that is none of its own.
            seconds: since the request's head was complete; None for a head that never was.
        """
        ...


def unheard(operation: str | None, status: int, seconds: float | None) -> None:
    """The callback of a host that does not count answers."""


def application(
    platform: Platform,
    head_seconds: float = HEAD_SECONDS,
    most: int | None = None,
    answered: Answered = unheard,
    body_seconds: float = BODY_SECONDS,
) -> Server:
    """
    Every operation of the contract, and problems for all other requests. Operators' commands are
    among them where the stack turns them on.

    Args:
        head_seconds: how long a connection may be without a complete request head.
        most: connections at once; left out, what the process has room for.
        answered: called with each answer.
        body_seconds: how long a client may take to send its body.

    Raises:
        SettingsError: the contract and the handlers do not fit together.
        PluginError: names the gateway whose door cannot be built.
    """
    operations = platform.settings.operations_api
    contract = contracts.load(operations=operations)
    api = Api(
        contract,
        {
            **Handlers(platform, contract).table(),
            **MerchantHandlers(platform).table(),
            **PageHandlers.of(platform).table(),
            **(OperateHandlers(platform).table() if operations else {}),
        },
        Authenticator(platform.world.tokens, platform.world.clock),
        functions=("api", "merchant", "receive", "operate"),
        pages=PageSettings.of(platform.settings),
    )
    doors, clock = platform.receive.doors, platform.world.clock

    def limit_of(found: Found) -> int:
        """How many bytes a request's body may have."""
        operation, parameters = found
        if operation.id != WEBHOOK:
            return operation.body_limit
        door = doors.get(parameters["gateway"])
        # Without a door it is refused in any case: its body is not read.
        return door.body_limit if door else 0

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        began = clock.monotonic()
        asked = _request(request)
        found: Found | None = None
        limit = 0
        try:
            found = api.find(asked)
            limit = limit_of(found)
            body = await _read(request, limit, body_seconds) if limit else b""
        except RequestRefused as exc:
            made, complete = api.refusal(asked, exc), False
        else:
            with server.working(request):
                whole = Request(asked.method, asked.path, asked.query, asked.headers, body)
                made = await api(whole, found)
            complete = bool(limit)
        answered(found[0].id if found else None, made.status, clock.monotonic() - began)
        # Unread bytes of the body would be taken for the connection's next request.
        return response(made, close=request.can_read_body and not complete)

    # No router of aiohttp's: the contract says which operation it is, for both hosts.
    server = Server(answer, head_seconds, most, lambda status: answered(None, status, None))
    return server


def _request(incoming: web.BaseRequest) -> Request:
    url = incoming.rel_url
    asked = url.raw_query_string
    return Request(
        method=incoming.method,
        path=url.raw_path,
        query=parse_qsl(asked, keep_blank_values=True) if asked else (),
        headers=joined(incoming.headers.items()),
    )


async def _read(incoming: web.BaseRequest, limit: int, seconds: float) -> bytes:
    """
    The body; at most one chunk beyond the limit is held.

    Raises:
        RequestRefused: 413 when it is longer, 408 when it does not come, 400 when it breaks off.
    """
    if incoming.headers.get("Transfer-Encoding", "chunked").strip().lower() != "chunked":
        # aiohttp takes the chunks apart and leaves the other codings in: a body nobody sent.
        raise RequestRefused(problems.BODY_REFUSED, "send it with no transfer coding but chunked")
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
        async with asyncio.timeout(seconds):
            await _ask_for_body(incoming)
            async for chunk in incoming.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > limit:
                    raise too_large(limit)
    except TimeoutError as exc:
        detail = f"the body must come within {seconds:g} s"
        raise RequestRefused(problems.BODY_TOO_SLOW, detail) from exc
    except (web.PayloadAccessError, web.RequestPayloadError, OSError) as exc:
        raise RequestRefused(problems.BODY_REFUSED, "the body broke off") from exc
    return bytes(body)


async def _ask_for_body(incoming: web.BaseRequest) -> None:
    """Tell a waiting client to send the body (RFC 9110, 10.1.1)."""
    expected = incoming.headers.get("Expect", "").strip().lower()
    if expected == "100-continue" and incoming.version >= HttpVersion11:
        await incoming.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # aiohttp counts what was written of the answer, and this is no part of it.
        incoming.writer.output_size = 0
