"""
Refunds that the API is asked for: of a v1 sale, of a v2 capture.

* `PUT /_simulator/refunds`: `{"outcomes": ["pending", "insufficient"]}`, what becomes of the next
  refunds; the others are completed at once.
* `PUT /_simulator/refunds/{id}`: `{"state": "completed"}` or `failed`, what a pending one becomes.

The issues of v2 are those of payments_payment_v2. The specification of v1 has none: these names
are of PayPal's older reference, and none was seen at PayPal by us.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from penstock_paypal import shapes
from penstock_paypal.money.refund import sale as refunded
from penstock_paypal.simulator import events, templates
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.control import refused
from penstock_paypal.simulator.payments import found
from penstock_paypal.simulator.problems import NotificationProblem, Problem, optional_body_of

LATEST = timedelta(days=180)
"""How long after the payment PayPal refunds it."""
_GONE = ("completed", "pending")


class _Outcomes(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcomes: list[Literal["complete", "pending", "insufficient"]]


class _Becomes(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: Literal["completed", "failed"]


class Refunding:
    """The routes; `announce` sends a webhook."""

    def __init__(self, books: Books, announce: Callable[[Document], Awaitable[None]]) -> None:
        self._books = books
        self._announce = announce
        self._outcomes: deque[str] = deque()

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_post("/v1/payments/sale/{id}/refund", self._sale)
        app.router.add_post("/v2/payments/captures/{id}/refund", self._capture)
        app.router.add_put("/_simulator/refunds", self._steer)
        app.router.add_put("/_simulator/refunds/{id}", self._become)

    async def _sale(self, request: web.Request) -> web.Response:
        sale, body = found(self._books.sales, request), await optional_body_of(request)
        amount = shapes.mapping(body.get("amount"))
        much = self._allowed(sale, amount.get("total"), amount.get("currency"), _older)
        outcome = self._outcome(_older)
        made = {
            "resource.sale_id": sale["id"],
            "resource.amount": {"total": str(much), "currency": templates.currency(sale)},
            "resource.state": "pending" if outcome == "pending" else "completed",
        }
        if "description" in body:
            made["resource.description"] = body["description"]
        return await self._made("PAYMENT.SALE.REFUNDED", made, tells=outcome != "pending")

    async def _capture(self, request: web.Request) -> web.Response:
        capture, body = found(self._books.captures, request), await optional_body_of(request)
        amount = shapes.mapping(body.get("amount"))
        much = self._allowed(capture, amount.get("value"), amount.get("currency_code"), _newer)
        pending = self._outcome(_newer) == "pending"
        own = {name: body[name] for name in ("custom_id", "note_to_payer") if name in body}
        made = {
            "resource.capture_id": capture["id"],
            "resource.amount": {"value": str(much), "currency_code": templates.currency(capture)},
            **{f"resource.{name}": value for name, value in own.items()},
        }
        kind = "PAYMENT.REFUND.PENDING" if pending else "PAYMENT.CAPTURE.REFUNDED"
        return await self._made(kind, made)

    async def _made(
        self, kind: str, fields: dict[str, Any], *, tells: bool = True
    ) -> web.Response:
        event = events.event(self._books, kind, fields, {})
        if tells:
            await self._announce(event)
        shown = self._books.refunds[event["resource"]["id"]]
        return web.json_response(shown, status=201)

    def _allowed(
        self, paid: Document, asked: Any, code: Any, refuse: Callable[[str], web.HTTPException]
    ) -> Decimal:
        """What goes back: what is asked, or all that is left."""
        state = str(paid.get("state") or paid.get("status")).lower()
        at = shapes.moment(paid, "create_time")
        whole = templates.total(paid) or Decimal()
        left = whole - self._gone(paid["id"])
        if state == "pending":
            raise refuse("PENDING_CAPTURE")
        if at is not None and self._books.clock() - at > LATEST:
            raise refuse("REFUND_TIME_LIMIT_EXCEEDED")
        if left <= 0 or state == "refunded":
            raise refuse("CAPTURE_FULLY_REFUNDED")
        if asked is None:
            return left
        if code != templates.currency(paid):
            raise refuse("REFUND_CAPTURE_CURRENCY_MISMATCH")
        try:
            much = Decimal(str(asked))
        except InvalidOperation:
            raise refuse("INVALID_PARAMETER_SYNTAX") from None
        if much <= 0:
            raise refuse("REFUND_AMOUNT_TOO_LOW")
        if much > left:
            raise refuse("REFUND_AMOUNT_EXCEEDED")
        return much

    def _gone(self, identity: str) -> Decimal:
        """What went back of it, and what is on its way."""
        return sum(
            (
                templates.total(one) or Decimal()
                for one in self._books.refunds.values()
                if refunded(one) == identity
                and str(one.get("state") or one.get("status")).lower() in _GONE
            ),
            Decimal(),
        )

    def _outcome(self, refuse: Callable[[str], web.HTTPException]) -> str:
        outcome = self._outcomes.popleft() if self._outcomes else "complete"
        if outcome == "insufficient":
            raise refuse("REFUND_FAILED_INSUFFICIENT_FUNDS")
        return outcome

    async def _steer(self, request: web.Request) -> web.Response:
        try:
            told = _Outcomes.model_validate_json(await request.read())
        except ValidationError as exc:
            return refused(exc)
        self._outcomes = deque(told.outcomes)
        return web.Response(status=204)

    async def _become(self, request: web.Request) -> web.Response:
        refund = found(self._books.refunds, request)
        try:
            state = _Becomes.model_validate_json(await request.read()).state
        except ValidationError as exc:
            return refused(exc)
        refund["status" if "status" in refund else "state"] = (
            state.upper() if "status" in refund else state
        )
        refund["update_time"] = self._books.now()
        return web.Response(status=204)


def _newer(issue: str) -> web.HTTPException:
    return Problem(422, issue)


_OLDER = {
    "PENDING_CAPTURE": "TRANSACTION_REFUSED",
    "CAPTURE_FULLY_REFUNDED": "TRANSACTION_ALREADY_REFUNDED",
    "REFUND_AMOUNT_EXCEEDED": "REFUND_EXCEEDED_TRANSACTION_AMOUNT",
    "REFUND_FAILED_INSUFFICIENT_FUNDS": "INSUFFICIENT_FUNDS",
    "REFUND_CAPTURE_CURRENCY_MISMATCH": "CURRENCY_MISMATCH",
    "REFUND_AMOUNT_TOO_LOW": "VALIDATION_ERROR",
    "INVALID_PARAMETER_SYNTAX": "VALIDATION_ERROR",
}


def _older(issue: str) -> web.HTTPException:
    return NotificationProblem(400, _OLDER.get(issue, issue), "The request was refused.")
