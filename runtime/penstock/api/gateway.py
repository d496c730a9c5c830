"""A gateway declares what it can do by the Protocols it satisfies, one per capability."""

from __future__ import annotations

from typing import Protocol

from penstock.api.charges import Charges, Lookup
from penstock.api.checkout import Checkout
from penstock.api.collecting import Collects
from penstock.api.history import History, SubscriptionPayments
from penstock.api.invoices import InvoiceRefunds, Invoices
from penstock.api.refunds import Refunds
from penstock.api.subscriptions import ManagesSubscriptions, Plans, Subscriptions
from penstock.api.webhooks import Confirm, Observes, Reread, Webhooks


class Gateway(Protocol):
    """A payment provider. Everything else about it is a capability."""

    @property
    def name(self) -> str:
        """The name it is registered under, and that messages use."""
        ...


CAPABILITIES: tuple[type, ...] = (
    Webhooks,
    Confirm,
    Observes,
    Reread,
    Charges,
    Lookup,
    Refunds,
    Invoices,
    InvoiceRefunds,
    Plans,
    Subscriptions,
    ManagesSubscriptions,
    Checkout,
    Collects,
    History,
    SubscriptionPayments,
)


def capabilities(gateway: type) -> tuple[str, ...]:
    """The names of the capabilities that a gateway class has, in the order above."""
    return tuple(
        protocol.__name__.lower()
        for protocol in CAPABILITIES
        if all(hasattr(gateway, member) for member in vars(protocol) if not member.startswith("_"))
    )
