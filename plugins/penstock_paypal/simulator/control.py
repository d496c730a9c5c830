"""
What a test tells the simulated PayPal, below `/_simulator/`.

* `POST /_simulator/books`: what the API shows from now on, as a JSON list of
  `[collection, id, fields]`. `fields` are values by name or dotted path, added to what is there;
  null takes a field away. `null` instead of fields takes the resource away.
* `GET /_simulator/books/{collection}`, `GET /_simulator/books/{collection}/{id}`: all that the
  API shows of a collection, oldest first; one of it.
* `PUT /_simulator/clock`: `{"ahead_seconds": 600}`, how far PayPal's clock is ahead of ours.
  Moving it forward plays what falls due, in order (`billing.clock`).
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from penstock_paypal.simulator.books import COLLECTIONS, Books, Document, put
from penstock_paypal.simulator.payments import found

Entry = tuple[str, str, dict[str, Any] | None]
_ENTRIES: TypeAdapter[list[Entry]] = TypeAdapter(list[Entry])


class _Clock(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ahead_seconds: float


class Control:
    """The routes by which a test states what PayPal shows."""

    def __init__(self, books: Books, move: Callable[[timedelta], Awaitable[None]]) -> None:
        self._books = books
        self._move = move

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_post("/_simulator/books", self._state)
        app.router.add_get("/_simulator/books/{collection}", self._list)
        app.router.add_get("/_simulator/books/{collection}/{id}", self._show)
        app.router.add_put("/_simulator/clock", self._set_clock)

    async def _state(self, request: web.Request) -> web.Response:
        try:
            entries = _ENTRIES.validate_json(await request.read())
        except ValidationError as exc:
            return refused(exc)
        if problem := unknown(entries):
            return web.json_response({"errors": [{"msg": problem}]}, status=400)
        state(self._books, entries)
        return web.json_response({"stated": len(entries)})

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response(list(self._named(request).values()))

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(found(self._named(request), request))

    def _named(self, request: web.Request) -> dict[str, Document]:
        name = request.match_info["collection"]
        if name not in COLLECTIONS:
            raise web.HTTPNotFound(text=f"there is no collection {name}")
        return self._books.collection(name)

    async def _set_clock(self, request: web.Request) -> web.Response:
        try:
            clock = _Clock.model_validate_json(await request.read())
        except ValidationError as exc:
            return refused(exc)
        await self._move(timedelta(seconds=clock.ahead_seconds))
        return web.json_response({"now": self._books.now()})


def unknown(entries: Iterable[Entry]) -> str | None:
    """Say which collection does not exist; None if all do."""
    for name, _, _ in entries:
        if name not in COLLECTIONS:
            return f"there is no collection {name}; there are {', '.join(COLLECTIONS)}"
    return None


def state(books: Books, entries: Iterable[Entry]) -> None:
    """Make the API show what the entries say, also when the body of a later event differs."""
    for name, identity, fields in entries:
        kept = books.collection(name)
        books.stated.add((name, identity))
        if fields is None:
            kept.pop(identity, None)
            continue
        key = "dispute_id" if name == "disputes" else "id"
        shown = kept.setdefault(identity, {key: identity})
        for path, value in fields.items():
            put(shown, path, copy.deepcopy(value))


def refused(exc: ValidationError) -> web.Response:
    """What is wrong with an order, without the order."""
    problem: list[Mapping[str, Any]] = [
        dict(one)
        for one in exc.errors(include_input=False, include_url=False, include_context=False)
    ]
    return web.json_response({"errors": problem}, status=400)
