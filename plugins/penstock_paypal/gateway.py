"""PayPal as a gateway: its parts, joined."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from penstock.api import (
    AnyObservation,
    Authenticity,
    CaptureAnswer,
    CaptureRequest,
    CheckoutNews,
    CheckoutRequest,
    CheckoutSeen,
    Confirmation,
    Confirmed,
    Context,
    Delivery,
    EntityKind,
    Listed,
    ManageAnswer,
    Notification,
    NotYet,
    OpenAnswer,
    PlanOffer,
    Ref,
    ReviseAnswer,
    SubscribeAnswer,
    SubscriptionObservation,
    SubscriptionRequest,
    Transaction,
    Unconfirmable,
    is_own_payment,
)
from penstock_paypal.invoicing import WritesInvoices
from penstock_paypal.limits import KEYS_KEPT, LISTED_FOR
from penstock_paypal.moving import MovesMoney
from penstock_paypal.parts import Parts
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.webhooks import notification as notifications


class PayPal(MovesMoney, WritesInvoices):
    """
    PayPal: webhooks and their list, sales and disputes re-read, refunds, invoices, subscriptions,
    checkouts.

    Raises:
        SettingsError: the environment is not known here, the extra certificates are none, or
            the invoices' template is not there or is none.
    """

    name = "paypal"
    checkout_keys_kept = KEYS_KEPT

    def __init__(self, context: Context[PayPalSettings]) -> None:
        # An instance has a name of its own: its ids begin with it.
        self.name = context.name or type(self).name
        self._parts = Parts(context, self.name)
        self._secrets = context.secrets

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        """Say whether the delivery is PayPal's; never raises, whatever it holds."""
        return await self._parts.signatures.authenticate(delivery, now)

    def read(self, delivery: Delivery) -> Notification:
        """
        Parse an authentic delivery.

        Raises:
            MalformedDelivery: its body is no JSON object with an id and an event type.
        """
        return notifications.read(delivery)

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        """
        Re-read what the notification names: the sale with its subscription and what was sent
        back of it, the dispute, or the invoice.

        Raises:
            GatewayUnavailable: PayPal gave no answer.
            Unconfirmable: PayPal gave one that means nothing to us, or none for too long.
        """
        if notification.kind is EntityKind.dispute:
            return await self._parts.disputes.confirm(notification, now)
        if notification.type in notifications.CHECKOUT:
            return Confirmed(CheckoutNews())
        if notification.type.startswith(notifications.INVOICE):
            return await self._parts.invoice_news.confirm(notification, now)
        return await self._parts.confirmations.confirm(notification, now)

    async def locate(self, notification: Notification, now: datetime) -> str | None:
        """
        Find the payment that a notification concerns and does not name.

        Raises:
            GatewayUnavailable: no answer, or not yet.
            Unconfirmable: it concerns one, or a dispute, and PayPal does not say which.
        """
        if notification.type.startswith(notifications.DISPUTE):
            raise Unconfirmable("the event is about a dispute and names none")
        if notification.type.startswith(notifications.INVOICE):
            return await self._parts.invoice_news.locate(notification, now)
        return await self._parts.confirmations.locate(notification, now)

    async def reread(
        self, entity: Ref, known: Sequence[Transaction], now: datetime
    ) -> AnyObservation | NotYet:
        """
        Read a payment's sale and every refund and reversal known of it, or a dispute.

        Raises:
            GatewayUnavailable: PayPal gave no answer.
            Unconfirmable: PayPal gave one that means nothing to us.
        """
        named = notifications.paypal_id(self.name, entity.id)
        if entity.kind is EntityKind.dispute:
            return await self._parts.disputes.reread(named, now)
        if is_own_payment(entity.id):
            named = known[0].id if known else None
        return await self._parts.sales.reread(named, known, now)

    async def plans(self) -> Sequence[PlanOffer]:
        """
        All plans, whatever their status, with their prices.

        Raises:
            GatewayUnavailable: no answer.
        """
        return await self._parts.plans.list()

    async def read_subscription(
        self, reference: str, now: datetime
    ) -> SubscriptionObservation | None:
        """
        Read a subscription, or an agreement from before subscriptions; None where there is none.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that means nothing to us, such as an unknown status.
        """
        return await self._parts.subscriptions.read(reference, now)

    async def create_subscription(self, request: SubscriptionRequest) -> SubscribeAnswer:
        """Open a subscription; never raises for what PayPal may answer."""
        return await self._parts.managed.create(request)

    async def cancel_subscription(self, reference: str, reason: str) -> ManageAnswer:
        """Stop renewal for good; one that is cancelled already is done."""
        return await self._parts.managed.change(reference, "cancel", reason)

    async def suspend_subscription(self, reference: str, reason: str) -> ManageAnswer:
        """Stop renewal until it is resumed."""
        return await self._parts.managed.change(reference, "suspend", reason)

    async def resume_subscription(self, reference: str, reason: str) -> ManageAnswer:
        """Renew a suspended one again."""
        return await self._parts.managed.change(reference, "activate", reason)

    async def revise_subscription(
        self, reference: str, plan: str, return_url: str, cancel_url: str
    ) -> ReviseAnswer:
        """Ask the buyer to move to another plan."""
        return await self._parts.managed.revise(reference, plan, return_url, cancel_url)

    @property
    def listed_for(self) -> timedelta:
        """How long PayPal lists an event."""
        return LISTED_FOR

    async def list_notifications(self, since: datetime, until: datetime) -> Listed:
        """
        The events of a span of time, whether their webhooks arrived or not.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: PayPal will never answer that question.
        """
        return await self._parts.events.list(since, until)

    async def list_payments(
        self, subscription: str, since: datetime, until: datetime
    ) -> Sequence[Notification]:
        """
        The sales of a subscription in a span of time, without those that were declined.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: PayPal will never answer that question.
        """
        return await self._parts.charged.list(subscription, since, until)

    async def list_subscriptions(self, page: int) -> Sequence[str] | None:
        """
        PayPal's ids of a page's subscriptions; None where the account has no such list.

        Raises:
            GatewayUnavailable: no answer.
        """
        from penstock_paypal.subscriptions.listing import listed

        return await listed(self._parts.api, page)

    async def open_checkout(self, request: CheckoutRequest) -> OpenAnswer:
        """Create an order; never raises for what PayPal may answer."""
        return await self._parts.orders.open(request)

    async def read_checkout(self, reference: str, now: datetime) -> CheckoutSeen | None:
        """
        Read an order with its capture; None where PayPal shows none.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that means nothing to us, such as an unknown status.
        """
        return await self._parts.orders.read(reference, now)

    async def capture_checkout(self, request: CaptureRequest) -> CaptureAnswer:
        """Capture an approved order; never raises for what PayPal may answer."""
        return await self._parts.orders.capture(request)

    async def unregistered(self, url: str) -> str | None:
        """
        Say why PayPal's webhooks would not arrive there; None if they would.

        Raises:
            GatewayUnavailable: no answer.
        """
        from penstock_paypal.webhooks.registration import unregistered

        return await unregistered(self._parts.api, self._secrets, url)
