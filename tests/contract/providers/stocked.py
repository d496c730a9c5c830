"""Simulators that hold what the examples of `contracts/providers` name, and do not call out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from penstock.api import Simulator
from penstock_example import simulator as example
from penstock_example.simulator.charges import Charge
from penstock_example.simulator.checkouts import Held
from penstock_example.simulator.plans import PLANS
from penstock_example.simulator.refunds import Refund
from penstock_paypal.simulator.app import PayPalSimulator
from penstock_paypal.simulator.authority import Identity
from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.credentials import Credentials
from penstock_slack import simulator as slack
from penstock_stripe.simulator import StripeSimulator

# What an operation needs to find, where it is not what the examples' resources are by themselves.
_BECOMES: dict[str, tuple[str, str, str]] = {
    "activateSubscription": ("subscriptions", "I-EXAMPLE00000", "SUSPENDED"),
    "recordPayment": ("invoices", "INV2-EXAMPLE", "SENT"),
    "cancelInvoice": ("invoices", "INV2-EXAMPLE", "SENT"),
    "recordRefund": ("invoices", "INV2-EXAMPLE", "PAID"),
    "deleteRefund": ("invoices", "INV2-EXAMPLE", "PARTIALLY_REFUNDED"),
}
_KNOWN = "op-example-known"
_SIGN_UP: dict[str, Any] = {
    "reference": "customer-12",
    "subscriber": {"name": "Ann Example", "email": "ann@example.org"},
    "return_url": "https://shop.example.org/thanks",
    "cancel_url": "https://shop.example.org/basket",
    "notify_url": "https://pay.example.org/webhooks/example",
}
_DUE: dict[str, Any] = {"currency_code": "USD", "value": "12.50"}
_INTENT: dict[str, Any] = {"amount": "1250", "currency": "usd", "customer": "cus_example"}
_V1: dict[str, Any] = {"currency": "USD", "total": "12.50"}


async def _unsent(_: object) -> int:
    """A webhook's answer: fuzzing registers addresses that must not be called."""
    return 200


def paypal(folder: Path, operation: str = "") -> Simulator:
    """PayPal with a resource for each example id, as that operation needs to find it."""
    keys = Identity.kept(folder, datetime.now(UTC))
    books = Books()
    simulator = PayPalSimulator(keys, Credentials.kept(folder), books, _unsent)
    _fill(books)
    if operation in _BECOMES:
        collection, identity, status = _BECOMES[operation]
        books.collection(collection)[identity]["status"] = status
    simulator.registry.register("https://old.example.org/webhooks/paypal")
    (webhook,) = simulator.registry.webhooks.values()
    simulator.registry.webhooks = {"WEBHOOK-EXAMPLE00": webhook}
    webhook.id = "WEBHOOK-EXAMPLE00"
    return simulator


def _fill(books: Books) -> None:
    now = books.now()
    books.subscribe(
        id="I-EXAMPLE00000",
        custom_id="customer-12",
        billing_info={"outstanding_balance": _DUE, "failed_payments_count": 1},
    )
    paid = {"id": "SALE-EXAMPLE", "state": "completed", "create_time": now, "update_time": now}
    agreement = {"billing_agreement_id": "I-EXAMPLE00000"}
    books.sales["SALE-EXAMPLE"] = {**paid, **agreement, "amount": {**_V1}}
    books.captures["CAPTURE-EXAMPLE"] = {
        "id": "CAPTURE-EXAMPLE",
        "status": "COMPLETED",
        "amount": {**_DUE},
        "create_time": now,
        "update_time": now,
    }
    payment = "PAYID-EXAMPLE0000000000"
    related = [{"related_resources": [{"sale": {"id": "SALE-EXAMPLE"}}]}]
    books.payments[payment] = {"id": payment, "transactions": related}
    back = {"id": "REFUND-V1-EXAMPLE", "state": "completed", "sale_id": "SALE-EXAMPLE"}
    books.refunds["REFUND-V1-EXAMPLE"] = {**back, "amount": {**_V1, "total": "1.00"}}
    books.refunds["REFUND-V2-EXAMPLE"] = {
        "id": "REFUND-V2-EXAMPLE",
        "status": "COMPLETED",
        "amount": {**_DUE, "value": "1.00"},
    }
    books.orders["ORDER-EXAMPLE"] = {
        "id": "ORDER-EXAMPLE",
        "status": "APPROVED",
        "purchase_units": [{"custom_id": "pay-0001", "amount": {**_DUE}}],
    }
    books.disputes["PP-D-EXAMPLE"] = {
        "dispute_id": "PP-D-EXAMPLE",
        "status": "OPEN",
        "create_time": now,
        "update_time": now,
        "dispute_amount": {**_DUE},
        "disputed_transactions": [{"seller_transaction_id": "SALE-EXAMPLE"}],
    }
    books.invoices["INV2-EXAMPLE"] = _invoice(now)


def _invoice(now: str) -> dict[str, Any]:
    recorded = {"payment_id": "SALE-EXAMPLE", "type": "EXTERNAL", "amount": {**_DUE}}
    back = {"refund_id": "EXTR-EXAMPLE", "type": "EXTERNAL", "amount": {**_DUE, "value": "1.00"}}
    return {
        "id": "INV2-EXAMPLE",
        "status": "DRAFT",
        "detail": {
            "invoice_number": "PEN-0000",
            "reference": "SALE-EXAMPLE",
            "currency_code": "USD",
            "metadata": {"create_time": now},
        },
        "items": [{"name": "Gold", "quantity": "1", "unit_amount": {**_DUE}}],
        "amount": {**_DUE},
        "due_amount": {**_DUE},
        "payments": {"paid_amount": {**_DUE}, "transactions": [recorded]},
        "refunds": {"refund_amount": {**_DUE, "value": "1.00"}, "transactions": [back]},
    }


def example_gateway(folder: Path, operation: str = "") -> Simulator:
    """The Example gateway with what the example ids name, as that operation needs to find it."""
    simulator = example.ExampleSimulator()
    shown = {"id": "ch_example", "status": "succeeded", "amount": 1250, "currency": "USD"}
    known = {**shown, "operation_id": _KNOWN}
    simulator.charges.charges[_KNOWN] = Charge("", 201, known)
    simulator.refunds.refunds[_KNOWN] = Refund(
        "", {**known, "id": "re_example", "payment": "ch_other"}
    )
    subscription = simulator.desk.open(_KNOWN, PLANS[0], _SIGN_UP)
    subscription.id = "sub_example"
    simulator.desk.held = {subscription.id: subscription}
    simulator.desk.approve(subscription)
    if operation == "resumeSubscription":
        simulator.desk.change(subscription, "suspend")
    request = {**_SIGN_UP, "payment": "pay-0002", "minor": 1250, "currency": "USD"}
    ends = simulator.desk.now() + timedelta(hours=1)
    checkout = Held("co_example", request, ends, "a-token", status="approved")
    simulator.checkouts.held[checkout.id] = checkout
    return simulator


def slack_channel(folder: Path, operation: str = "") -> Simulator:
    """The channel, empty."""
    return slack.build(folder)


def stripe_account(folder: Path, operation: str = "") -> Simulator:
    """Stripe with a payment, a refund of some of it, another one disputed, and a subscription."""
    simulator = StripeSimulator()
    books = simulator.books
    paid, disputed = (simulator.intents.make(_INTENT) for _ in range(2))
    paid["id"], books.intents = "pi_example", {"pi_example": paid, disputed["id"]: disputed}
    for one in (paid, disputed):
        simulator.intents.pay(one)
    back = simulator.refunds.move(paid, 100, {})
    back["id"], books.refunds = "re_example", {"re_example": back}
    dispute = simulator.disputes.begin(disputed)
    dispute["id"], books.disputes = "dp_example", {"dp_example": dispute}
    subscription = simulator.subscriptions.begin()
    subscription["id"], books.subscriptions = "sub_example", {"sub_example": subscription}
    simulator.subscriptions.bill(subscription)
    return simulator


STOCKED = {
    "example": example_gateway,
    "paypal": paypal,
    "slack": slack_channel,
    "stripe": stripe_account,
}
