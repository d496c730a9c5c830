"""Where an order is asked for."""

from __future__ import annotations

from tests.plugins.paypal.told import API

WHERE = f"{API}/v2/checkout/orders"
