"""The API on aiohttp: the same operations as the functions', in one process."""

from __future__ import annotations

from functools import partial
from typing import Protocol
from urllib.parse import parse_qsl

from aiohttp import web

from penstock import contracts
from penstock.bootstrap import Platform
from penstock.entrypoints.http.api import WEBHOOK, Api, Found
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.incoming import Incoming
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
        with Incoming(request, server, body_seconds) as incoming:
            try:
                found = api.find(asked)
            except RequestRefused as exc:
                made = api.refusal(asked, exc)
            else:
                made = await api(asked, found, partial(incoming.body, limit_of(found)))
        answered(found[0].id if found else None, made.status, clock.monotonic() - began)
        # Unread bytes of the body would be taken for the connection's next request.
        return response(made, close=request.can_read_body and not incoming.complete)

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
