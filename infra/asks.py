"""What functions ask gateways for, and how often the gap detector does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

ASKS: Mapping[str, Sequence[str]] = {
    "merchant": ("plans", "subscriptions", "managessubscriptions", "checkout"),
    "verify": ("webhooks",),
    "process": ("webhooks", "confirm", "invoices"),
    "charge": ("charges", "checkout", "refunds", "collects"),
    "sweep": ("charges", "checkout", "refunds", "invoices", "subscriptionpayments"),
    "gaps": ("history",),
}
"""
What each function may ask gateways for, by their capabilities.

It reads the secrets of gateways that can do one of these, and its log is where we count what
such questions end with.
"""
GAPS_MINUTES = 10
"""A lost webhook is found within this and the five minutes it may be under way."""
