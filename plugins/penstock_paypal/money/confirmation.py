"""What a notification claims of a payment, asked of PayPal's API: whose it is, how it stands."""

from __future__ import annotations

from datetime import datetime

from penstock.api import (
    Confirmation,
    Confirmed,
    Contradicted,
    GatewayUnavailable,
    Implied,
    Log,
    Notification,
    NotYet,
    PaymentStatus,
    Transaction,
    Unconfirmable,
    is_own_payment,
)
from penstock_paypal import shapes
from penstock_paypal.money.origin import Origin
from penstock_paypal.money.refund import Refund, Refunds
from penstock_paypal.money.refund import sale as refunded_sale
from penstock_paypal.money.sale import Sale, differences
from penstock_paypal.money.sales import Sales
from penstock_paypal.money.waiting import wait, young
from penstock_paypal.webhooks import notification as notifications
from penstock_paypal.webhooks.notification import (
    CAPTURE_CLAIMS,
    CLAIMS,
    GONE,
    MONEY_CLAIMS,
    REVERSED,
    SENT_BACK,
)

_UNTOUCHED = frozenset({PaymentStatus.succeeded, PaymentStatus.pending})
_PENDING = ("PAYMENT.SALE.PENDING", "PAYMENT.CAPTURE.PENDING")
_DECIDED = MONEY_CLAIMS.difference(_PENDING)


class Confirmations:
    """Asks PayPal what is true of what a notification says of a payment."""

    def __init__(self, sales: Sales, refunds: Refunds, log: Log) -> None:
        self._sales = sales
        self._refunds = refunds
        self._log = log

    async def locate(self, notification: Notification, now: datetime) -> str | None:
        """
        The payment a notification concerns that does not name it; None where it concerns none.

        A refund made on paypal.com may name no sale (PayPal-Python-SDK issue 91), and one of a
        subscription's payment may come as a capture's.

        Raises:
            GatewayUnavailable: no answer, or not yet.
            Unconfirmable: it is about a sale, and PayPal does not say which.
        """
        if notification.type in CLAIMS:
            raise Unconfirmable("the event is about a sale and names none")
        if notification.type not in GONE:
            return None
        sale = refunded_sale(notification.resource)
        if sale is None:
            refund = await self._refund(notification)
            if refund is None and young(notification, now):
                raise GatewayUnavailable(
                    "PayPal does not show the refund yet", retry_after=wait(notification, now)
                )
            sale = refund and await self._refunds.sale_of(refund)
        if sale is None:
            raise Unconfirmable("money was sent back, and PayPal does not say of which sale")
        if notification.type not in SENT_BACK and not await self._sales.is_sale(sale):
            return await self._sales.owner(sale, now)
        return notifications.entity(notification.gateway, sale)

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        """
        Re-read the sale the notification names, its origin, and what was sent back of it.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that means nothing to us, or none for too long.
        """
        ours = is_own_payment(notification.entity)
        gateway, entity = notification.gateway, notification.entity
        sale_id = _capture(notification) if ours else notifications.paypal_id(gateway, entity)
        if sale_id is None:
            raise Unconfirmable("the event names no sale that PayPal could be asked for")
        sale = await self._sales.show(sale_id, notification.occurred_at)
        if sale is None:
            return _later(notification, now, "PayPal shows no such sale")
        if ours and sale.custom != notification.entity:
            if sale.custom is None:
                return _later(notification, now, "PayPal does not show whose capture it is")
            return self._contradicted(("custom_id",), sale)
        if notification.type in MONEY_CLAIMS:
            if differs := differences(notification.resource, sale):
                return self._contradicted(differs, sale)
            if young(notification, now) and _lacks_agreement(notification, sale):
                return NotYet(wait(notification, now))
        steps: list[Transaction] = []
        if notification.type in GONE:
            refund = await self._refund(notification)
            if refund is None and (young(notification, now) or sale.status in _UNTOUCHED):
                because = "PayPal shows neither the refund nor its trace on the sale"
                return _later(notification, now, because)
            if refund and refund.sale not in (None, sale.id):
                return self._contradicted(("id",), sale)
            if refund:
                kind = "reversal" if notification.type in REVERSED else "refund"
                steps = [refund.transaction(kind)]
        origin = await self._sales.origin(sale)
        if origin.missing and origin.payer is None:
            if young(notification, now):
                return NotYet(wait(notification, now))
            self._log.warning("paypal.subscription_missing", subscription=sale.agreement)
        return Confirmed(
            self._sales.observation(sale, origin, steps), implies=_implied(notification)
        )

    def _contradicted(self, fields: tuple[str, ...], sale: Sale) -> Contradicted:
        return Contradicted(fields, self._sales.observation(sale, Origin()))

    async def _refund(self, notification: Notification) -> Refund | None:
        try:
            return await self._refunds.show(
                shapes.identity(notification.resource, "id"), notification.occurred_at
            )
        except ValueError as exc:
            raise Unconfirmable(f"PayPal, show refund: {exc}") from exc


def _capture(notification: Notification) -> str | None:
    """The capture that an event about a checkout names."""
    if notification.type in CAPTURE_CLAIMS:
        return shapes.identity(notification.resource, "id")
    return refunded_sale(notification.resource)


def _later(notification: Notification, now: datetime, because: str) -> NotYet:
    """Ask again while it is young; a missing value never becomes a contradiction."""
    if young(notification, now):
        return NotYet(wait(notification, now))
    raise Unconfirmable(because)


def _lacks_agreement(notification: Notification, sale: Sale) -> bool:
    claimed = shapes.text(notification.resource, "billing_agreement_id")
    return claimed is not None and sale.agreement is None


def _implied(notification: Notification) -> tuple[Implied, ...]:
    """What an older copy of the sale cannot take back."""
    if notification.type not in MONEY_CLAIMS:
        return ()
    held = (shapes.text(notification.resource, "payment_hold_status") or "").upper()
    decided = (Implied.decided,) if notification.type in _DECIDED else ()
    return (*decided, Implied.released) if held == "RELEASED" else decided
