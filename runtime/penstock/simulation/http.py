"""HTTP without a network: requests are handed to applications in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import StreamReader, web
from aiohttp.http import HttpVersion11, RawRequestMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from penstock.api import HttpNotSent, HttpUnanswered, Response
from penstock.simulation.chance import Fate
from penstock.simulation.process import FOREVER, Process


class _NoConnection:
    """aiohttp asks for a connection's parts, and calls them; nothing is ever done with them."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self


_NO_CONNECTION: Any = _NoConnection()

_DANGER = 3.0
"""A gateway fails more often than what we run ourselves."""


class Network:
    """Applications by their host's name."""

    def __init__(self, apps: Mapping[str, web.Application]) -> None:
        self._apps = apps

    async def start(self) -> None:
        """Start the applications."""
        for app in self._apps.values():
            app.freeze()
            await app.startup()

    async def at(
        self, base: str, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Response:
        """The same, at one application."""
        return await self.ask(method, f"{base}{path}", headers, body)

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Response:
        """Have a request answered."""
        parts = urlsplit(url)
        app = self._apps[parts.hostname or ""]
        loop = asyncio.get_running_loop()
        payload = StreamReader(_NO_CONNECTION, 2**16, loop=loop)
        payload.feed_data(body)
        payload.feed_eof()
        given = CIMultiDictProxy(CIMultiDict({"host": parts.netloc, **headers}))
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        raw = tuple((name.encode(), value.encode()) for name, value in given.items())
        message = RawRequestMessage(
            method, path, HttpVersion11, given, raw, False, None, False, False, URL(path)
        )
        request = web.Request(
            message,
            payload,
            _NO_CONNECTION,
            _NO_CONNECTION,
            _NO_CONNECTION,
            loop,
            client_max_size=1024**2,
        )
        # What the server calls with each request; there is no public way without a connection.
        handle: Callable[[web.Request], Any] = app._handle  # pyright: ignore[reportPrivateUsage]
        answer: Any
        try:
            answer = await handle(request)
        except web.HTTPException as refused:
            answer = refused
        text = answer.body if isinstance(answer.body, bytes) else b""
        return Response(answer.status, {k.lower(): v for k, v in answer.headers.items()}, text)


class FaultyHttp:
    """The way out of one process."""

    def __init__(self, network: Network, process: Process) -> None:
        self._network, self._process = network, process

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the port has it
        limit: int = 1024 * 1024,
    ) -> Response:
        """Make a request, or fail in one of the ways the port names."""
        chance = self._process.chance
        if chance.share and chance.is_lucky(chance.share / 4):
            chance.met[Fate.not_begun] += 1
            raise HttpNotSent("no connection could be made")
        if chance.share and chance.is_lucky(chance.share / 4):
            chance.met[Fate.not_begun] += 1
            return Response(503, {"retry-after": "3"}, b"")
        return await self._process.call(
            lambda: self._network.ask(method, url, headers or {}, body or b""),
            HttpUnanswered,
            timeout or FOREVER,
            _DANGER,
        )
