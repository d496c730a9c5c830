"""What PayPal's notification says of an invoice, asked of its API (invoicing_v2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock.api import (
    Confirmation,
    Confirmed,
    GatewayUnavailable,
    InvoiceObservation,
    InvoiceState,
    Notification,
    NotYet,
    Unconfirmable,
)
from penstock_paypal import shapes
from penstock_paypal.client.api import Api, path
from penstock_paypal.invoices.shown import reference_of, state
from penstock_paypal.money.waiting import wait, young
from penstock_paypal.webhooks import notification as notifications

_INVOICE = "/v2/invoicing/invoices/{}"


class InvoiceNews:
    """Asks PayPal how an invoice stands."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def locate(self, notification: Notification, now: datetime) -> str | None:
        """
        The payment whose invoice it is, by the reference we gave it; None for any other invoice.

        Where we may not read invoices we made none.

        Raises:
            GatewayUnavailable: no answer, or not yet.
            Unconfirmable: PayPal will never answer that question.
        """
        named = _named(notification)
        if named is None:
            return None
        answer = await self._api.send("GET", path(_INVOICE, named), "show invoice")
        if answer.missing and young(notification, now):
            raise GatewayUnavailable(
                "PayPal does not show the invoice yet", retry_after=wait(notification, now)
            )
        if answer.missing or answer.status == 403:
            return None
        if not answer.ok:
            raise answer.unread("show invoice")
        reference = shapes.identity(answer.data, "detail", "reference")
        return notifications.entity(notification.gateway, reference) if reference else None

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        """
        Re-read the invoice.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: PayPal shows no such invoice, or the event names none.
        """
        named = _named(notification)
        if named is None:
            raise Unconfirmable("the event is about an invoice and names none")
        answer = await self._api.read(path(_INVOICE, named), "show invoice")
        if answer is None:
            if young(notification, now):
                return NotYet(wait(notification, now))
            raise Unconfirmable("PayPal shows no such invoice")
        sale = notifications.paypal_id(notification.gateway, notification.entity) or ""
        stands = state(answer.data, sale)
        return Confirmed(
            InvoiceObservation(
                reference_of(answer.data) or named,
                paid_twice=stands is InvoiceState.paid_twice,
                cancelled=stands is InvoiceState.cancelled,
            )
        )


def _named(notification: Notification) -> str | None:
    about: Mapping[str, Any] = notifications.invoice(notification.resource)
    return reference_of(about)
