"""
Sending money back at PayPal: a v2 capture, or a v1 sale where v2 certainly knows none.

    route    GET /v2/payments/captures/{id}   200: POST …/refund there
                                              404: GET /v1/payments/sale/{id}, and refund there
    refund   2xx by its state; 4xx of PayPal's own: refused for good
             401, 403, 429: not now; 408, 409, 5xx, no answer, a proxy's page: it may have happened

PayPal does a refund once for each request id, for 30 days (v1) or 45 (v2), and answers a repeat
with what it did: that is how a lost answer is looked up.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from penstock.api import (
    Clock,
    Declined,
    GatewayUnavailable,
    HttpNotSent,
    NotSent,
    PaymentStatus,
    Pending,
    RefundAnswer,
    RefundLookup,
    RefundRequest,
    RouteAnswer,
    Routed,
    Succeeded,
    Unanswered,
    Unconfirmable,
)
from penstock_paypal import shapes
from penstock_paypal.client import idempotency
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.api import Api, path
from penstock_paypal.money.refund import Refund, Refunds

_V2 = "/v2/payments/captures/{}"
_V1 = "/v1/payments/sale/{}"
_WHAT = "refund"
# The id was used before, so that request may have moved money: no refusal of this one.
_DOUBT = frozenset({"DUPLICATE_REQUEST_ID", "PREVIOUS_REQUEST_IN_PROGRESS"})


class SendsBack:
    """Makes refunds, and reads them again."""

    def __init__(self, api: Api, refunds: Refunds, clock: Clock) -> None:
        self._api = api
        self._refunds = refunds
        self._clock = clock

    def window(self, path: str) -> timedelta:
        """How long PayPal knows the operation id of a refund that went there."""
        return idempotency.window(path)

    async def route(self, request: RefundRequest) -> RouteAnswer:
        """Find which of PayPal's generations holds the money."""
        try:
            shapes.amount(request.amount)
        except ValueError as exc:
            return Declined(str(exc))
        if not shapes.ID.fullmatch(request.transaction):
            return Declined("PayPal holds no such payment")
        for template in (_V2, _V1):
            resource = path(template, request.transaction)
            try:
                answer = await self._api.send("GET", resource, "find payment")
            except GatewayUnavailable as exc:
                return NotSent(str(exc), exc.retry_after)
            if answer.ok and answer.json:
                return Routed(f"{resource}/refund")
            # A proxy's 404 says nothing of what PayPal holds.
            if not (answer.status == 404 and answer.json):
                return NotSent(f"PayPal, find payment: {answer.why}", answer.wait)
        return Declined("PayPal holds no such payment")

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        """Send the money back; the operation's id is PayPal's request id."""
        try:
            answer = await self._api.send(
                "POST",
                request.path,
                _WHAT,
                body=_body(request),
                representation=True,
                request_id=request.operation_id,
            )
        except HttpNotSent as exc:
            return NotSent(str(exc), exc.retry_after)
        except GatewayUnavailable as exc:
            return Unanswered(str(exc))
        return self._made(request, answer) if answer.ok else _refusal(answer)

    async def read(self, request: RefundRequest) -> RefundLookup:
        """
        Say how a refund stands.

        Raises:
            GatewayUnavailable: no answer that says it.
        """
        try:
            found = await self._refunds.show(request.reference, self._clock.now())
        except (ValueError, Unconfirmable) as exc:
            raise GatewayUnavailable(f"PayPal, show refund: {exc}") from exc
        if found is None:
            raise GatewayUnavailable("PayPal does not show the refund")
        return _outcome(found)

    def _made(self, request: RefundRequest, answer: Answer) -> RefundAnswer:
        try:
            made = Refund.of(answer.data, self._clock.now())
        except ValueError as exc:
            return Unanswered(f"PayPal, {_WHAT}: {exc}")
        if made.amount != request.amount:
            return Unanswered(f"PayPal, {_WHAT}: it shows another amount")
        return _outcome(made)


def _body(request: RefundRequest) -> dict[str, Any]:
    amount, note = shapes.amount(request.amount), request.note
    if request.path.startswith("/v1/"):
        v1 = {"total": amount["value"], "currency": amount["currency_code"]}
        return {"amount": v1, **({"description": note} if note else {})}
    # In PayPal's reports of transactions and settlements.
    named = {"custom_id": request.operation_id}
    return {"amount": amount, **named, **({"note_to_payer": note} if note else {})}


def _outcome(refund: Refund) -> Succeeded | Pending | Declined:
    match refund.status:
        case PaymentStatus.refunded:
            return Succeeded(refund.id)
        case PaymentStatus.pending:
            return Pending(refund.id)
        case _:
            return Declined(f"PayPal, {_WHAT}: it failed or was cancelled")


def _refusal(answer: Answer) -> RefundAnswer:
    because = f"PayPal, {_WHAT}: {answer.why}"
    if answer.denied or answer.throttled:
        return NotSent(because, answer.wait)
    if answer.passing or not answer.json or not _DOUBT.isdisjoint(answer.issues):
        return Unanswered(because)
    return Declined(because)
