"""
What every simulator has: faults on demand, and a list of what was asked of it.

* `POST /_simulator/faults` adds faults, a JSON list; the first that matches a request is used.
* `DELETE /_simulator/faults` forgets them and ends every delay under way.
* `GET /_simulator/requests` lists method, path and status of each request, oldest first; never
  a body or a header. A dropped one has status null.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

CONTROL = "/_simulator/"
_KEPT = 10_000


class Fault(BaseModel):
    """
    One way to misbehave, for the requests it matches.

    Attributes:
        method: the only method it matches; any, when left out.
        path: a regular expression that is searched for in the path (no query).
        status: the answer's status; without one, and without `drop`, the real answer is given.
        body: the answer's body; text goes as it is, anything else as JSON.
        drop: close the connection instead of answering.
        delay: seconds to wait before the answer.
        after: do the work first, then misbehave: the answer is lost, the deed is done.
        times: how many requests it is for; all, when left out.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    method: str | None = None
    path: str
    status: int | None = Field(None, ge=200, le=599)
    headers: dict[str, str] = Field(default_factory=dict)
    body: Any = None
    drop: bool = False
    delay: float = Field(0.0, ge=0)
    after: bool = False
    times: int | None = Field(None, ge=1)

    @field_validator("path")
    @classmethod
    def _pattern(cls, path: str) -> str:
        try:
            re.compile(path)
        except re.error as exc:
            raise ValueError("path must be a regular expression") from exc
        return path

    def matches(self, method: str, path: str) -> bool:
        """Whether it is for such a request."""
        mine = self.method is None or self.method.upper() == method
        return mine and re.search(self.path, path) is not None

    def answer(self, status: int) -> web.Response:
        """The answer it gives instead of the real one."""
        if self.body is None or isinstance(self.body, str):
            return web.Response(status=status, headers=self.headers, text=self.body)

        headers = {"Content-Type": "application/json", **self.headers}
        return web.Response(status=status, headers=headers, body=json.dumps(self.body).encode())


_FAULTS = TypeAdapter(list[Fault])


@dataclass(slots=True)
class _Faults:
    """The faults of one simulator and what it was asked."""

    pending: list[tuple[Fault, list[int]]] = field(default_factory=list[tuple[Fault, list[int]]])
    asked: deque[dict[str, Any]] = field(
        default_factory=lambda: deque[dict[str, Any]](maxlen=_KEPT)
    )
    cleared: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault for such a request, one of its times used up."""
        for entry in self.pending:
            fault, used = entry
            if fault.matches(method, path):
                used[0] += 1
                if used[0] == fault.times:
                    self.pending.remove(entry)
                return fault
        return None

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


def with_faults(app: web.Application) -> web.Application:
    """Give a simulator's application the routes above, and return it."""
    faults = _Faults()

    @web.middleware
    async def misbehave(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL):
            return await handler(request)

        fault = faults.take(request.method, request.path)
        response = await _answer(faults, fault, request, handler)
        status = None if fault is not None and fault.drop else response.status
        faults.asked.append({"method": request.method, "path": request.path, "status": status})
        return response

    async def add(request: web.Request) -> web.Response:
        try:
            more = _FAULTS.validate_json(await request.read())
        except ValidationError as exc:
            problem = exc.errors(include_input=False, include_url=False, include_context=False)
            return web.json_response({"errors": problem}, status=400)
        faults.pending.extend((fault, [0]) for fault in more)
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
