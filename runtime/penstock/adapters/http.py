"""
Outgoing HTTP over aiohttp, which tells "certainly not sent" from "may have been sent".

The border is the moment when the request's head is handed to a connection. A failure before it
(DNS, refusal, TLS, time) means not sent; after it the request may have arrived.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from penstock.api.context import HttpForbidden, HttpNotSent, HttpUnanswered, Response

CONNECT_SECONDS = 3.0
USER_AGENT = "Penstock"
"""Who asks; providers' support looks for it (RFC 9110, 10.1.5)."""


@dataclass(slots=True)
class _Departure:
    """Whether a request may have left."""

    left: bool = False


class AiohttpHttp:
    """
    One session of aiohttp, made in the running loop when the first request is.

    No redirects, no cookies, no proxy and no credentials out of the environment.

    Args:
        timeout: seconds that a request without a limit of its own may take.
        allows: says of an IP address whether it may be connected to; None for all.
        resolver: looks names up; None for the system's.
    """

    def __init__(
        self,
        timeout: float,
        *,
        allows: Callable[[str], bool] | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._timeout = timeout
        self._allows = allows
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - a limit of this one request, in seconds
        limit: int = 1024 * 1024,
    ) -> Response:
        """
        Make one request; any status is an answer.

        Raises:
            HttpForbidden: only public addresses are allowed, and the host's are not.
            HttpNotSent: no connection could be made, or the address is invalid.
            HttpUnanswered: the answer is missing, late, cut off or longer than `limit` bytes.
        """
        seconds = self._timeout if timeout is None else timeout
        to = f"{method} {_host(url)}"
        if not url.lower().startswith(("http://", "https://")):
            raise HttpNotSent(f"{to}: the address begins with neither http:// nor https://")
        departure = _Departure()
        # `from None` throughout: aiohttp's texts quote the whole address, and Slack's is a secret.
        try:
            async with self._open().request(
                method,
                url,
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=seconds, sock_connect=min(seconds, CONNECT_SECONDS)
                ),
                trace_request_ctx=departure,
            ) as answer:
                return Response(
                    answer.status, _lower(answer), await _at_most(limit, answer.content, to)
                )
        except (aiohttp.ClientError, TimeoutError, OSError, UnicodeError) as exc:
            # The system's resolver raises a UnicodeError for a name with an empty or long label.
            # aiohttp itself repeats a GET on a connection that had gone stale: the second try's
            # failure to connect says nothing of the first, so its type alone does not tell.
            if departure.left:
                raise HttpUnanswered(f"{to}: no answer ({type(exc).__name__})") from None
            if isinstance(getattr(exc, "os_error", exc), _NotAllowed):
                raise HttpForbidden(f"{to}: its address is not public") from None
            raise HttpNotSent(f"{to}: no connection ({type(exc).__name__})") from None

    async def aclose(self) -> None:
        """Close every connection; a later request opens new ones."""
        if self._session:
            await self._session.close()
        self._session = None

    def _open(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            self._loop = loop
            departures = aiohttp.TraceConfig()
            departures.on_request_headers_sent.append(_note)
            self._session = aiohttp.ClientSession(
                connector=_checking(self._allows, self._resolver) if self._allows else None,
                headers={"User-Agent": USER_AGENT},
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                trace_configs=[departures],
            )
        return self._session


def _checking(
    allows: Callable[[str], bool], resolver: AbstractResolver | None
) -> aiohttp.TCPConnector:
    """
    A connector that opens no socket to an address that is not allowed.

    The socket is made for the address that is connected to. So a name that resolves to another
    address at its next look (DNS rebinding) gains nothing, nor does an odd form of an address.
    """

    def checked(info: Any) -> socket.socket:
        # aiohttp leaves the parts of an address untyped.
        family, kind, protocol, _, address = info
        if not allows(str(address[0])):
            raise _NotAllowed
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, socket_factory=checked)


class _NotAllowed(OSError):
    """An address may not be connected to. It says no more: for several, aiohttp keeps the type of
    their errors only where all have the same text."""


async def _note(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    context.trace_request_ctx.left = True


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"


def _lower(answer: aiohttp.ClientResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in answer.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


async def _at_most(limit: int, content: aiohttp.StreamReader, to: str) -> bytes:
    """Read an answer; leaving early makes aiohttp drop the connection, not read the rest."""
    body = bytearray()
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > limit:
            raise HttpUnanswered(f"{to}: the answer is longer than {limit} bytes")
    return bytes(body)
