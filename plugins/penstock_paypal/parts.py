"""
The gateway's parts, each made when it is first asked for.

A function asks for few of them, and its cold start is its imports: `process` proves no
certificate, `verify` reads no sale. So each part is imported where it is made.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from penstock.api import Context
from penstock_paypal.client.api import Api
from penstock_paypal.client.pace import Pace
from penstock_paypal.client.token import Tokens
from penstock_paypal.environments import environment
from penstock_paypal.settings import PayPalSettings

if TYPE_CHECKING:
    from penstock_paypal.checkout.orders import Orders
    from penstock_paypal.disputes.confirmation import Disputes
    from penstock_paypal.invoices.invoices import PayPalInvoices
    from penstock_paypal.invoices.refunds import RecordedRefunds
    from penstock_paypal.money.confirmation import Confirmations
    from penstock_paypal.money.invoice import InvoiceNews
    from penstock_paypal.money.refund import Refunds
    from penstock_paypal.money.refunding import SendsBack
    from penstock_paypal.money.sales import Sales
    from penstock_paypal.subscriptions.charged import ChargedPayments
    from penstock_paypal.subscriptions.collecting import Collector
    from penstock_paypal.subscriptions.managing import ManagedSubscriptions
    from penstock_paypal.subscriptions.plans import PayPalPlans
    from penstock_paypal.subscriptions.reading import PayPalSubscriptions
    from penstock_paypal.webhooks.history import EventList
    from penstock_paypal.webhooks.signature import Signatures

_OWN_TEMPLATE = PayPalSettings.model_fields["invoice_template"].default


class Parts:
    """
    What the gateway is made of.

    Args:
        name: the gateway's, which its ids begin with.

    Raises:
        SettingsError: the environment is not known here, the extra certificates are none, or the
            invoices' template is not there or is none.
    """

    def __init__(self, context: Context[PayPalSettings], name: str) -> None:
        settings = context.settings
        self._context = context
        self._name = name
        self._where = where = environment(settings.environment, context.profile)
        pace, limit = Pace(context.ids), context.request_timeout
        http, clock, log = context.http, context.clock, context.log
        tokens = Tokens(where.api_url, context.secrets, http, clock, pace, log, limit, name)
        self.api = Api(where.api_url, tokens, http, clock, pace, log, limit, name)
        # What somebody configured is refused at the start; the plugin's own files are tested.
        if settings.extra_certificates.strip():
            _ = self.signatures
        if settings.invoice_template != _OWN_TEMPLATE:
            _ = self.invoices

    @cached_property
    def signatures(self) -> Signatures:
        """Whether deliveries are PayPal's."""
        from penstock_paypal.webhooks.certificate import Certificates
        from penstock_paypal.webhooks.chain import Trust
        from penstock_paypal.webhooks.signature import Signatures

        context, where = self._context, self._where
        http, log, limit = context.http, context.log, context.request_timeout
        trust = Trust(where, context.settings.extra_certificates, http, log, limit)
        certificates = Certificates(where.certificate_url, trust, http, log, limit)
        return Signatures(certificates, context.secrets)

    @cached_property
    def invoices(self) -> PayPalInvoices:
        """Invoices, by their template."""
        from penstock_paypal.invoices.invoices import PayPalInvoices
        from penstock_paypal.invoices.template import load

        return PayPalInvoices(self.api, load(self._context.settings.invoice_template))

    @cached_property
    def recorded_refunds(self) -> RecordedRefunds:
        """What is recorded on invoices as refunded."""
        from penstock_paypal.invoices.refunds import RecordedRefunds

        return RecordedRefunds(self.api)

    @cached_property
    def refunds(self) -> Refunds:
        """Refunds, as PayPal shows them."""
        from penstock_paypal.money.refund import Refunds

        return Refunds(self.api)

    @cached_property
    def sends_back(self) -> SendsBack:
        """Refunds, as we ask for them."""
        from penstock_paypal.money.refunding import SendsBack

        return SendsBack(self.api, self.refunds, self._context.clock)

    @cached_property
    def sales(self) -> Sales:
        """Sales and captures, as PayPal shows them."""
        from penstock_paypal.money.sales import Sales

        return Sales(self.api, self.refunds, self._where.activity_url, self._context.log)

    @cached_property
    def confirmations(self) -> Confirmations:
        """What notifications say of money, read again."""
        from penstock_paypal.money.confirmation import Confirmations

        return Confirmations(self.sales, self.refunds, self._context.log)

    @cached_property
    def disputes(self) -> Disputes:
        """Disputes, as PayPal shows them."""
        from penstock_paypal.disputes.confirmation import Disputes

        return Disputes(self.api, self._name, self._where.disputes_url)

    @cached_property
    def invoice_news(self) -> InvoiceNews:
        """What notifications say of invoices, read again."""
        from penstock_paypal.money.invoice import InvoiceNews

        return InvoiceNews(self.api)

    @cached_property
    def plans(self) -> PayPalPlans:
        """Plans."""
        from penstock_paypal.subscriptions.plans import PayPalPlans

        return PayPalPlans(self.api, self._context.log)

    @cached_property
    def subscriptions(self) -> PayPalSubscriptions:
        """Subscriptions, as PayPal shows them."""
        from penstock_paypal.subscriptions.reading import PayPalSubscriptions
        from penstock_paypal.subscriptions.shown import Pages

        where = self._where
        pages = Pages(where.subscriptions_url, where.wallet_url, where.approval_origin)
        return PayPalSubscriptions(self.api, self.plans, pages)

    @cached_property
    def collector(self) -> Collector:
        """What subscriptions' buyers owe."""
        from penstock_paypal.subscriptions.collecting import Collector

        return Collector(self.api)

    @cached_property
    def managed(self) -> ManagedSubscriptions:
        """Subscriptions, as we change them."""
        from penstock_paypal.subscriptions.managing import ManagedSubscriptions

        return ManagedSubscriptions(self.api, self._where.approval_origin, self._context.log)

    @cached_property
    def charged(self) -> ChargedPayments:
        """A subscription's payments, by its transactions."""
        from penstock_paypal.subscriptions.charged import ChargedPayments

        return ChargedPayments(self.api, self._name, self._context.log)

    @cached_property
    def orders(self) -> Orders:
        """Checkouts."""
        from penstock_paypal.checkout.orders import Orders

        context = self._context
        origin = self._where.approval_origin
        return Orders(self.api, self.sales, origin, context.clock, context.log)

    @cached_property
    def events(self) -> EventList:
        """PayPal's list of events."""
        from penstock_paypal.webhooks.history import EventList

        return EventList(self.api, self._name, self._context.clock, self._context.log)
