"""What a notification says of a dispute, asked of PayPal's API."""

from __future__ import annotations

from datetime import datetime

from penstock.api import (
    Claimed,
    Confirmation,
    Confirmed,
    DisputeObservation,
    GatewayUnavailable,
    Notification,
    NotYet,
    Unconfirmable,
)
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.api import Api, path
from penstock_paypal.disputes.shown import observation
from penstock_paypal.money.waiting import wait, young
from penstock_paypal.webhooks import notification as notifications

_DISPUTE = "/v1/customer/disputes/{}"
_REFUSED = "PayPal does not let this app read disputes (403): give it the Disputes permission"
_HIDDEN = "PayPal's API does not show it"


class Disputes:
    """Asks PayPal how disputes stand."""

    def __init__(self, api: Api, gateway: str, disputes_url: str) -> None:
        self._api = api
        self._gateway = gateway
        self._disputes_url = disputes_url

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        """
        Re-read the dispute; what the signed body says where PayPal does not show it.

        The seller has a date to keep: so it is published unconfirmed at once where the API
        refuses to show it, and after a quarter of an hour where it does not.

        Raises:
            GatewayUnavailable: no answer, and the event is young.
            Unconfirmable: the event names no dispute.
        """
        reference = notifications.paypal_id(self._gateway, notification.entity)
        if reference is None:
            raise Unconfirmable("the event is about a dispute and names none")
        waits = young(notification, now)
        try:
            answer = await self._ask(reference)
        except GatewayUnavailable:
            if waits:
                raise
            answer = None
        if answer is not None and answer.ok:
            return Confirmed(self._seen(answer, reference, notification.occurred_at))
        if answer is not None and answer.status == 403:
            return self._claimed(notification, reference, _REFUSED)
        if waits and answer is not None and not answer.missing:
            raise answer.unavailable("show dispute")
        if waits:
            return NotYet(wait(notification, now))
        return self._claimed(notification, reference, _HIDDEN)

    async def reread(self, reference: str | None, now: datetime) -> DisputeObservation | NotYet:
        """
        The dispute as it stands now; NotYet where PayPal does not show it.

        Raises:
            GatewayUnavailable: no answer.
        """
        answer = await self._ask(reference) if reference else None
        if answer is None or answer.missing or answer.status == 403 or reference is None:
            return NotYet()
        if not answer.ok:
            raise answer.unavailable("show dispute")
        return self._seen(answer, reference, now)

    async def _ask(self, reference: str) -> Answer:
        answer = await self._api.send("GET", path(_DISPUTE, reference), "show dispute")
        if answer.ok and not answer.json:
            raise GatewayUnavailable("PayPal, show dispute: answered nothing")
        return answer

    def _seen(self, answer: Answer, reference: str, fallback: datetime) -> DisputeObservation:
        return observation(answer.data, self._gateway, reference, fallback, self._disputes_url)

    def _claimed(self, notification: Notification, reference: str, because: str) -> Claimed:
        said = observation(
            notification.resource,
            self._gateway,
            reference,
            notification.occurred_at,
            self._disputes_url,
        )
        return Claimed(said, because)
