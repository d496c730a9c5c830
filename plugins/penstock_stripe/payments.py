"""
Payments, asked of Stripe's API.

    GET payment_intents/{id}    with its charge, the fee, and up to ten refunds; again without
                                the fee where the API key may not read that
    GET refunds                 all refunds, where there are more
    GET disputes                those about it, where its charge is disputed
    GET invoice_payments        the invoice that it pays, and so the subscription
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from penstock.api import (
    Confirmation,
    Confirmed,
    Contradicted,
    GatewayUnavailable,
    Notification,
    NotYet,
    Observation,
    Unconfirmable,
)
from penstock_stripe import names, shapes
from penstock_stripe.client import Answer, Client
from penstock_stripe.notification import SENT_BACK, subscription_of
from penstock_stripe.pages import everything
from penstock_stripe.shown import REFUNDS, SETTLED, Unreadable, observation

_YOUNG = timedelta(minutes=15)
"""A 404 this soon after an event means "not yet": an event may be sent before reads show it."""
_AGAIN = 30.0


class Payments:
    """Asks Stripe how payments stand."""

    def __init__(self, client: Client, gateway: str) -> None:
        self._client = client
        self._gateway = gateway

    async def locate(self, notification: Notification, now: datetime) -> str | None:
        """
        The payment that news of a refund concerns; None where it concerns none.

        Raises:
            GatewayUnavailable: no answer, or not yet.
            Unconfirmable: Stripe does not show the payment.
        """
        if notification.type not in SENT_BACK:
            return None
        intent = names.intent_of(notification.resource)
        if intent is None:
            return None  # a charge from before payment intents
        shown = await self._show(intent)
        if shown is None:
            raise _missing(notification, now)
        return names.owner(self._gateway, shown)

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        """
        Read the payment again.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that means nothing to us, or none for too long.
        """
        intent = names.intent_of(notification.resource)
        if intent is None:
            raise Unconfirmable("the event names no payment intent")
        shown = await self._show(intent)
        if shown is None:
            error = _missing(notification, now)
            if isinstance(error, Unconfirmable):
                raise error
            return NotYet(_AGAIN)
        seen = await self._seen(shown)
        if names.owner(self._gateway, shown) != notification.entity:
            return Contradicted((f"metadata.{names.PAYMENT}",), seen)
        return Confirmed(seen)

    async def read(self, intent: str) -> Observation | NotYet:
        """
        The payment as it stands now; NotYet where Stripe does not show it.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that means nothing to us.
        """
        shown = await self._show(intent)
        return NotYet() if shown is None else await self._seen(shown)

    async def _show(self, intent: str) -> Mapping[str, Any] | None:
        what = "show payment intent"
        answer = await self._ask(intent, what, [SETTLED, REFUNDS])
        if answer.status == 403:
            # A payment is worth more than its fee. What the key lacks is in the log.
            answer = await self._ask(intent, what, [REFUNDS])
        if answer.absent:
            return None
        if not answer.ok:
            raise answer.unread(what)
        return answer.data

    async def _ask(self, intent: str, what: str, expand: Sequence[str]) -> Answer:
        fields = {"expand": list(expand)}
        return await self._client.get(f"payment_intents/{intent}", what, fields)

    async def _seen(self, intent: Mapping[str, Any]) -> Observation:
        charge = shapes.mapping(intent, "latest_charge")
        of = {"payment_intent": shapes.identity(intent, "id")}
        refunds = shapes.listed(charge, "refunds")
        if shapes.at(charge, "refunds", "has_more") is not False and charge:
            refunds = await everything(self._client, "refunds", of)
        disputes: Sequence[Any] = ()
        if shapes.at(charge, "disputed") is True:
            disputes = await everything(self._client, "disputes", of)
        try:
            return observation(intent, refunds, disputes, await self._subscription(intent))
        except Unreadable as exc:
            raise Unconfirmable(f"Stripe, show payment intent: {exc}") from exc

    async def _subscription(self, intent: Mapping[str, Any]) -> str | None:
        """The subscription that an intent pays for; one that we asked for pays for none."""
        identity = shapes.identity(intent, "id")
        if names.claimed(intent) or identity is None:
            return None
        asked = {
            "payment": {"type": "payment_intent", "payment_intent": identity},
            "expand": ["data.invoice"],
        }
        found = await everything(self._client, "invoice_payments", asked)
        invoices = (shapes.mapping(one, "invoice") for one in found)
        return next((of for one in invoices if (of := subscription_of(one))), None)


def _missing(notification: Notification, now: datetime) -> GatewayUnavailable | Unconfirmable:
    if now - notification.occurred_at < _YOUNG:
        return GatewayUnavailable("Stripe does not show the payment yet", retry_after=_AGAIN)
    return Unconfirmable("Stripe shows no such payment")
