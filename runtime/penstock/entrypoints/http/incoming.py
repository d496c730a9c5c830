"""The body of a request to aiohttp: read only once the caller is known, and never too much."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from aiohttp import HttpVersion11, web

from penstock import problems
from penstock.entrypoints.http.api import too_large
from penstock.entrypoints.http.connections import Working
from penstock.entrypoints.http.listener import Server
from penstock.errors import RequestRefused

_CHUNK = 64 * 1024


class Incoming:
    """
    A request whose head has come. Enter it while it is answered: from when it is complete, its
    connection is not closed for another one.

    Args:
        seconds: how long its body may take to come.

    Attributes:
        complete: whether the body was read to its end.
    """

    def __init__(self, request: web.BaseRequest, server: Server, seconds: float) -> None:
        self._request, self._server, self._seconds = request, server, seconds
        self._working: Working | None = None
        # It came with its head, as small ones do: there is nothing to wait for.
        self._came = request.content.is_eof()
        self.complete = False

    def __enter__(self) -> Self:
        if self._came:
            self._work()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._working:
            self._working.__exit__()

    def _work(self) -> None:
        self._working = self._server.working(self._request)
        self._working.__enter__()

    async def body(self, limit: int) -> bytes:
        """
        The body; not read where it may have no byte.

        Raises:
            RequestRefused: 413 when it is longer than `limit`, 408 when it does not come, 400 when
                it breaks off.
        """
        if not limit:
            return b""
        coding = self._request.headers.get("Transfer-Encoding", "chunked")
        if coding.strip().lower() != "chunked":
            # aiohttp takes the chunks apart and leaves the other codings in: a body nobody sent.
            detail = "send it with no transfer coding but chunked"
            raise RequestRefused(problems.BODY_REFUSED, detail)
        if self._came:
            body = self._request.content.read_nowait()
            if len(body) > limit:
                raise too_large(limit)
        else:
            if (self._request.content_length or 0) > limit:
                raise too_large(limit)
            body = await self._read(limit)
            self._work()
        self.complete = True
        return body

    async def _read(self, limit: int) -> bytes:
        """Wait for the body; at most one chunk beyond the limit is held."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                await _ask_for_body(self._request)
                async for chunk in self._request.content.iter_chunked(_CHUNK):
                    body += chunk
                    if len(body) > limit:
                        raise too_large(limit)
        except TimeoutError as exc:
            detail = f"the body must come within {self._seconds:g} s"
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
