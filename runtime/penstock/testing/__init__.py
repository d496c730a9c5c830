"""
For a plugin's tests and simulator; public, and in no deployed bundle.

The names below are looked up when they are first used: the conformance kit needs pytest, which a
simulator does not.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.testing.builders import charge_request, delivery, event, notification
    from penstock.testing.clock import NOON, FrozenClock
    from penstock.testing.conformance import (
        Bench,
        ChargesConformance,
        CheckoutConformance,
        CollectsConformance,
        ConfirmConformance,
        GatewayConformance,
        HistoryConformance,
        InvoiceRefundsConformance,
        InvoicesConformance,
        LookupConformance,
        ManagesSubscriptionsConformance,
        ObservesConformance,
        PlansConformance,
        RefundsConformance,
        RereadConformance,
        SinkConformance,
        SubscriptionPaymentsConformance,
        SubscriptionsConformance,
        WebhooksConformance,
    )
    from penstock.testing.serving import Served, Simulate, served

__all__ = [
    "NOON",
    "Bench",
    "ChargesConformance",
    "CheckoutConformance",
    "CollectsConformance",
    "ConfirmConformance",
    "FrozenClock",
    "GatewayConformance",
    "HistoryConformance",
    "InvoiceRefundsConformance",
    "InvoicesConformance",
    "LookupConformance",
    "ManagesSubscriptionsConformance",
    "ObservesConformance",
    "PlansConformance",
    "RefundsConformance",
    "RereadConformance",
    "Served",
    "Simulate",
    "SinkConformance",
    "SubscriptionPaymentsConformance",
    "SubscriptionsConformance",
    "WebhooksConformance",
    "charge_request",
    "delivery",
    "event",
    "notification",
    "served",
]
_OTHERS = {
    "NOON": "clock",
    "FrozenClock": "clock",
    "Served": "serving",
    "Simulate": "serving",
    "charge_request": "builders",
    "delivery": "builders",
    "event": "builders",
    "notification": "builders",
    "served": "serving",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_OTHERS.get(name, 'conformance')}")
    return getattr(module, name)
