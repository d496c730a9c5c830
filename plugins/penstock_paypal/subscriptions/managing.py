"""Opening subscriptions at PayPal and changing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.api import (
    Done,
    GatewayUnavailable,
    Invalid,
    Log,
    ManageAnswer,
    NotSent,
    Refused,
    ReviseAnswer,
    Revised,
    SubscribeAnswer,
    Subscribed,
    SubscriptionRequest,
    Unanswered,
    Unconfirmable,
)
from penstock_paypal import shapes
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.api import Api, path
from penstock_paypal.client.refusal import in_doubt
from penstock_paypal.subscriptions import fields
from penstock_paypal.subscriptions.approval import ForeignLink, approval_url
from penstock_paypal.subscriptions.reading import SUBSCRIPTION, SUBSCRIPTIONS

_CREATE = "create subscription"
_UNKNOWN = "PayPal knows no such subscription"


class ManagedSubscriptions:
    """
    Opens and changes them.

    Args:
        origin: scheme and host of the pages on which buyers approve.
    """

    def __init__(self, api: Api, origin: str, log: Log) -> None:
        self._api = api
        self._origin = origin
        self._log = log

    async def create(self, request: SubscriptionRequest) -> SubscribeAnswer:
        """Open one; PayPal opens one for each operation id, within 72 hours."""
        wrong = fields.of_request(request)
        if wrong:
            return wrong
        answer = await self._api.act(
            SUBSCRIPTIONS, _CREATE, _body(request), request_id=request.operation_id
        )
        if not isinstance(answer, Answer):
            return answer
        if not answer.ok:
            unknown_plan = Invalid("plan", "PayPal knows no such plan") if answer.absent else None
            return unknown_plan or _refusal(answer, _CREATE)
        reference = shapes.identity(answer.data, "id")
        approve = self._approve(answer, _CREATE)
        if isinstance(approve, str) and reference:
            return Subscribed(reference, approve)
        return approve if isinstance(approve, Refused) else _incomplete(_CREATE)

    async def change(self, reference: str, verb: str, reason: str) -> ManageAnswer:
        """
        Cancel, suspend or activate one.

        PayPal keeps no request ids for these: after a lost answer the caller must read it.
        """
        wrong = fields.of_reason(reason)
        if wrong:
            return wrong
        what = f"{verb} subscription"
        if not shapes.ID.fullmatch(reference):
            return Refused(_UNKNOWN)
        where = path(f"{SUBSCRIPTION}/{verb}", reference)
        answer = await self._api.act(where, what, {"reason": reason})
        if not isinstance(answer, Answer):
            return answer
        if answer.ok:
            return Done()
        return Refused(_UNKNOWN) if answer.absent else _refusal(answer, what)

    async def revise(
        self, reference: str, plan: str, return_url: str, cancel_url: str
    ) -> ReviseAnswer:
        """Ask for another plan; nothing changes unless the buyer approves."""
        wrong = fields.of_plan(plan) or fields.of_urls(return_url, cancel_url)
        if wrong:
            return wrong
        what = "revise subscription"
        if not shapes.ID.fullmatch(reference):
            return Refused(_UNKNOWN)
        body = {"plan_id": plan, "application_context": _context(return_url, cancel_url)}
        answer = await self._api.act(path(f"{SUBSCRIPTION}/revise", reference), what, body)
        if not isinstance(answer, Answer):
            return answer
        if answer.absent:
            # PayPal says 404 of either of the two.
            known = await self._known(reference)
            return Invalid("plan", "PayPal knows no such plan") if known else Refused(_UNKNOWN)
        if not answer.ok:
            return _refusal(answer, what)
        approve = self._approve(answer, what)
        if isinstance(approve, str):
            return Revised(approve)
        return approve or _incomplete(what)

    async def _known(self, reference: str) -> bool:
        """Whether PayPal shows it now."""
        try:
            found = await self._api.read(path(SUBSCRIPTION, reference), "show subscription")
        except (GatewayUnavailable, Unconfirmable):
            return False
        return found is not None

    def _approve(self, answer: Answer, what: str) -> str | Refused | None:
        try:
            return approval_url(answer.data, self._origin)
        except ForeignLink as exc:
            # Fail closed: a buyer who is sent there types a password.
            self._log.warning("paypal.foreign_link", what=what, debug_id=answer.debug_id)
            return Refused(f"PayPal, {what}: {exc}")


def _body(request: SubscriptionRequest) -> Mapping[str, Any]:
    who = request.subscriber
    context = _context(request.return_url, request.cancel_url)
    if request.brand is not None:
        context["brand_name"] = request.brand
    if request.locale is not None:
        context["locale"] = request.locale
    return {
        "plan_id": request.plan,
        "custom_id": request.reference,
        "subscriber": {
            "name": {"given_name": who.given_name, "surname": who.surname},
            "email_address": who.email,
        },
        "application_context": context,
    }


def _context(return_url: str, cancel_url: str) -> dict[str, str]:
    return {
        "user_action": "SUBSCRIBE_NOW",
        "shipping_preference": "NO_SHIPPING",
        "return_url": return_url,
        "cancel_url": cancel_url,
    }


def _incomplete(what: str) -> Unanswered:
    return Unanswered(f"PayPal, {what}: answered without an id or an approval link")


def _refusal(answer: Answer, what: str) -> Invalid | Refused | NotSent | Unanswered:
    """What an answer that is no success means."""
    because = f"PayPal, {what}: {answer.why}"
    if answer.denied or answer.throttled:
        return NotSent(because, answer.wait)
    if in_doubt(answer):
        return Unanswered(because)
    return fields.refused(answer) or Refused(because)
