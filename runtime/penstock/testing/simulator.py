"""
The parts that every simulator has: faults on demand, and a list of its requests.

* `POST /_simulator/faults` adds faults, a JSON list; the first that matches a request is used.
* `DELETE /_simulator/faults` forgets them and ends every delay under way.
* `GET /_simulator/requests` lists method, path and status of each request, oldest first; never
  a body or a header. A dropped one has status null.

A test may watch what simulators are asked and what they answer (`watching`), to hold both to a
description of the provider's API.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import TypeAdapter, ValidationError

from penstock.testing.faults import Fault, Pending

CONTROL = "/_simulator/"
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    One request to a simulator, and its answer.

    Attributes:
        provider: whose stand-in was asked, as `with_faults` was told.
        headers: of the request; their names are lower-case.
        status: of the answer; None if it was a fault's and not the simulator's own.
        media: the answer's content type, without parameters.
    """

    provider: str
    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    status: int | None
    media: str
    answer: bytes = field(repr=False)


_watches: list[Callable[[Exchange], None]] = []


@contextmanager
def watching(watch: Callable[[Exchange], None]) -> Generator[None]:
    """
    Show every exchange with a simulator of this process to `watch`, until the block ends.

    Simulators run in several threads, and so does `watch`. It is not shown orders to the
    simulator itself, below `/_simulator/`.
    """
    _watches.append(watch)
    try:
        yield
    finally:
        _watches.remove(watch)


_FAULTS = TypeAdapter(list[Fault])


@dataclass(slots=True)
class _Faults:
    """The faults of one simulator, and its requests."""

    pending: Pending[Fault] = field(default_factory=Pending[Fault])
    asked: deque[dict[str, Any]] = field(
        default_factory=lambda: deque[dict[str, Any]](maxlen=_KEPT)
    )
    cleared: asyncio.Event = field(default_factory=asyncio.Event)

    def clear(self) -> None:
        """Forget all faults and end the delays under way."""
        self.pending.clear()
        self.cleared.set()
        self.cleared = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Wait, unless the faults are cleared first."""
        try:
            await asyncio.wait_for(self.cleared.wait(), seconds)
        except TimeoutError:
            return


def with_faults(app: web.Application, provider: str = "") -> web.Application:
    """
    Give a simulator's application the routes above, and return it.

    Args:
        provider: whose API it plays, for those who are `watching`.
    """
    faults = _Faults()

    @web.middleware
    async def misbehave(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL):
            return await handler(request)

        # Before the answer: a fault may close the connection.
        body = await _body(request) if _watches else b""
        fault = faults.pending.take(lambda one: one.matches(request))
        try:
            response = await _answer(faults, fault, request, handler)
        except Exception:
            # A fault of the simulator's own; the server answers it with 500.
            if _watches:
                _show(provider, request, body, web.Response(status=500))
            raise
        status = None if fault is not None and fault.drop else response.status
        faults.asked.append({"method": request.method, "path": request.path, "status": status})
        if _watches:
            own = fault is None or (fault.status is None and not fault.drop)
            _show(provider, request, body, response if own else None)
        return response

    async def add(request: web.Request) -> web.Response:
        try:
            more = _FAULTS.validate_json(await request.read())
        except ValidationError as exc:
            problem = exc.errors(include_input=False, include_url=False, include_context=False)
            return web.json_response({"errors": problem}, status=400)
        faults.pending.add(*more)
        return web.json_response({"faults": len(faults.pending)})

    async def forget(_: web.Request) -> web.Response:
        faults.clear()
        return web.Response(status=204)

    async def asked(_: web.Request) -> web.Response:
        return web.json_response(list(faults.asked))

    async def stop(_: web.Application) -> None:
        faults.clear()

    # Outermost: a fault is a fault of the whole provider, its own error pages included.
    app.middlewares.insert(0, misbehave)
    app.router.add_post(f"{CONTROL}faults", add)
    app.router.add_delete(f"{CONTROL}faults", forget)
    app.router.add_get(f"{CONTROL}requests", asked)
    app.on_shutdown.append(stop)
    return app


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        return b""  # the answer says so


def _show(
    provider: str, request: web.Request, body: bytes, answer: web.StreamResponse | None
) -> None:
    told = answer.body if isinstance(answer, web.Response) else b""
    exchange = Exchange(
        provider,
        request.method,
        request.path,
        tuple(request.query.items()),
        {name.lower(): value for name, value in request.headers.items()},
        body,
        answer.status if answer is not None else None,
        answer.content_type if answer is not None else "",
        told if isinstance(told, bytes) else b"",
    )
    for watch in tuple(_watches):
        watch(exchange)


async def _answer(
    faults: _Faults, fault: Fault | None, request: web.Request, handler: Handler
) -> web.StreamResponse:
    if fault is None:
        return await _real(request, handler)

    response = await _real(request, handler) if fault.after else None
    if fault.delay:
        await faults.wait(fault.delay)
    if fault.drop:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()  # goes nowhere: the connection is gone
    if fault.status is not None:
        return fault.answer(fault.status)
    return response or await _real(request, handler)


async def _real(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as answer:
        return web.Response(status=answer.status, headers=answer.headers, text=answer.text)
