"""A server that says exactly the bytes a test wants said."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


class Wire:
    """
    Where it listens, the heads of the requests it got, and how many connections they came by.

    Its `server` can be closed by a talk, so that nobody can connect any more.
    """

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[bytes] = []
        self.connections = 0
        self.server: asyncio.Server | None = None


@asynccontextmanager
async def wire(
    talk: Callable[[Wire, asyncio.StreamWriter], Awaitable[None]],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Wire]:
    """Serve: `talk` is called for each request once its head was read."""
    it = Wire()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        it.connections += 1
        try:
            while True:
                it.requests.append(await reader.readuntil(b"\r\n\r\n"))
                await talk(it, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    it.server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = it.server.sockets[0].getsockname()[1]
    it.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield it
    finally:
        it.server.close()


def answer(*lines: str, body: bytes = b"", length: int | None = None) -> bytes:
    """An HTTP answer: its status, its headers, its body; `length` may lie."""
    head = [f"HTTP/1.1 {lines[0]}", *lines[1:], f"Content-Length: {length or len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


def says(said: bytes) -> Callable[[Wire, asyncio.StreamWriter], Awaitable[None]]:
    """A talk that says that."""

    async def talk(it: Wire, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()

    return talk


async def hangs_up(it: Wire, writer: asyncio.StreamWriter) -> None:
    """A talk that ends the connection without a word."""
    writer.close()
