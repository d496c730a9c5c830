"""PayPal as a gateway: its parts, joined."""

from __future__ import annotations

from datetime import datetime, timedelta

from penstock.api import (
    Authenticity,
    Confirmation,
    Confirmed,
    Context,
    Contradicted,
    CreateAnswer,
    Delivery,
    GatewayUnavailable,
    Invoice,
    InvoiceDraft,
    Notification,
    NotYet,
)
from penstock_paypal import notification as notifications
from penstock_paypal.certificate import Certificates
from penstock_paypal.chain import Trust
from penstock_paypal.client import Api, path
from penstock_paypal.environments import environment
from penstock_paypal.invoice import PayPalInvoices
from penstock_paypal.registration import unregistered
from penstock_paypal.sale import Sale, Subscription, claimed, differences, observation
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.signature import Signatures
from penstock_paypal.token import Tokens

YOUNG = timedelta(minutes=15)
"""
A 404 this soon after the event means "not yet", never "does not exist".

PayPal names no time; that its API may know of something later than its webhook is said in
github.com/paypal/PayPal-node-SDK/issues/125.
"""
ASK_AGAIN = 10.0


class PayPal:
    """
    PayPal: webhooks, sales re-read, invoices.

    Raises:
        SettingsError: the environment is not known here, or the extra certificates are none.
    """

    name = "paypal"

    def __init__(self, context: Context[PayPalSettings]) -> None:
        where = environment(context.settings.environment, context.profile)
        http, clock, log = context.http, context.clock, context.log
        limit = context.request_timeout
        trust = Trust(where, context.settings.extra_certificates, http, log, limit)
        certificates = Certificates(where.certificate_url, trust, http, limit)
        self._signatures = Signatures(certificates, context.secrets)
        tokens = Tokens(where.api_url, context.secrets, http, clock, log, limit)
        self._api = Api(where.api_url, tokens, http, clock, log, limit)
        self._invoices = PayPalInvoices(self._api)
        self._activity_url = where.activity_url
        self._secrets = context.secrets
        self._log = log

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        """Say whether the delivery is PayPal's; never raises, whatever it holds."""
        return await self._signatures.authenticate(delivery, now)

    def read(self, delivery: Delivery) -> Notification:
        """
        Parse an authentic delivery.

        Raises:
            MalformedDelivery: its body is no JSON object with an id and an event type.
        """
        return notifications.read(delivery)

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        """
        Re-read the sale the notification names, and its subscription.

        Raises:
            GatewayUnavailable: PayPal gave no answer, or one we do not understand yet.
        """
        young = now - notification.occurred_at < YOUNG
        sale = await self._sale(notification)
        if sale is None:
            # Only what the sale should have been for long can be said not to exist.
            if young:
                return NotYet(ASK_AGAIN)
            return Contradicted(("id",), claimed(notification))
        if notification.type in notifications.CLAIMS:
            differs = differences(notification.resource, sale)
            if differs:
                return Contradicted(differs, observation(sale, None, self._activity_url))
        subscription = await self._subscription(sale.agreement)
        if subscription is None and sale.agreement is not None:
            if young:
                return NotYet(ASK_AGAIN)
            self._log.warning("paypal.subscription_missing", subscription=sale.agreement)
        return Confirmed(observation(sale, subscription, self._activity_url))

    async def create_invoice(self, draft: InvoiceDraft) -> CreateAnswer:
        """Create the draft; never raises for what PayPal may answer."""
        return await self._invoices.create(draft)

    async def find_invoice(self, draft: InvoiceDraft, reference: str | None) -> Invoice | None:
        """
        Find the invoice by its reference, else by its number.

        Raises:
            GatewayUnavailable: no answer.
        """
        return await self._invoices.find(draft, reference)

    async def send_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        """
        Have PayPal mail it. Sending twice has no further effect.

        Raises:
            GatewayUnavailable: no answer, or not now.
            InvoiceRefused: never.
        """
        await self._invoices.send(reference, draft)

    async def record_payment(self, reference: str, draft: InvoiceDraft) -> None:
        """
        Record the sale as the invoice's payment.

        Raises:
            GatewayUnavailable: no answer, or not now.
            InvoiceRefused: never.
        """
        await self._invoices.record(reference, draft)

    async def cancel_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        """
        Have PayPal cancel it and tell the buyer; one cancelled already, or never sent, stays so.

        Raises:
            GatewayUnavailable: no answer, or not now.
            InvoiceRefused: never.
        """
        await self._invoices.cancel(reference, draft)

    async def unregistered(self, url: str) -> str | None:
        """
        Say why PayPal's webhooks would not arrive there; None if they would.

        Raises:
            GatewayUnavailable: no answer.
        """
        return await unregistered(self._api, self._secrets, url)

    async def _sale(self, notification: Notification) -> Sale | None:
        sale_id = notifications.sale_id(notification.entity)
        if sale_id is None:
            return None
        answer = await self._api.read(path("/v1/payments/sale/{}", sale_id), "show sale")
        if answer is None:
            return None
        try:
            return Sale.of(answer.data, notification.occurred_at)
        except ValueError as exc:
            raise GatewayUnavailable(f"PayPal, show sale: {exc}") from exc

    async def _subscription(self, agreement: str | None) -> Subscription | None:
        if agreement is None:
            return None
        # Without `fields` the plan's name would be left out.
        where = path("/v1/billing/subscriptions/{}?fields=plan", agreement)
        answer = await self._api.read(where, "show subscription")
        return Subscription.of(answer.data) if answer else None
