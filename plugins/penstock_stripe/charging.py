"""
Charging at Stripe: a payment intent that is made and confirmed at once, off session.

    POST payment_intents    succeeded, or pending (a bank debit that is processed)
                            402                      declined, for good
                            400, 404 of Stripe's     refused: our request is wrong
                            401, 403, 429            not sent: nothing happened
                            409                      unanswered: the same key is under way
                            500, a reused key        critical: people must look
                            anything else            unanswered: it may have happened

The order names what is charged: `payer.reference` is Stripe's customer (`cus_…`), and the
metadata `payment_method` is one that the customer has saved (`pm_…`).

Stripe forgets an idempotency key after a day, and answers a repeat until then as it did the first
time, a 500 too. So a charge is looked up by its metadata before each try: then a ledger that was
restored from an older backup charges nobody twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from penstock.api import (
    ChargeAnswer,
    ChargeRequest,
    Critical,
    Declined,
    GatewayUnavailable,
    HttpUnanswered,
    LookupAnswer,
    NotFound,
    NotSent,
    Order,
    PaymentStatus,
    Pending,
    Refused,
    Succeeded,
    Unanswered,
    Unconfirmable,
)
from penstock_stripe import money, names, shapes
from penstock_stripe.client import Answer, Client
from penstock_stripe.pages import PAGE
from penstock_stripe.shown import Unreadable, status_of, why

METHOD = "payment_method"
"""The order's metadata that names the saved payment method."""
_CUSTOMER = re.compile(r"cus_[A-Za-z0-9]{1,100}", re.ASCII)
_METHOD = re.compile(r"(pm|card|src)_[A-Za-z0-9_]{1,100}", re.ASCII)
_OPERATION = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
_BEST_FIRST = (PaymentStatus.succeeded, PaymentStatus.pending, PaymentStatus.declined)


class Charging:
    """Takes charges and looks them up."""

    idempotent_charges = True

    _client: Client

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        """Move the money; the operation's id is the idempotency key."""
        try:
            fields = _fields(request)
        except ValueError as exc:
            return Declined(str(exc))
        try:
            known = await self.look_up(request)
        except GatewayUnavailable as exc:
            return NotSent(str(exc), exc.retry_after)
        except Unconfirmable as exc:
            # An earlier attempt may have charged it, and waiting tells nothing.
            return Critical(f"the charge cannot be looked up: {exc}")
        if not isinstance(known, NotFound):
            return known
        try:
            answer = await self._client.post(
                "payment_intents", "charge", fields, request.operation_id
            )
        except HttpUnanswered:
            return Unanswered("Stripe's answer was lost")
        except GatewayUnavailable as exc:
            return NotSent(str(exc), exc.retry_after)
        return _charged(answer)

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        """
        Say what became of a charge.

        The customer's newest intents are listed, which is certain at once; older ones, and those
        of a customer that was deleted since, are searched for, whose index is up to an hour late
        (docs.stripe.com/search).

        Raises:
            GatewayUnavailable: no answer that says it.
            Unconfirmable: Stripe will never answer that question, or in a way not known here.
        """
        customer = _customer(request.order)
        if customer is None or not _OPERATION.fullmatch(request.operation_id):
            return NotFound()  # Such a charge is never sent.
        found, more = await self._ours("payment_intents", request, {"customer": customer})
        if not found and more:
            query = f'metadata["{names.OPERATION}"]:"{request.operation_id}"'
            found, _ = await self._ours("payment_intents/search", request, {"query": query})
        outcomes = [(one, _status(one)) for one in found]
        for wanted in _BEST_FIRST:
            for one, status in outcomes:
                if status is wanted:
                    return _outcome(one) or NotFound()
        if found:
            raise Unconfirmable("Stripe shows it in a status not known here")
        return NotFound()

    async def _ours(
        self, path: str, request: ChargeRequest, fields: Mapping[str, Any]
    ) -> tuple[Sequence[Any], bool]:
        """The intents of one page that are the operation's, and whether there may be more."""
        what = "look up charge"
        answer = await self._client.get(path, what, {**fields, "limit": PAGE})
        if answer.absent:
            return [], True  # no such customer, or none any more
        shown, more = shapes.at(answer.data, "data"), shapes.at(answer.data, "has_more")
        if not answer.ok:
            raise answer.unread(what)
        if not isinstance(shown, list) or not isinstance(more, bool):
            raise GatewayUnavailable(f"Stripe, {what}: the answer is no list")
        listed = cast(list[Any], shown)
        operation = request.operation_id
        mine = [o for o in listed if shapes.at(o, "metadata", names.OPERATION) == operation]
        return mine, more


def _fields(request: ChargeRequest) -> Mapping[str, Any]:
    """
    The request's fields; the same for every attempt, or the key would be reused.

    Raises:
        ValueError: the order cannot be charged at Stripe.
    """
    order, customer = request.order, _customer(request.order)
    method = order.metadata.get(METHOD, "")
    if customer is None:
        raise ValueError("the order's payer.reference is no customer of Stripe's (cus_…)")
    if not _METHOD.fullmatch(method):
        raise ValueError(f"the order's metadata.{METHOD} is no payment method (pm_…)")
    if not _OPERATION.fullmatch(request.operation_id):
        raise ValueError("the operation's id is none that Stripe could be asked for")
    return {
        "amount": money.amount(order.amount),
        "currency": order.amount.currency.lower(),
        "customer": customer,
        "payment_method": method,
        "confirm": True,
        "off_session": True,
        # Nobody is there to be sent to a bank's page.
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "description": order.description,
        "metadata": {**_own(order), **_ours(request)},
    }


def _own(order: Order) -> Mapping[str, str]:
    """The order's metadata; Stripe takes no brackets in a name."""
    return {
        name: value
        for name, value in order.metadata.items()
        if name != METHOD and not {"[", "]"} & {*name}
    }


def _ours(request: ChargeRequest) -> Mapping[str, str | None]:
    return {
        names.PAYMENT: request.payment_id,
        names.OPERATION: request.operation_id,
        names.REFERENCE: request.order.reference,
    }


def _customer(order: Order) -> str | None:
    reference = order.payer.reference if order.payer else None
    return reference if reference and _CUSTOMER.fullmatch(reference) else None


def _status(intent: Any) -> PaymentStatus | None:
    try:
        return status_of(intent)
    except Unreadable:
        return None


def _outcome(intent: Any) -> Succeeded | Declined | Pending | None:
    """What an intent of ours says of its charge; None where it cannot be read."""
    reference = shapes.identity(intent, "id")
    if reference is None:
        return None
    match _status(intent):
        case PaymentStatus.succeeded:
            return Succeeded(reference)
        case PaymentStatus.pending:
            return Pending(reference)
        case PaymentStatus.declined:
            return Declined(f"Stripe declined it: {why(intent)}")
        case _:
            return None


def _charged(answer: Answer) -> ChargeAnswer:
    why_not = answer.code or answer.error
    match answer.status:
        case 200:
            return _outcome(answer.data) or Unanswered("Stripe's answer cannot be read")
        case 402 if answer.error is not None:
            return Declined(f"Stripe declined it: {why_not}")
        case 500:
            return Critical("Stripe failed while it held the charge (500)")
        case _ if answer.error == "idempotency_error" and answer.status == 400:
            return Critical("Stripe holds another request under the charge's idempotency key")
        case _:
            return refusal(answer)


def refusal(answer: Answer) -> NotSent | Unanswered | Refused:
    """What a status means that no request gives a meaning of its own."""
    match answer.status:
        case 401 | 403 | 429 as status:
            later = "said later" if status == 429 else "refuses our credentials"
            return NotSent(f"Stripe {later} ({status}){answer.remedy}", answer.retry_after)
        case 400 | 404 as status if answer.error is not None:
            return Refused(f"Stripe refused the request: {status} {answer.code or answer.error}")
        case status:
            # 409 too: the request that it conflicts with may be the same one.
            return Unanswered(f"Stripe answered {status}")
