"""
Outgoing HTTP over urllib3, in threads: what functions use, which have it in memory for AWS anyway.

The border between "not sent" and "may have been" is `AiohttpHttp`'s: the moment a request's first
bytes are handed to a connection. A request that is given up before that moment never leaves.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from penstock.adapters.threads import Threads
from penstock.api.context import HttpNotSent, HttpUnanswered, Response

CONNECT_SECONDS = 3.0
_CHUNK = 64 * 1024


class _GivenUp(Exception):
    """Nobody waits for the request any more, and nothing of it has left."""


class _TooLong(Exception):
    """The answer is longer than its limit."""


class _Departure:
    """Whether a request may have left; asked in its thread, given up in the loop's."""

    def __init__(self) -> None:
        self._deciding = threading.Lock()
        self._given_up = False
        self.left = False

    def leave(self) -> None:
        """
        Note that it leaves.

        Raises:
            _GivenUp: it must not any more.
        """
        with self._deciding:
            if self._given_up:
                raise _GivenUp
            self.left = True

    def give_up(self) -> bool:
        """Keep it from leaving; says whether it may have left before."""
        with self._deciding:
            self._given_up = True
            return self.left


_departure: ContextVar[_Departure] = ContextVar("departure")


class _Plain(HTTPConnection):
    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _departure.get().leave()
        super().send(data)


class _Secure(HTTPSConnection):
    def send(self, data: Any) -> None:
        # Its handshake is over: the pool sees to that before it asks anything.
        _departure.get().leave()
        super().send(data)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain  # pyright: ignore[reportAssignmentType] - nor do urllib3's own fit


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure  # pyright: ignore[reportAssignmentType] - nor do urllib3's own fit

    def __init__(self, host: str, port: int | None = None, **options: Any) -> None:
        # One context a host: urllib3 would read the system's roots for each connection, 25 ms.
        super().__init__(host, port, ssl_context=ssl.create_default_context(), **options)


class ThreadedHttp:
    """
    Connections of urllib3, kept; nothing is started before the first request.

    No redirects, no repeats, no cookies, no proxy and no credentials out of the environment.

    Args:
        timeout: seconds a request may take that names no limit of its own.
        requests: how many may be under way.
    """

    def __init__(self, timeout: float, requests: int = 16) -> None:
        self._timeout = timeout
        self._requests = requests
        self._begin()

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
            HttpNotSent: no connection could be made, or the address is none.
            HttpUnanswered: the answer is missing, late, cut off or longer than `limit` bytes.
        """
        seconds = self._timeout if timeout is None else timeout
        to = f"{method} {_host(url)}"
        if not url.startswith(("http://", "https://")):
            raise HttpNotSent(f"{to}: no address of the web")
        departure = _Departure()

        def work() -> Response:
            _departure.set(departure)
            return self._now(method, url, headers or {}, body, seconds, limit)

        # `from None` throughout: urllib3's texts quote the address, and Slack's is a secret.
        try:
            async with asyncio.timeout(seconds):
                return await self._threads.run(work)
        except _TooLong:
            raise HttpUnanswered(f"{to}: the answer is longer than {limit} bytes") from None
        except (HTTPError, OSError) as exc:
            # When its time has run out (an OSError, too) it is in its thread still, and must not
            # leave later: nobody would know.
            if departure.give_up():
                raise HttpUnanswered(f"{to}: no answer ({type(exc).__name__})") from None
            raise HttpNotSent(f"{to}: no connection ({type(exc).__name__})") from None
        except asyncio.CancelledError:
            departure.give_up()
            raise

    async def aclose(self) -> None:
        """Close every connection; a later request opens new ones."""
        self._threads.close()
        self._pools.clear()
        self._begin()

    def _begin(self) -> None:
        self._threads = Threads(self._requests, "http")
        self._pools = PoolManager(maxsize=self._requests)
        self._pools.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def _now(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        seconds: float,
        limit: int,
    ) -> Response:
        with self._pools.request(
            method,
            url,
            headers={"accept": "*/*", **headers},
            body=body,
            timeout=Timeout(connect=min(seconds, CONNECT_SECONDS), read=seconds),
            retries=False,
            redirect=False,
            preload_content=False,
        ) as answer:
            read = bytearray()
            for chunk in answer.stream(_CHUNK, decode_content=True):
                read += chunk
                if len(read) > limit:
                    raise _TooLong
            # By name, because that joins what is repeated.
            lower = {name.lower(): answer.headers[name] for name in answer.headers}
            return Response(answer.status, lower, bytes(read))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"
