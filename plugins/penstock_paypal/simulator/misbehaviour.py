"""
How PayPal's API misbehaves on demand, beside the faults that every simulator has.

* `POST /_simulator/throttle`: answer 429 RATE_LIMIT_REACHED (`Throttle`).
* `POST /_simulator/stale`: show a resource as it is now for a while, whatever changes (`Stale`).
* `DELETE /_simulator/throttle`, `DELETE /_simulator/stale`: forget them.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from penstock.testing.faults import OfRequests, Pattern, Pending
from penstock_paypal.simulator.books import COLLECTIONS, Books, Document
from penstock_paypal.simulator.control import refused
from penstock_paypal.simulator.problems import Problem

_CONTROL = "/_simulator/"


class Throttle(OfRequests):
    """
    Requests that are too many.

    Attributes:
        retry_after: the header Retry-After, seconds or an HTTP date; no header, when left out.
    """

    path: Pattern = ""
    retry_after: int | str | None = None


class Stale(BaseModel):
    """
    A resource that is shown as it is now: an older copy, once it changes.

    Attributes:
        collection: as in `POST /_simulator/books`.
        id: the resource; one that is not there yet stays missing.
        reads: how many reads get the copy.
        seconds: how long reads get it, on PayPal's clock.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    collection: str
    id: str
    reads: int | None = Field(None, ge=1)
    seconds: float | None = Field(None, gt=0)

    @field_validator("collection")
    @classmethod
    def _known(cls, collection: str) -> str:
        if collection not in COLLECTIONS:
            raise ValueError(f"there are the collections {', '.join(COLLECTIONS)}")
        return collection

    @model_validator(mode="after")
    def _ends(self) -> Stale:
        if self.reads is None and self.seconds is None:
            raise ValueError("give reads or seconds")
        return self


@dataclass(slots=True)
class _Copy:
    """What reads of a resource get for now, and until when."""

    document: Document | None
    reads: int | None
    until: datetime | None


class Misbehaviour:
    """The faults of the API, and the routes that ask for them."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._throttles = Pending[Throttle]()
        self._copies: dict[tuple[str, str], _Copy] = {}

    def add_to(self, app: web.Application) -> None:
        """Misbehave, before a token is looked at: token calls are limited as well."""

        @web.middleware
        async def throttled(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not request.path.startswith(_CONTROL):
                self._throttle(request)
            return await handler(request)

        @web.middleware
        async def stale(request: web.Request, handler: Handler) -> web.StreamResponse:
            identity = request.match_info.get("id", "")
            collection = self._collection(identity) if request.method == "GET" else None
            if collection is None or request.path.startswith(_CONTROL):
                return await handler(request)
            return await self._read_copy(collection, identity, request, handler)

        app.middlewares.insert(0, throttled)
        app.middlewares.append(stale)
        app.router.add_post(f"{_CONTROL}throttle", self._add_throttle)
        app.router.add_delete(f"{_CONTROL}throttle", self._forget_throttles)
        app.router.add_post(f"{_CONTROL}stale", self._add_stale)
        app.router.add_delete(f"{_CONTROL}stale", self._forget_stale)

    def _throttle(self, request: web.Request) -> None:
        throttle = self._throttles.take(lambda one: one.matches(request))
        if throttle is not None:
            after = throttle.retry_after
            raise Problem(429, headers={} if after is None else {"Retry-After": str(after)})

    def _collection(self, identity: str) -> str | None:
        """The collection of which a copy of that id is shown now."""
        for (collection, known), one in tuple(self._copies.items()):
            if known != identity:
                continue
            if one.until is None or self._books.clock() < one.until:
                return collection
            del self._copies[collection, known]
        return None

    async def _read_copy(
        self, collection: str, identity: str, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        older = self._copies[collection, identity]
        if older.reads is not None:
            older.reads -= 1
            if not older.reads:
                del self._copies[collection, identity]
        kept = self._books.collection(collection)
        now = kept.get(identity)
        # The routes read the books in one go, so for the length of one read these say otherwise.
        _put(kept, identity, copy.deepcopy(older.document))
        try:
            return await handler(request)
        finally:
            _put(kept, identity, now)

    async def _add_throttle(self, request: web.Request) -> web.Response:
        try:
            throttle = Throttle.model_validate_json(await request.read())
        except ValidationError as exc:
            return refused(exc)
        self._throttles.add(throttle)
        return web.Response(status=204)

    async def _add_stale(self, request: web.Request) -> web.Response:
        try:
            stale = Stale.model_validate_json(await request.read())
        except ValidationError as exc:
            return refused(exc)
        shown = copy.deepcopy(self._books.collection(stale.collection).get(stale.id))
        until = self._books.clock() + timedelta(seconds=stale.seconds) if stale.seconds else None
        self._copies[stale.collection, stale.id] = _Copy(shown, stale.reads, until)
        return web.Response(status=204)

    async def _forget_throttles(self, _: web.Request) -> web.Response:
        self._throttles.clear()
        return web.Response(status=204)

    async def _forget_stale(self, _: web.Request) -> web.Response:
        self._copies.clear()
        return web.Response(status=204)


def _put(kept: dict[str, Document], identity: str, document: Document | None) -> None:
    if document is None:
        kept.pop(identity, None)
    else:
        kept[identity] = document
