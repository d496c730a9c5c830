"""
What every request to the simulated Stripe needs: a key, a version; and idempotency keys.

The first answer under a key is kept for a day with the request's digest and repeated, a 500 and a
decline too. It is not kept where nothing was begun: a refused form, 401, 409, 429.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import web
from aiohttp.typedefs import Handler

from penstock_stripe.simulator.forms import Malformed, invalid, refusal
from penstock_stripe.simulator.rights import denied

_KEPT = (200, 402, 500)
_FOR = timedelta(days=1)
"""Stripe keeps a key at least so long (docs.stripe.com/api/idempotent_requests)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The first answer under a key."""

    digest: str
    at: datetime
    status: int
    body: bytes = field(repr=False)


@dataclass(slots=True)
class Idempotency:
    """
    The gate of the API.

    Attributes:
        key: the account's API key.
        now: the time; keys are forgotten by it.
        kept: the answers by idempotency key.
        versions: the API versions that requests named.
        may_not: the rights that the key lacks: "charge_read".
    """

    key: str = field(repr=False)
    now: Callable[[], datetime]
    kept: dict[str, Kept] = field(default_factory=dict[str, Kept])
    under_way: set[str] = field(default_factory=set[str])
    versions: set[str] = field(default_factory=set[str])
    may_not: set[str] = field(default_factory=set[str])

    def add_to(self, app: web.Application) -> None:
        """Stand before the API's routes."""

        @web.middleware
        async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not request.path.startswith("/v1/"):
                return await handler(request)
            if request.headers.get("Authorization") != f"Bearer {self.key}":
                return refusal(401, "invalid_request_error")
            if self.may_not and (refused := denied(request, self.may_not)) is not None:
                return refused
            self.versions.add(request.headers.get("Stripe-Version", ""))
            named = request.headers.get("Idempotency-Key")
            if request.method != "POST" or not named:
                return await _answered(request, handler)
            return await self._once(named, request, handler)

        app.middlewares.append(gate)

    async def _once(
        self, named: str, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        digest = hashlib.sha256(request.path.encode() + await request.read()).hexdigest()
        known = self.kept.get(named)
        if known is not None and self.now() - known.at > _FOR:
            known = None
        if known is not None and known.digest != digest:
            return refusal(400, "idempotency_error")
        if known is not None:
            headers = {"Idempotent-Replayed": "true", "Content-Type": "application/json"}
            return web.Response(status=known.status, body=known.body, headers=headers)
        if named in self.under_way:
            return refusal(409, "idempotency_error", "idempotency_key_in_use")
        self.under_way.add(named)
        try:
            answer = await _answered(request, handler)
        finally:
            self.under_way.discard(named)
        if answer.status in _KEPT and isinstance(answer, web.Response):
            body = answer.body if isinstance(answer.body, bytes) else b""
            self.kept[named] = Kept(digest, self.now(), answer.status, body)
        return answer


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Malformed as exc:
        return invalid("parameter_invalid", str(exc))
