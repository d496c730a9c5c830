"""The stacks that tests look at, and the alarms that each has one of."""

from __future__ import annotations

STACKS = ("dev", "prod")
ALARMS = (
    "api-errors",
    "api-latency",
    "forged-deliveries",
    "rejected-growing",
    "altered-deliveries",
    "oversize-webhooks",
    "throttled-webhooks",
    "disputes",
    "rate-limited",
    "gateway-denied",
    "unknown-operations",
    "unrecorded-invoices",
    "refused-invoice-refunds",
    "fetched-webhooks",
    "missed-webhooks",
    "failed-gap-detector",
    "no-deliveries",
    "stage-failures",
    "disabled-sinks",
    "sweep-silent",
    "sweep-unfinished",
    "gaps-silent",
)
QUEUES = ("dead-letters", "old-messages", "in-flight")
"""One of each queue that has a consumer."""
OLD_LETTERS = ("old-dead-letters-3-days", "old-dead-letters-9-days")
"""Two of one kind."""
