"""What each published payload becomes: the table that the README's promise is held to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from penstock.api import Delivery, MalformedDelivery, Money, Order, PaymentStatus
from penstock.domain.change import change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.record import Became
from penstock.testing.clock import NOON
from penstock.testing.context import FixedSecrets, context
from penstock_paypal import shapes
from penstock_paypal.gateway import PayPal
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.webhooks import door
from tests.plugins.paypal.fakes import Shown
from tests.plugins.paypal.platform import Platform
from tests.plugins.paypal.reference import PRESENT, needs_reference, samples
from tests.plugins.paypal.subscribing import plan
from tests.plugins.paypal.told import SECRET

INVOICED = "SALE0000000INV111"
SUCCEEDED = ("payment.succeeded", "invoice.withheld")
PAYMENT, DISPUTE, INVOICE = "payment", "dispute", "invoice"
SUBSCRIPTION = "subscription"
# The payloads are years old: what was paid then has run out.
ENDED = "subscription.access_ended"
RECORDED, PARKED, NO_EVENT = "recorded", "parked", "no event"

# What it becomes, and the events that say so. A sale without an agreement and without a payer's
# address has no invoice; an invoice is one of ours that the buyer paid, too, or that is cancelled.
TABLE: dict[str, tuple[str, tuple[str, ...]]] = {
    "djpaypal__billing.subscription.cancelled": (SUBSCRIPTION, ("subscription.cancelled", ENDED)),
    "djpaypal__billing.subscription.re-activated": (SUBSCRIPTION, ("subscription.resumed", ENDED)),
    "djpaypal__customer.dispute.created--2019-11": (DISPUTE, ("dispute.opened",)),
    "djpaypal__invoicing.invoice.paid": (INVOICE, ()),
    "djpaypal__payment.capture.completed": (RECORDED, ()),
    "djpaypal__payment.capture.denied": (RECORDED, ()),
    "djpaypal__payment.capture.pending": (RECORDED, ()),
    # It names neither sale nor capture, and PayPal's refund does not either.
    "djpaypal__payment.capture.reversed": (PARKED, ()),
    "djpaypal__payment.sale.completed": (PAYMENT, SUCCEEDED),
    "djpaypal__risk.dispute.created": (DISPUTE, ("dispute.opened",)),
    "docs-sandbox2018__customer.dispute.created": (DISPUTE, ("dispute.opened",)),
    "docs2016__payment.sale.refunded--refund-resource": (
        PAYMENT,
        ("payment.succeeded", "payment.refunded", "invoice.withheld"),
    ),
    "real-sandbox2015__payment.sale.refunded--no-sale-id": (PARKED, ()),
    "real-sandbox2021__payment.sale.completed--api-get-event-shape": (PAYMENT, SUCCEEDED),
    "real-sandbox2022__billing.subscription.activated": (
        SUBSCRIPTION,
        ("subscription.activated", ENDED),
    ),
    "real-sandbox2022__billing.subscription.cancelled": (
        SUBSCRIPTION,
        ("subscription.cancelled", ENDED),
    ),
    "real-sandbox2022__billing.subscription.created": (SUBSCRIPTION, ("subscription.created",)),
    "real-sandbox2022__payment.sale.completed--subscription-with-custom": (PAYMENT, SUCCEEDED),
    "real-sandbox2023__invoicing.invoice.cancelled": (INVOICE, ()),
    "real-sandbox2023__invoicing.invoice.paid": (INVOICE, ("invoice.paid_twice",)),
    "real-sandbox2023__invoicing.invoice.refunded": (INVOICE, ("invoice.paid_twice",)),
    "real-sandbox2023__payment.sale.completed--subscription": (PAYMENT, SUCCEEDED),
    # An answer of the API, no event: nothing that PayPal would deliver.
    "real-sandbox2025__GET-subscription": (NO_EVENT, ()),
    "signed__real-sandbox2015-sale-completed-python": (PAYMENT, SUCCEEDED),
    "signed__real-sandbox2016-sale-completed-php": (PAYMENT, SUCCEEDED),
    "signed__real-sandbox2017-billing-plan-created-v1": (RECORDED, ()),
    # Of a capture of the merchant's other business: v1 shows no sale of that id.
    "signed__simulator-live2024-payment-capture-refunded-v2": (RECORDED, ()),
    "signed__simulator-live2024-payment-sale-completed": (PAYMENT, SUCCEEDED),
    "signed__simulator-live2024-subscription-activated-v2": (
        SUBSCRIPTION,
        ("subscription.activated", ENDED),
    ),
}
SAMPLES = {name.removesuffix(".json"): body for name, body in samples()} if PRESENT else {}

pytestmark = needs_reference


def test_the_table_names_every_published_payload() -> None:
    assert set(TABLE) == set(SAMPLES)


@pytest.mark.parametrize("name", TABLE)
async def test_a_published_payload_becomes_what_the_table_says(name: str) -> None:
    """
    With PayPal's API showing what the payload says, and nothing else.
    """
    kind, events = TABLE[name]
    body = SAMPLES[name]
    api = Shown(_shown(json.loads(body)))
    platform = _platform(api)
    await _invoiced(platform, json.loads(body))
    headers = {door.ID: "69cd13f0-d67a-11e5-baa3-778b53f4ae55", door.TIME: "2026-11-02T12:00:00Z"}
    delivery = Delivery.of("paypal", headers, body, NOON)
    if kind is NO_EVENT:
        with pytest.raises(MalformedDelivery):
            platform.paypal.read(delivery)
        return

    notification = platform.paypal.read(delivery)
    result = await platform.process(notification)

    record = await platform.record(notification.id)
    assert record is not None
    assert kind == _kind(record.became, record.subject, notification.type), result.error
    # What no entity's event says is published as it is.
    recorded = ("notification.recorded",) if kind in (RECORDED, PARKED) else ()
    assert (*events, *recorded) == tuple(one.type for one in platform.events)
    assert ("parked" if kind is PARKED else "done") == result.status


def test_most_payloads_have_an_effect_of_their_own() -> None:
    kinds = [kind for kind, _ in TABLE.values()]

    assert (8, 3, 4, 6) == tuple(
        kinds.count(one) for one in (PAYMENT, DISPUTE, INVOICE, SUBSCRIPTION)
    )
    assert (5, 2, 1) == tuple(kinds.count(one) for one in (RECORDED, PARKED, NO_EVENT))


async def test_a_refund_without_its_sale_is_a_payments_once_paypal_names_it() -> None:
    body = SAMPLES["real-sandbox2015__payment.sale.refunded--no-sale-id"]
    refund = {**json.loads(body)["resource"], "sale_id": INVOICED}
    sale = {"id": INVOICED, "state": "refunded", "amount": {"total": "3.99", "currency": "GBP"}}
    api = Shown(
        {
            f"/v1/payments/refund/{refund['id']}": refund,
            f"/v1/payments/sale/{INVOICED}": sale,
        }
    )
    platform = _platform(api)
    delivery = Delivery.of("paypal", {door.ID: "t"}, body, NOON)
    await platform.process(platform.paypal.read(delivery))

    assert [("payment.refunded", "399 GBP")] == platform.said("payment.refunded")


def _platform(api: Shown) -> Platform:
    settings = PayPalSettings(environment="sandbox", extra_certificates="")
    return Platform(PayPal(context(settings, secrets=FixedSecrets(SECRET), http=api)))


def _shown(event: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """PayPal's API, agreeing with the payload."""
    kind, resource = str(event.get("event_type")), shapes.mapping(event.get("resource"))
    identity = shapes.text(resource, "id")
    if kind.startswith("PAYMENT.SALE.") and event["resource_type"] == "sale":
        if "REFUNDED" not in kind:
            return {f"/v1/payments/sale/{identity}": resource}
        return {f"/v1/payments/refund/{identity}": resource}
    if kind == "PAYMENT.SALE.REFUNDED":
        sale = {"id": resource["sale_id"], "state": "refunded", "amount": resource["amount"]}
        return {
            f"/v1/payments/refund/{identity}": resource,
            f"/v1/payments/sale/{sale['id']}": sale,
        }
    if kind == "PAYMENT.CAPTURE.REFUNDED":
        return {f"/v2/payments/refunds/{identity}": resource}
    if kind == "PAYMENT.CAPTURE.REVERSED":
        return {f"/v1/payments/refund/{identity}": resource}
    if kind.startswith("BILLING.SUBSCRIPTION."):
        if event["resource_type"] == "Agreement":
            return {f"/v1/payments/billing-agreements/{identity}": resource}
        return {
            f"/v1/billing/subscriptions/{identity}": resource,
            f"/v1/billing/plans/{resource['plan_id']}": plan(),
        }
    if kind.startswith("INVOICING."):
        invoice = shapes.mapping(resource.get("invoice")) or resource
        detail = {**shapes.mapping(invoice.get("detail")), "reference": INVOICED}
        return {f"/v2/invoicing/invoices/{invoice['id']}": {**invoice, "detail": detail}}
    if "DISPUTE" in kind:
        return {f"/v1/customer/disputes/{resource['dispute_id']}": resource}
    return {}


async def _invoiced(platform: Platform, event: Mapping[str, Any]) -> None:
    """A payment in the ledger whose invoice the payload is about, if it is about one."""
    resource = shapes.mapping(event.get("resource"))
    invoice = shapes.mapping(resource.get("invoice")) or resource
    if not str(event.get("event_type")).startswith("INVOICING."):
        return
    made = Operation(
        "op", OperationKind.invoice, OperationState.succeeded, reference=invoice["id"]
    )
    payment = Payment(
        id=f"paypal-{INVOICED}",
        gateway="paypal",
        created_at=NOON,
        updated_at=NOON,
        order=Order(Money(2500, "USD")),
        status=PaymentStatus.succeeded,
        paid=True,
        operations=(made,),
    )
    await platform.world.ledger.commit(change(None, payment, now=NOON, new_id=lambda: "e"))


def _kind(became: Became, subject: str | None, event_type: str) -> str:
    if became is not Became.applied:
        return became.value
    if event_type.startswith("INVOICING."):
        assert subject == f"payment#paypal-{INVOICED}"
        return INVOICE
    return (subject or "").partition("#")[0]
