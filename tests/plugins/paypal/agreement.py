"""A subscription at PayPal, and where it is asked for."""

from __future__ import annotations

from tests.plugins.paypal.subscribing import SUBSCRIPTION_ID

WHERE = f"/v1/billing/subscriptions/{SUBSCRIPTION_ID}"
