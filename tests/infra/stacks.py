"""The stacks that tests look at, and the alarms that each has one of."""

from __future__ import annotations

STACKS = ("dev", "prod")
ALARMS = (
    "api-errors",
    "api-latency",
    "forged-deliveries",
    "altered-deliveries",
    "oversize-webhooks",
    "rate-limited",
    "gateway-denied",
    "unknown-operations",
    "unrecorded-invoices",
    "refused-invoice-refunds",
    "fetched-webhooks",
    "missed-webhooks",
    "no-deliveries",
)
