"""
Sending money back at PayPal: a v2 capture, or a v1 sale where v2 certainly knows none.

    route    GET /v2/payments/captures/{id}   200: POST …/refund there
                                              404: GET /v1/payments/sale/{id}, and refund there
    refund   2xx by its state; 4xx of PayPal's own: refused for good, unless an earlier
             attempt is in doubt and may be the reason: people must look
             401, 403, 429: not now; 408, 409, 5xx, no answer, a proxy's page: it may have happened

PayPal does a refund once for each request id, for 30 days (v1) or 45 (v2), and answers a repeat
with what it did: that is how a lost answer is looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from penstock.api import (
    Clock,
    Critical,
    Declined,
    GatewayUnavailable,
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
from penstock_paypal.client.refusal import refusal
from penstock_paypal.money.refund import Refund, Refunds

_V2 = "/v2/payments/captures/{}"
_V1 = "/v1/payments/sale/{}"
_WHAT = "refund"
_OTHER_WAY = "PayPal does not refund it any more; pay the buyer back in another way"
_OWN_ACCOUNT = "the merchant's PayPal account is restricted; see what PayPal asks for there"
UNTOUCHED: Mapping[str, str] = {
    "CANNOT_BE_ZERO_OR_NEGATIVE": "",
    "CANNOT_BE_NEGATIVE": "",
    "DECIMAL_PRECISION": "",
    "DECIMALS_NOT_SUPPORTED": "",
    "INVALID_CURRENCY_CODE": "",
    "CURRENCY_MISMATCH": "",
    "REFUND_CAPTURE_CURRENCY_MISMATCH": "",
    "REFUND_AMOUNT_TOO_LOW": "it is nothing in the payment's own currency; ask for more",
    "REFUND_TIME_LIMIT_EXCEEDED": _OTHER_WAY,
    "REFUND_FAILED_INSUFFICIENT_FUNDS": (
        "add money to the PayPal account, then ask again with a new key"
    ),
    "PENDING_CAPTURE": "the payment is pending at PayPal; ask again once it is completed",
    "PAYEE_ACCOUNT_LOCKED_OR_CLOSED": _OWN_ACCOUNT,
    "PAYEE_ACCOUNT_RESTRICTED": _OWN_ACCOUNT,
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED": "the buyer's PayPal account takes no money",
    "TRANSACTION_DISPUTED": (
        "a case about the payment is open; refund all of it, or settle the case at PayPal"
    ),
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK": (
        "the buyer asked the bank for the money; answer the chargeback instead"
    ),
    "REFUND_IS_RESTRICTED": "only the PayPal app that took the payment may refund it",
    "PLATFORM_FEE_EXCEEDED": "",
    "PLATFORM_FEE_NOT_ENABLED": "",
    # Of v1's older reference; its specification has no list.
    "INSUFFICIENT_FUNDS": "add money to the PayPal account, then ask again with a new key",
}
"""
Refusals of a refund that an earlier attempt at it cannot have caused (payments_payment_v2), with
what to do. The others ("all of it went back already") may be our own refund, if that is in doubt.
"""


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
        answer = await self._api.act(
            request.path,
            _WHAT,
            _body(request),
            representation=True,
            request_id=request.operation_id,
        )
        if not isinstance(answer, Answer):
            return answer
        if answer.ok:
            return await self._made(request, answer)
        return refusal(answer, _WHAT, UNTOUCHED, doubted=request.doubted)

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

    async def _made(self, request: RefundRequest, answer: Answer) -> RefundAnswer:
        try:
            made = await self._shown(answer)
        except (ValueError, GatewayUnavailable, Unconfirmable) as exc:
            return Unanswered(f"PayPal, {_WHAT}: {exc}")
        if made.amount != request.amount:
            # A repeat is answered the same.
            return Critical(f"PayPal, {_WHAT}: {made.id} is of another amount: look at PayPal")
        return _outcome(made)

    async def _shown(self, answer: Answer) -> Refund:
        """
        The refund of an answer, read by its id where the answer is the short one.

        Raises:
            ValueError: an answer without an id, an amount or a state that is known here.
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that says nothing we know.
        """
        now = self._clock.now()
        if shapes.money(answer.data, "amount") is None:
            identity = shapes.identity(answer.data, "id")
            if found := await self._refunds.show(identity, now):
                return found
        return Refund.of(answer.data, now)


def _body(request: RefundRequest) -> dict[str, Any]:
    amount, note = shapes.amount(request.amount), request.note
    if request.path.startswith("/v1/"):
        v1 = {"total": amount["value"], "currency": amount["currency_code"]}
        # It takes single-byte characters only: a refund must not fail for its note.
        words = {"description": note} if note and note.isascii() else {}
        return {"amount": v1, **words}
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
