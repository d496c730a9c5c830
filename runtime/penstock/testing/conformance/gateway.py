"""What every gateway must do."""

from __future__ import annotations

from penstock.api.gateway import CAPABILITIES
from penstock.testing.conformance.bench import Bench, PluginConformance
from penstock.testing.conformance.charges import ChargesConformance, LookupConformance
from penstock.testing.conformance.checkout import CheckoutConformance
from penstock.testing.conformance.collects import CollectsConformance
from penstock.testing.conformance.confirming import (
    ConfirmConformance,
    ObservesConformance,
    RereadConformance,
)
from penstock.testing.conformance.exercises import add_watched_checks
from penstock.testing.conformance.history import (
    HistoryConformance,
    SubscriptionPaymentsConformance,
)
from penstock.testing.conformance.invoice_refunds import InvoiceRefundsConformance
from penstock.testing.conformance.invoices import InvoicesConformance
from penstock.testing.conformance.manages import ManagesSubscriptionsConformance
from penstock.testing.conformance.plans import PlansConformance
from penstock.testing.conformance.refunds import RefundsConformance
from penstock.testing.conformance.shapes import awaited_wrongly, shaped_wrongly
from penstock.testing.conformance.subscriptions import SubscriptionsConformance
from penstock.testing.conformance.webhooks import WebhooksConformance

KIT: dict[str, type] = {
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
"""The checks of each capability."""
for _capability, _cls in KIT.items():
    add_watched_checks(_cls, _capability)


class GatewayConformance(PluginConformance):
    """What holds for a gateway, whatever it can do. Fixtures: `bench`."""

    def test_its_tests_cover_every_capability_that_it_has(self, bench: Bench) -> None:
        """Every capability you declare must pass its conformance tests."""
        claimed = bench.registration.capabilities
        left_out = [KIT[name].__name__ for name in claimed if not isinstance(self, KIT[name])]

        assert not left_out, f"{type(self).__name__} must also subclass {', '.join(left_out)}"

    def test_its_tests_claim_no_capability_that_it_lacks(self, bench: Bench) -> None:
        """A method that is missing or misspelt is missed by the platform, too."""
        made, can = bench.registration.made, bench.registration.capabilities
        claimed = [name for name, cls in KIT.items() if isinstance(self, cls) and name not in can]

        names = ", ".join(claimed)
        assert not claimed, f"{made.__name__} lacks the methods of {names}: write or unclaim them"

    def test_what_is_awaited_can_be_awaited(self, bench: Bench) -> None:
        """A method that the protocol has as `async` is one, and no other is."""
        wrong = awaited_wrongly(bench.registration.made, _protocols(bench))

        assert not wrong, "; ".join(wrong)

    def test_its_methods_take_and_return_what_the_protocol_says(self, bench: Bench) -> None:
        """The platform calls them by position and matches their answers to the end."""
        wrong = shaped_wrongly(bench.registration.made, _protocols(bench))

        assert not wrong, "; ".join(wrong)


def _protocols(bench: Bench) -> list[type]:
    can = bench.registration.capabilities
    return [protocol for protocol in CAPABILITIES if protocol.__name__.lower() in can]
