"""How long PayPal keeps what we may ask for again."""

from datetime import timedelta

KEYS_KEPT = timedelta(hours=6).total_seconds()
"""How long PayPal knows a request id of an order again (checkout_orders_v2)."""
LISTED_FOR = timedelta(days=29)
"""PayPal shows 30 days of events (its dashboard's help); an older start is refused some day."""
