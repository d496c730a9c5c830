"""Orders, and a queue of payments that is down."""

from penstock.pipeline.orders import load_order

ORDER = load_order({"amount": 1250, "currency": "USD", "reference": "order-1"})
OTHER = load_order({"amount": 1251, "currency": "USD", "reference": "order-1"})
