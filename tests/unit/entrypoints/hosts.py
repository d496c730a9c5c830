"""The API on its two hosts, each asked with the same request: what both answer must be equal."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from penstock import contracts
from penstock.bootstrap import Platform
from penstock.domain.caller import READ_AND_PAY, Scope
from penstock.entrypoints.functions.api import answer, make_api
from penstock.entrypoints.functions.merchant import make_merchant
from penstock.entrypoints.functions.operate import make_operate
from penstock.entrypoints.functions.receive import Intake
from penstock.entrypoints.http.api import Api
from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.tokens import mint
from penstock.entrypoints.http.web import application
from penstock.errors import RequestRefused
from tests.unit.entrypoints.stand import Stand

Headers = Sequence[tuple[str, bytes]]
_TRANSPORT = {"connection", "content-length", "date", "server"}


class Housed(Protocol):
    """Something that holds a platform, such as a `Stand`."""

    @property
    def platform(self) -> Platform:
        """The platform that the hosts serve."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """An answer; header names are lower-case."""

    status: int
    media: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def said(self) -> tuple[int, bytes, Mapping[str, str]]:
        """All of it but the headers that only a server of HTTP adds."""
        told = {name: value for name, value in self.headers.items() if name not in _TRANSPORT}
        return self.status, self.body, told


Ask = Callable[[str, str, Headers, bytes], Awaitable[Told]]


@asynccontextmanager
async def serve(stand: Housed) -> AsyncIterator[Ask]:
    """`penstock serve`, asked over a socket of its own, byte for byte."""

    async with listening(application(stand.platform), "127.0.0.1", 0) as url:

        async def ask(method: str, path: str, headers: Headers, body: bytes) -> Told:
            lines = [f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode()]
            lines += [name.encode() + b": " + value + b"\r\n" for name, value in headers]
            lines.append(f"Content-Length: {len(body)}\r\n\r\n".encode())
            return await raw(url, b"".join(lines) + body)

        yield ask


class HasPlatform(Protocol):
    """Whatever a platform was put together for."""

    @property
    def platform(self) -> Platform: ...


@asynccontextmanager
async def functions(stand: HasPlatform) -> AsyncIterator[Ask]:
    """The functions behind API Gateway, which joins repeated headers by commas (payload 2.0)."""
    api, intake = make_api(stand.platform), Intake(stand.platform.receive)
    others = {"merchant": make_merchant(stand.platform), "operate": make_operate(stand.platform)}
    # A stack has the routes of the contract; without the operators' commands, if they are off.
    contract = contracts.load(operations=stand.platform.settings.operations_api)

    def served_by(method: str, path: str) -> Api:
        try:
            operation, _ = contract.find(method, path)
        except RequestRefused:
            # Any other request goes to `api`, by the route `$default`.
            return api
        return others.get(operation.function, api)

    async def ask(method: str, path: str, headers: Headers, body: bytes) -> Told:
        joined: dict[str, str] = {}
        for name, value in headers:
            # What API Gateway makes of bytes that are no text is not documented: any text does.
            text, name = value.decode("latin-1"), name.lower()
            joined[name] = f"{joined[name]},{text}" if name in joined else text
        path, _, query = path.partition("?")
        event = {
            "version": "2.0",
            "routeKey": f"{method} {path}",
            "rawPath": path,
            "rawQueryString": query,
            "headers": joined,
            "requestContext": {"http": {"method": method, "path": path}},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        if method == "POST" and path.startswith(("/webhooks/", "/webhook/")):
            if path != "/webhook/receiver":
                event["pathParameters"] = {"gateway": path.rpartition("/")[2]}
            told = await asyncio.to_thread(intake, event)
            given = told["headers"]
            return Told(told["statusCode"], given["content-type"], told["body"].encode(), given)
        serving = served_by(method, path)
        answered = await answer(serving, event)
        media = answered.headers["content-type"]
        return Told(answered.status, media, answered.body, answered.headers)

    yield ask


_RESETS = 5
HOSTS = {"serve": serve, "functions": functions}


async def _answered(url: str, request: bytes) -> bytes:
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        async with asyncio.timeout(20):
            return await everything(reader)
    finally:
        writer.close()


async def everything(reader: asyncio.StreamReader) -> bytes:
    """What came until the other side closed, be it by a reset of what it did not read."""
    found = b""
    with suppress(ConnectionResetError):
        while block := await reader.read(65_536):
            found += block
    return found


async def raw(url: str, request: bytes) -> Told:
    """
    Send these bytes and read the answer to its end.

    Sent anew where a reset has overtaken the answer, as one does that is sent for bytes which the
    server has not read (RFC 9112, 9.6).
    """
    for _ in range(_RESETS):
        if answered := await _answered(url, request):
            break
    else:
        raise AssertionError(f"no answer came, {_RESETS} times")
    head, _, body = answered.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    return Told(int(lines[0].split()[1]), fields.get("content-type", ""), body, fields)


async def bearer(stand: Stand, scopes: frozenset[Scope] = READ_AND_PAY) -> tuple[str, bytes]:
    """The header with a token that the stand's API takes."""
    kept, text = mint("a test", stand.world.ids, stand.clock.now(), scopes=scopes)
    await stand.world.tokens.put(kept)
    return ("Authorization", f"Bearer {text}".encode())
