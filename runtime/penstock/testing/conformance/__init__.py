"""
The tests that every gateway and every sink must pass.

A plugin's tests subclass the class of each capability it declares. A `bench` fixture says how the
plugin is built and what it can reach:

    class TestAcmePay(GatewayConformance, ChargesConformance, LookupConformance):
        @pytest.fixture
        async def bench(self): ...

Each class names the other fixtures it needs.
"""

from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.charges import ChargesConformance, LookupConformance
from penstock.testing.conformance.checkout import CheckoutConformance
from penstock.testing.conformance.collects import CollectsConformance
from penstock.testing.conformance.confirming import (
    ConfirmConformance,
    ObservesConformance,
    RereadConformance,
)
from penstock.testing.conformance.gateway import GatewayConformance
from penstock.testing.conformance.history import (
    HistoryConformance,
    SubscriptionPaymentsConformance,
)
from penstock.testing.conformance.invoice_refunds import InvoiceRefundsConformance
from penstock.testing.conformance.invoices import InvoicesConformance
from penstock.testing.conformance.manages import ManagesSubscriptionsConformance
from penstock.testing.conformance.plans import PlansConformance
from penstock.testing.conformance.refunds import RefundsConformance
from penstock.testing.conformance.sink import SinkConformance
from penstock.testing.conformance.subscriptions import SubscriptionsConformance
from penstock.testing.conformance.webhooks import WebhooksConformance

__all__ = [
    "Bench",
    "ChargesConformance",
    "CheckoutConformance",
    "CollectsConformance",
    "ConfirmConformance",
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
    "SinkConformance",
    "SubscriptionPaymentsConformance",
    "SubscriptionsConformance",
    "WebhooksConformance",
]
