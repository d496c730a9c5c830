"""What every gateway must do."""

from __future__ import annotations

import inspect

from penstock.api.gateway import CAPABILITIES
from penstock.testing.conformance.bench import Bench, PluginConformance
from penstock.testing.conformance.charges import ChargesConformance, LookupConformance
from penstock.testing.conformance.checkout import CheckoutConformance
from penstock.testing.conformance.collects import CollectsConformance
from penstock.testing.conformance.history import (
    HistoryConformance,
    SubscriptionPaymentsConformance,
)
from penstock.testing.conformance.invoice_refunds import InvoiceRefundsConformance
from penstock.testing.conformance.invoices import InvoicesConformance
from penstock.testing.conformance.manages import ManagesSubscriptionsConformance
from penstock.testing.conformance.plans import PlansConformance
from penstock.testing.conformance.refunds import RefundsConformance
from penstock.testing.conformance.subscriptions import SubscriptionsConformance
from penstock.testing.conformance.webhooks import (
    ConfirmConformance,
    ObservesConformance,
    RereadConformance,
    WebhooksConformance,
)

SAT: dict[str, type] = {
    "webhooks": WebhooksConformance,
    "confirm": ConfirmConformance,
    "observes": ObservesConformance,
    "reread": RereadConformance,
    "charges": ChargesConformance,
    "lookup": LookupConformance,
    "refunds": RefundsConformance,
    "invoices": InvoicesConformance,
    "invoicerefunds": InvoiceRefundsConformance,
    "plans": PlansConformance,
    "subscriptions": SubscriptionsConformance,
    "history": HistoryConformance,
    "subscriptionpayments": SubscriptionPaymentsConformance,
    "managessubscriptions": ManagesSubscriptionsConformance,
    "checkout": CheckoutConformance,
    "collects": CollectsConformance,
}


class GatewayConformance(PluginConformance):
    """What holds for a gateway, whatever it can do. Fixtures: `bench`."""

    def test_it_sits_the_conformance_of_all_it_claims(self, bench: Bench) -> None:
        """Every capability you declare must pass its conformance tests."""
        claimed = bench.registration.capabilities
        left_out = [SAT[name].__name__ for name in claimed if not isinstance(self, SAT[name])]

        assert not left_out, f"{type(self).__name__} must also subclass {', '.join(left_out)}"

    def test_what_is_awaited_can_be_awaited(self, bench: Bench) -> None:
        """A method that the protocol has as `async` is one, and no other is."""
        made = bench.registration.made
        wrong = [
            member
            for protocol in CAPABILITIES
            if protocol.__name__.lower() in bench.registration.capabilities
            for member, wanted in inspect.getmembers(protocol, inspect.isfunction)
            if not member.startswith("_")
            and inspect.iscoroutinefunction(wanted)
            is not inspect.iscoroutinefunction(getattr(made, member))
        ]

        assert not wrong
