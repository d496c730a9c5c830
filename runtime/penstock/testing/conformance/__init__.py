"""
What every gateway and every sink must do, as tests to sit.

A plugin's tests subclass the class of each thing it claims and say, by a `bench` fixture, how it
is built and what it can reach:

    class TestAcmePay(GatewayConformance, ChargesConformance, LookupConformance):
        @pytest.fixture
        async def bench(self): ...

Each class says which other fixtures it wants.
"""

from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.charges import ChargesConformance, LookupConformance
from penstock.testing.conformance.gateway import GatewayConformance
from penstock.testing.conformance.invoice_refunds import InvoiceRefundsConformance
from penstock.testing.conformance.invoices import InvoicesConformance
from penstock.testing.conformance.sink import SinkConformance
from penstock.testing.conformance.webhooks import ConfirmConformance, WebhooksConformance

__all__ = [
    "Bench",
    "ChargesConformance",
    "ConfirmConformance",
    "GatewayConformance",
    "InvoiceRefundsConformance",
    "InvoicesConformance",
    "LookupConformance",
    "SinkConformance",
    "WebhooksConformance",
]
