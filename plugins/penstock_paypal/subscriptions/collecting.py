"""Collecting the outstanding balance of a subscription at PayPal, once for each request id."""

from __future__ import annotations

from datetime import timedelta

from penstock.api import (
    CollectAnswer,
    CollectRequest,
    Declined,
    GatewayUnavailable,
    HttpNotSent,
    NotSent,
    Succeeded,
    Unanswered,
)
from penstock_paypal import shapes
from penstock_paypal.client import idempotency
from penstock_paypal.client.api import Api, path
from penstock_paypal.client.refusal import refusal
from penstock_paypal.subscriptions.reading import SUBSCRIPTION

_WHAT = "collect"
_CAPTURE = f"{SUBSCRIPTION}/capture"
_WINDOW = idempotency.window(path(_CAPTURE, "I-0000"))
# A pending one becomes a payment that is pending; its own notifications say the rest.
_TAKEN = frozenset({"COMPLETED", "PENDING"})


class Collector:
    """Takes what is owed."""

    def __init__(self, api: Api) -> None:
        self._api = api

    @property
    def window(self) -> timedelta:
        """How long PayPal knows a request id of a collection again."""
        return _WINDOW

    async def collect(self, request: CollectRequest) -> CollectAnswer:
        """Take the money; the operation's id is PayPal's request id."""
        if not shapes.ID.fullmatch(request.reference):
            return Declined("PayPal knows no such subscription")
        try:
            amount = shapes.amount(request.amount)
        except ValueError as exc:
            return Declined(str(exc))
        body = {"note": request.reason, "capture_type": "OUTSTANDING_BALANCE", "amount": amount}
        try:
            answer = await self._api.send(
                "POST",
                path(_CAPTURE, request.reference),
                _WHAT,
                body=body,
                request_id=request.operation_id,
            )
        except HttpNotSent as exc:
            return NotSent(str(exc), exc.retry_after)
        except GatewayUnavailable as exc:
            return Unanswered(str(exc))
        if not answer.ok:
            return refusal(answer, _WHAT)
        reference, status = shapes.identity(answer.data, "id"), shapes.text(answer.data, "status")
        if reference is None or status is None:
            return Unanswered(f"PayPal, {_WHAT}: answered without an id or a status")
        if status in _TAKEN:
            return Succeeded(reference)
        return Declined(f"PayPal, {_WHAT}: the buyer's payment was refused")
