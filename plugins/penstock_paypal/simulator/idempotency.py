"""
`PayPal-Request-Id`: the same request twice is done once.

The windows are those of PayPal's reference and specifications: 72 hours for subscriptions, their
captures, plans and products, 45 days for refunds of v2, 30 days for payments of v1, six
hours for orders. The 422 for
an id that comes back with another body is what PayPal's guide to idempotency promises in general;
its issue is the simulator's own choice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from penstock_paypal.simulator.problems import Problem
from penstock_paypal.simulator.routes import operation

HEADER = "PayPal-Request-Id"
_HOURS_6 = timedelta(hours=6)
_DAYS_3, _DAYS_30, _DAYS_45 = (timedelta(days=days) for days in (3, 30, 45))
WINDOWS = {
    "/v1/billing/plans": _DAYS_3,
    "/v1/billing/subscriptions": _DAYS_3,
    "/v1/billing/subscriptions/{}/capture": _DAYS_3,
    "/v1/catalogs/products": _DAYS_3,
    "/v1/payments/sale/{}/refund": _DAYS_30,
    "/v1/payments/capture/{}/refund": _DAYS_30,
    "/v2/payments/captures/{}/refund": _DAYS_45,
    "/v2/checkout/orders": _HOURS_6,
    "/v2/checkout/orders/{}/capture": _HOURS_6,
}
"""How long an id is remembered, by the path with `{}` for each id, as `routes` has it."""
# Characters of an id: PayPal names 78 for payments of v1 and 108 for orders, the most of all.
_LONGEST, _LONGEST_V1 = 108, 78


@dataclass(frozen=True, slots=True)
class Current:
    """What a route puts into its answer under `CURRENT`: it gives the answer's body anew."""

    show: Callable[[], Any]


CURRENT = web.ResponseKey("current", Current)


@dataclass(slots=True)
class _Known:
    """
    One request with an id: what it asked, until when it is known, what was answered.

    Attributes:
        current: gives what it made as it is now, where the route has put that into its answer.
    """

    digest: bytes
    until: datetime
    answer: tuple[bytes, str] | None = None
    current: Current | None = None


def idempotent(
    clock: Callable[[], datetime], noted: Callable[[str, bytes], None] = lambda _, __: None
) -> Middleware:
    """
    A middleware that answers a request it has done before with 200.

    The answer is the current state of what was made, if the route's answer holds
    `CURRENT`, as PayPal's reference says; otherwise the first answer.

    A refusal is not remembered: the request may be made again under its id. While the first is
    under way, a second one gets 409.

    Args:
        clock: PayPal's time.
        noted: takes each request id that was done, and the body of its answer.
    """
    known: dict[tuple[str, str], _Known] = {}

    @web.middleware
    async def once(request: web.Request, handler: Handler) -> web.StreamResponse:
        window = _window(request)
        identity = request.headers.get(HEADER)
        if window is None or identity is None:
            return await handler(request)
        if not 0 < len(identity) <= _limit(request.path):
            raise Problem(400, "INVALID_STRING_LENGTH", HEADER)

        key, now = (request.path, identity), clock()
        digest = hashlib.sha256(await request.read()).digest()
        before = known.get(key)
        if before is not None and now < before.until:
            return _again(before, digest)

        mine = known[key] = _Known(digest, now + window)
        try:
            response = await handler(request)
            if isinstance(response, web.Response) and response.status < 300:
                mine.current = response.get(CURRENT)
                mine.answer = bytes(response.body or b""), response.content_type  # type: ignore[arg-type] # our routes answer with bytes
                noted(identity, mine.answer[0])
        finally:
            if mine.answer is None:
                del known[key]
        return response

    return once


def _again(before: _Known, digest: bytes) -> web.Response:
    if before.digest != digest:
        raise Problem(422, "DUPLICATE_REQUEST_ID")
    if before.answer is None:
        raise Problem(409, "PREVIOUS_REQUEST_IN_PROGRESS")
    if before.current is not None:
        return web.json_response(before.current.show())
    body, content_type = before.answer
    return web.Response(status=200, body=body, content_type=content_type)


def _window(request: web.Request) -> timedelta | None:
    method, path = operation(request)
    return WINDOWS.get(path) if method == "POST" else None


def _limit(path: str) -> int:
    return _LONGEST_V1 if path.startswith("/v1/payments/") else _LONGEST
