"""PayPal-Request-Id: the same id within 72 hours means the same request."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.problems import Problem

WINDOW = timedelta(hours=72)
_HEADER, _LONGEST = "PayPal-Request-Id", 108


class Replays:
    """What was made under which request id, by PayPal's clock."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._made: dict[tuple[str, str], tuple[datetime, str, str]] = {}

    def earlier(self, request: web.Request, body: Any) -> str | None:
        """
        The id of what an earlier request made; None if this is the first.

        Raises:
            Problem: the id was used for another body, or is too long.
        """
        name = request.headers.get(_HEADER)
        if name is None:
            return None
        if not 1 <= len(name) <= _LONGEST:
            raise Problem(400, "INVALID_STRING_MAX_LENGTH", _HEADER)
        known = self._made.get((request.path, name))
        if known is None or self._books.clock() - known[0] >= WINDOW:
            return None
        if known[1] != _digest(body):
            raise Problem(422, "DUPLICATE_REQUEST_ID", _HEADER)
        return known[2]

    def keep(self, request: web.Request, body: Any, identity: str) -> None:
        """Remember what the request made."""
        if name := request.headers.get(_HEADER):
            made = self._books.clock(), _digest(body), identity
            self._made[request.path, name] = made


def _digest(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
