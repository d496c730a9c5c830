"""Collecting the outstanding balance of a subscription at PayPal, once for each request id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from penstock.api import CollectAnswer, CollectRequest, Critical, Declined, Succeeded, Unanswered
from penstock_paypal import shapes
from penstock_paypal.client import idempotency
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.api import Api, path
from penstock_paypal.client.refusal import refusal
from penstock_paypal.subscriptions.reading import SUBSCRIPTION

_WHAT = "collect"
_CAPTURE = f"{SUBSCRIPTION}/capture"
_WINDOW = idempotency.window(path(_CAPTURE, "I-0000"))
# A pending one becomes a payment that is pending; its own notifications say the rest. A repeat
# is answered with how the payment stands now, so some of it may have gone back.
_TAKEN = frozenset({"COMPLETED", "PENDING", "PARTIALLY_REFUNDED", "REFUNDED"})
_REFUSED = frozenset({"DECLINED", "DENIED", "FAILED"})
_CLOSED = "the buyer's PayPal account is closed, locked or restricted"
UNTOUCHED: Mapping[str, str] = {
    "USER_ACCOUNT_CLOSED": _CLOSED,
    "SUBSCRIBER_ACCOUNT_LOCKED": _CLOSED,
    "SUBSCRIBER_ACCOUNT_CLOSED": _CLOSED,
    "SUBSCRIBER_ACCOUNT_RESTRICTED": _CLOSED,
    "SUBSCRIPTION_STATUS_INVALID": "the subscription must be active, suspended or expired",
    "CURRENCY_MISMATCH": "",
}
"""
Refusals of a collection that an earlier attempt at it cannot have caused
(billing_subscriptions_v1), with what to do.
"""


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
        where = path(_CAPTURE, request.reference)
        answer = await self._api.act(where, _WHAT, body, request_id=request.operation_id)
        if not isinstance(answer, Answer):
            return answer
        if not answer.ok:
            return refusal(answer, _WHAT, UNTOUCHED, doubted=request.doubted)
        reference, status = shapes.identity(answer.data, "id"), shapes.text(answer.data, "status")
        if reference is None or status is None:
            return Unanswered(f"PayPal, {_WHAT}: answered without an id or a status")
        if status in _TAKEN:
            return Succeeded(reference)
        if status in _REFUSED:
            return Declined(f"PayPal, {_WHAT}: the buyer's payment was refused")
        return Critical(f"PayPal, {_WHAT}: {reference} has a status that is not known here")
