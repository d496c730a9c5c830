"""What a notification claims, asked of PayPal's API: whose payment, and how it stands now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from penstock.api import (
    Confirmation,
    Confirmed,
    Contradicted,
    GatewayUnavailable,
    Log,
    Notification,
    NotYet,
    Observation,
    PaymentStatus,
    Unconfirmable,
)
from penstock_paypal import shapes
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.api import Api, path
from penstock_paypal.money.refund import Refund, Refunds
from penstock_paypal.money.refund import sale as refunded_sale
from penstock_paypal.money.sale import (
    Sale,
    Subscription,
    UnknownState,
    claimed,
    differences,
    observation,
)
from penstock_paypal.webhooks import notification as notifications
from penstock_paypal.webhooks.notification import CAPTURE_SENT_BACK, CLAIMS, REVERSED, SENT_BACK

YOUNG = timedelta(minutes=15)
"""
A 404 this soon after the event means "not yet", never "does not exist".

PayPal names no time; that its API may know of something later than its webhook is said in
github.com/paypal/PayPal-node-SDK/issues/125.
"""
ASK_AGAIN = 10.0
_UNTOUCHED = frozenset({PaymentStatus.succeeded, PaymentStatus.pending})


class Confirmations:
    """Asks PayPal what is true of what a notification says."""

    def __init__(self, api: Api, activity_url: str, log: Log) -> None:
        self._api = api
        self._refunds = Refunds(api)
        self._activity_url = activity_url
        self._log = log

    async def locate(self, notification: Notification, now: datetime) -> str | None:
        """
        The payment a notification concerns that does not name it; None where it concerns none.

        A refund made on paypal.com may name no sale (PayPal-Python-SDK issue 91), and one of a
        subscription's payment may come as a capture's.

        Raises:
            GatewayUnavailable: no answer, or not yet.
            Unconfirmable: it is about a sale, and nobody can say which.
        """
        if notification.type in CLAIMS:
            raise Unconfirmable("the event is about a sale and names none")
        if notification.type not in SENT_BACK | CAPTURE_SENT_BACK:
            return None
        sale = refunded_sale(notification.resource)
        if sale is None:
            refund = await self._refund(notification, now)
            if refund is None and _young(notification, now):
                because = "PayPal does not show the refund yet"
                raise GatewayUnavailable(because, retry_after=ASK_AGAIN)
            sale = refund and await self._refunds.sale_of(refund)
        if sale is None:
            raise Unconfirmable("money was sent back, and PayPal does not say of which sale")
        if notification.type in CAPTURE_SENT_BACK and await self._show(sale) is None:
            # A capture of the merchant's other business: no subscription was paid by it.
            return None
        return notifications.entity(sale)

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        """
        Re-read the sale the notification names, its subscription, and what was sent back of it.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that means nothing to us.
        """
        young = _young(notification, now)
        sale = await self._sale(notification)
        if sale is None:
            # Only what the sale should have been for long can be said not to exist.
            if young:
                return NotYet(ASK_AGAIN)
            return Contradicted(("id",), claimed(notification))
        if notification.type in CLAIMS:
            differs = differences(notification.resource, sale)
            if differs:
                return Contradicted(differs, observation(sale, None, self._activity_url))
        refund: Refund | None = None
        if notification.type in SENT_BACK | CAPTURE_SENT_BACK:
            refund = await self._refund(notification, now)
            if refund is None and young:
                return NotYet(ASK_AGAIN)
            if refund is None and sale.status in _UNTOUCHED:
                raise Unconfirmable("PayPal shows neither the refund nor its trace on the sale")
            if refund and refund.sale not in (None, sale.id):
                return Contradicted(("id",), observation(sale, None, self._activity_url))
        subscription = await self._subscription(sale.agreement)
        if subscription is None and sale.agreement is not None:
            if young:
                return NotYet(ASK_AGAIN)
            self._log.warning("paypal.subscription_missing", subscription=sale.agreement)
        seen = observation(sale, subscription, self._activity_url)
        return Confirmed(_sent_back(seen, refund, notification.type))

    async def _sale(self, notification: Notification) -> Sale | None:
        sale_id = notifications.sale_id(notification.entity)
        answer = await self._show(sale_id) if sale_id else None
        if answer is None:
            return None
        try:
            return Sale.of(answer.data, notification.occurred_at)
        except UnknownState as exc:
            raise Unconfirmable(f"PayPal, show sale: {exc}") from exc
        except ValueError as exc:
            raise GatewayUnavailable(f"PayPal, show sale: {exc}") from exc

    async def _show(self, sale_id: str) -> Answer | None:
        return await self._api.read(path("/v1/payments/sale/{}", sale_id), "show sale")

    async def _refund(self, notification: Notification, now: datetime) -> Refund | None:
        try:
            return await self._refunds.show(shapes.identity(notification.resource, "id"), now)
        except ValueError as exc:
            raise Unconfirmable(f"PayPal, show refund: {exc}") from exc

    async def _subscription(self, agreement: str | None) -> Subscription | None:
        if agreement is None:
            return None
        # Without `fields` the plan's name would be left out.
        where = path("/v1/billing/subscriptions/{}?fields=plan", agreement)
        answer = await self._api.read(where, "show subscription")
        return Subscription.of(answer.data) if answer else None


def _young(notification: Notification, now: datetime) -> bool:
    return now - notification.occurred_at < YOUNG


def _sent_back(seen: Observation, refund: Refund | None, event_type: str) -> Observation:
    """With what was sent back; a sale has no state for a reversal in the specification."""
    if refund is None:
        return seen
    if event_type not in REVERSED:
        return replace(seen, refunds=(refund.transaction("refund"),), refunded=refund.total)
    taken = replace(seen, refunds=(refund.transaction("reversal"),))
    if refund.status is not PaymentStatus.refunded or seen.status not in _UNTOUCHED:
        return taken
    return replace(taken, transaction=replace(seen.transaction, status=PaymentStatus.reversed))
