"""Stripe as a gateway, made of what it does."""

from __future__ import annotations

from penstock.api import Context
from penstock_stripe.charging import Charging
from penstock_stripe.client import Client
from penstock_stripe.confirming import Confirming
from penstock_stripe.listing import Listing
from penstock_stripe.refunding import RefundingMoney
from penstock_stripe.settings import StripeSettings
from penstock_stripe.subscriptions import ReadsSubscriptions
from penstock_stripe.webhooks import TakesWebhooks


class Stripe(Charging, RefundingMoney, Confirming, ReadsSubscriptions, Listing, TakesWebhooks):
    """Charges, refunds, payments and disputes re-read, subscriptions, webhooks and their list."""

    name = "stripe"

    def __init__(self, context: Context[StripeSettings]) -> None:
        self.name = context.name or type(self).name
        self._context = context
        self._client = Client(context, self.name)
