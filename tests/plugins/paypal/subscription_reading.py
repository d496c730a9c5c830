"""A subscription that is read at a scripted PayPal."""

from __future__ import annotations

from penstock.api import SubscriptionObservation
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.subscribing import SUBSCRIPTION_ID, subscription
from tests.plugins.paypal.told import Told

WHERE = f"/v1/billing/subscriptions/{SUBSCRIPTION_ID}?fields=last_failed_payment,plan"


async def read_back(told: Told, shown: object = None) -> SubscriptionObservation:
    told.at(WHERE, response(200, subscription() if shown is None else shown))
    found = await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)
    assert found is not None
    return found
