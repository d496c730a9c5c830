"""Answers to requests with a PayPal-Request-Id: a copy is shown what was made as it is by then."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from penstock_paypal.simulator.books import Document
from penstock_paypal.simulator.idempotency import CURRENT, Current


def repeatable(current: Callable[[], Document], status: int = 201) -> web.Response:
    """The answer; `current` gives it anew for a copy of the request."""
    response = web.json_response(current(), status=status)
    response[CURRENT] = Current(current)
    return response
