"""
Refunds at the Example gateway; they are beside `request_uri`.

    POST refunds         200, 201 with a readable body   succeeded, pending or declined
                         404, 409, 422                   declined: it will not happen; for
                                                         people, if an earlier attempt may be why
                         425, 429, no connection         not sent: nothing happened
                         anything else                   unanswered: it may have happened
    GET  refunds/{id}    200 by its status; anything else: still pending
"""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import quote

from penstock.api import (
    Context,
    Critical,
    Declined,
    GatewayUnavailable,
    NotSent,
    RefundAnswer,
    RefundLookup,
    RefundRequest,
    Response,
    RouteAnswer,
    Routed,
    Unanswered,
    retry_after,
)
from penstock_example.charge import code_of, outcome_of
from penstock_example.reading import object_of
from penstock_example.requesting import address, post
from penstock_example.settings import ExampleSettings

_PATH = "refunds"
_WINDOW = timedelta(days=30)
"""How long the gateway keeps idempotency keys."""


_UNTOUCHED = frozenset({"unknown_payment", "other_currency", "insufficient_balance"})
"""Refusals that no earlier attempt at the same refund can have caused."""


class RefundingMoney:
    """Sends money back, keeps idempotency keys."""

    _context: Context[ExampleSettings]

    def refund_window(self, path: str) -> timedelta:
        """How long the same operation id is the same refund."""
        return _WINDOW

    async def route_refund(self, request: RefundRequest) -> RouteAnswer:
        """All refunds go to one place."""
        return Routed(_PATH)

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        """Send the money back; the operation's id is the idempotency key."""
        body = {
            "id": request.operation_id,
            "payment": request.transaction,
            "amount": request.amount.minor,
            "currency": request.amount.currency,
            "note": request.note,
        }
        sent = await post(
            self._context,
            address(self._context, request.path or _PATH),
            json.dumps(body, separators=(",", ":")).encode(),
            request.operation_id,
        )
        if not isinstance(sent, Response):
            return sent
        return self._refunded(sent, doubted=request.doubted)

    async def read_refund(self, request: RefundRequest) -> RefundLookup:
        """
        Say how a refund stands.

        Raises:
            GatewayUnavailable: no answer that says it.
        """
        named = quote(request.operation_id, safe="")
        response = await self._context.http.request(
            "GET",
            address(self._context, f"{_PATH}/{named}"),
            timeout=self._context.request_timeout,
        )
        answer = outcome_of(object_of(response) or {}) if response.status == 200 else None
        if answer is None:
            raise GatewayUnavailable(
                f"the gateway answered {response.status} and no status of the refund",
                retry_after=retry_after(response, self._context.clock.now()),
            )
        return answer

    def _refunded(self, response: Response, *, doubted: bool) -> RefundAnswer:
        match response.status:
            case 200 | 201:
                found = outcome_of(object_of(response) or {})
                return found or Unanswered("the gateway's answer cannot be read")
            case 404 | 409 | 422 as status:
                code = code_of(object_of(response) or {}) or status
                because = f"the gateway refused the refund: {code}"
                # The attempt whose answer was lost may be what leaves too little.
                final = not doubted or code in _UNTOUCHED
                return Declined(because) if final else Critical(because)
            case 425 | 429 as status:
                wait = retry_after(response, self._context.clock.now())
                return NotSent(f"the gateway said later ({status})", wait)
            case status:
                return Unanswered(f"the gateway answered {status}")
