"""
Refunds at Stripe.

    POST refunds         succeeded, pending (also where the payer must act) or failed
                         400, 404 of Stripe's    declined: it will not happen; for people, if an
                                                 earlier attempt may be why
                         401, 403, 429           not sent: nothing happened
                         500, a reused key       critical: people must look
                         anything else           unanswered: it may have happened
    GET  refunds/{id}    by its status; anything else: still pending

The payment's refunds are listed before each try, and ours is known by its metadata: Stripe forgets
an idempotency key after a day, but never a refund. Stripe tells the payer nothing, so a note is
not sent.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from penstock.api import (
    Critical,
    Declined,
    GatewayUnavailable,
    HttpUnanswered,
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
from penstock_stripe import money, names, shapes
from penstock_stripe.charging import refusal
from penstock_stripe.client import Answer, Client
from penstock_stripe.pages import NothingThere, everything
from penstock_stripe.shown import refund_status

_PATH = "refunds"
_WINDOW = timedelta(days=365)
"""A year: the list of a payment's refunds is complete for as long as they can be made."""
_UNTOUCHED = frozenset({"resource_missing"})
"""Refusals that no earlier attempt at the same refund can have caused."""


class RefundingMoney:
    """Sends money back, and looks refunds up."""

    _client: Client

    def refund_window(self, path: str) -> timedelta:
        """How long the same operation id is the same refund."""
        return _WINDOW

    async def route_refund(self, request: RefundRequest) -> RouteAnswer:
        """All refunds go to one place, if it is a payment of Stripe's and an amount it takes."""
        try:
            _fields(request)
        except ValueError as exc:
            return Declined(str(exc))
        return Routed(_PATH)

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        """Send the money back; the operation's id is the idempotency key."""
        try:
            fields = _fields(request)
        except ValueError as exc:
            return Declined(str(exc))
        try:
            known = await self._known(request)
        except GatewayUnavailable as exc:
            return NotSent(str(exc), exc.retry_after)
        except Unconfirmable as exc:
            # An earlier attempt may have sent it back, and waiting tells nothing.
            return Critical(f"the refund cannot be looked up: {exc}")
        if known is not None:
            return known
        try:
            answer = await self._client.post(_PATH, "refund", fields, request.operation_id)
        except HttpUnanswered:
            return Unanswered("Stripe's answer was lost")
        except GatewayUnavailable as exc:
            return NotSent(str(exc), exc.retry_after)
        return _refunded(answer, doubted=request.doubted)

    async def read_refund(self, request: RefundRequest) -> RefundLookup:
        """
        Say how a refund stands.

        Raises:
            GatewayUnavailable: no answer that says it.
        """
        what = "show refund"
        answer = await self._client.get(f"{_PATH}/{quote(request.reference or '', safe='')}", what)
        found = _outcome(answer.data) if answer.ok else None
        if found is None:
            raise answer.unavailable(what)
        return found

    async def _known(self, request: RefundRequest) -> RefundLookup | None:
        """
        The refund of an earlier attempt.

        Raises:
            GatewayUnavailable: no answer that says it.
            Unconfirmable: Stripe will never answer that question, or in a way not known here.
        """
        try:
            made = await everything(self._client, _PATH, {"payment_intent": request.transaction})
        except NothingThere:
            # Stripe knows no such payment, and says so again when it is asked to refund it.
            return None
        for one in made:
            if shapes.at(one, "metadata", names.OPERATION) == request.operation_id:
                found = _outcome(one)
                if found is None:
                    raise Unconfirmable("Stripe shows it in a status not known here")
                return found
        return None


def _fields(request: RefundRequest) -> dict[str, Any]:
    """
    The request's fields; the same for every attempt, or the key would be reused.

    Raises:
        ValueError: Stripe cannot refund it.
    """
    if not request.transaction.startswith("pi_") or not shapes.ID.fullmatch(request.transaction):
        raise ValueError("the payment's transaction is no payment intent of Stripe's (pi_…)")
    return {
        "payment_intent": request.transaction,
        "amount": money.amount(request.amount),
        "metadata": {
            names.PAYMENT: request.payment_id,
            names.OPERATION: request.operation_id,
        },
    }


def _outcome(refund: Any) -> RefundLookup | None:
    """What a refund says of itself; None where it cannot be read."""
    reference = shapes.identity(refund, "id")
    if reference is None:
        return None
    match refund_status(refund):
        case PaymentStatus.refunded:
            return Succeeded(reference)
        case PaymentStatus.pending:
            return Pending(reference)
        case PaymentStatus.declined:
            why = shapes.code(refund, "failure_reason") or shapes.code(refund, "status")
            return Declined(f"Stripe could not send it back: {why}")
        case _:
            return None


def _refunded(answer: Answer, *, doubted: bool) -> RefundAnswer:
    code = answer.code or answer.error
    match answer.status:
        case 200:
            return _outcome(answer.data) or Unanswered("Stripe's answer cannot be read")
        case 500:
            return Critical("Stripe failed while it held the refund (500)")
        case 400 | 402 | 404 if answer.error is not None:
            if answer.error == "idempotency_error":
                return Critical("Stripe holds another request under the refund's idempotency key")
            because = f"Stripe refused the refund: {code}"
            # The attempt whose answer was lost may be what leaves too little.
            final = not doubted or answer.code in _UNTOUCHED
            return Declined(because) if final else Critical(because)
        case _:
            said = refusal(answer)
            return said if isinstance(said, NotSent) else Unanswered(f"Stripe: {answer.status}")
