"""The Example gateway, made of what it does."""

from __future__ import annotations

from penstock.api import Context
from penstock_example.charging import Charging
from penstock_example.checkout import CheckingOut
from penstock_example.listing import Listing
from penstock_example.notifying import Notifying
from penstock_example.refunding import RefundingMoney
from penstock_example.settings import ExampleSettings
from penstock_example.subscribing import Subscribing


class ExampleGateway(Charging, RefundingMoney, Listing, Subscribing, CheckingOut, Notifying):
    """Charges, refunds, subscriptions, checkouts, signed notifications of them, their list."""

    name = "example"

    def __init__(self, context: Context[ExampleSettings]) -> None:
        self.name = context.name or type(self).name
        self._context = context
