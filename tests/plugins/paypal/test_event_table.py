"""docs/paypal-events.md says what becomes of each of PayPal's events, and each is played."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from penstock.api import Delivery, MalformedDelivery
from penstock.domain.events import EventType
from penstock.domain.record import Became
from penstock.domain.ref import Ref
from penstock.testing.clock import NOON
from penstock_paypal.simulator import events
from penstock_paypal.webhooks import notification
from penstock_paypal.webhooks.registration import WANTED
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.event_table import ALL, Row, page, row
from tests.plugins.paypal.platform import Played
from tests.plugins.paypal.reference import PRESENT, needs_reference, samples

PAGE = Path(__file__).parents[3] / "docs" / "paypal-events.md"
FAMILIES = {
    "BILLING.PLAN",
    "BILLING.SUBSCRIPTION",
    "CATALOG.PRODUCT",
    "CHECKOUT.ORDER",
    "CHECKOUT.PAYMENT-APPROVAL",
    "CUSTOMER.DISPUTE",
    "INVOICING.INVOICE",
    "PAYMENT.AUTHORIZATION",
    "PAYMENT.CAPTURE",
    "PAYMENT.ORDER",
    "PAYMENT.REFUND",
    "PAYMENT.SALE",
    "RISK.DISPUTE",
}
SALE, REFUND, SUBSCRIPTION = "SALE0000000TAB111", "REFUND00000TAB111", "I-TABLE0000001"
COMPLETED, REFUNDED = "PAYMENT.SALE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED"
CREATED, OPENED = "BILLING.SUBSCRIPTION.CREATED", "CUSTOMER.DISPUTE.CREATED"
THE_SALE = {"sale_id": SALE}
THE_REFUND = {"id": REFUND, "capture_id": SALE}
THE_SUBSCRIPTION = {"id": SUBSCRIPTION}
# What was paid for in the meantime, and the invoice: of other entities, or of what paid for them.
FOLLOWS = {
    EventType.invoice_paid,
    EventType.subscription_access_ended,
    EventType.subscription_access_restored,
}
SAMPLES = [(name, body) for name, body in samples() if b'"event_type"' in body] if PRESENT else []


def test_the_page_is_what_the_code_says() -> None:
    assert page() == PAGE.read_text("utf-8")


def test_the_page_holds_every_event_that_anything_here_knows() -> None:
    assert {one.rpartition(".")[0].removesuffix(".PRICING-CHANGE") for one in ALL} - {
        "BILLING.SUBSCRIPTION.PAYMENT"
    } == FAMILIES
    assert set(ALL) >= WANTED | notification.SAYS.keys() | notification.GONE


def test_penstock_trigger_sends_every_event_of_the_page() -> None:
    assert set(ALL) == events.KNOWN


@pytest.mark.parametrize("event", ALL)
async def test_an_event_becomes_what_the_page_says(stage: Stage, event: str) -> None:
    """
    Played on the simulated PayPal, with what usually comes before.
    """
    said, played = row(event), Played.on(stage)
    await _before(played, event)
    known = len(played.platform.events)
    await played.trigger(event, **_about(event))
    published = [EventType(one.type) for one in played.platform.events[known:]]
    record = await played.platform.record(json.loads(stage.received[-1].body)["id"])

    assert list(said.publishes) == [one for one in published if one not in FOLLOWS]
    assert record is not None
    assert (_became(said), said.about) == (
        record.became,
        Ref.parse(record.subject).kind.value if record.subject else None,
    )


async def test_activated_long_after_the_beginning_is_resumed(stage: Stage) -> None:
    played = Played.on(stage)
    long_ago = dict.fromkeys(("start_time", "create_time"), "2026-01-01T00:00:00Z")
    await played.trigger(CREATED, id=SUBSCRIPTION, **long_ago)
    await played.trigger("BILLING.SUBSCRIPTION.ACTIVATED", id=SUBSCRIPTION)

    assert "subscription.resumed" in [one.type for one in played.platform.events]


@needs_reference
@pytest.mark.parametrize(("name", "body"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_a_published_payload_is_read_as_the_page_says(name: str, body: bytes) -> None:
    try:
        read = notification.read(Delivery.of("paypal", {}, body, NOON))
    except MalformedDelivery:
        pytest.fail(f"{name} is an event")
    said = row(read.type)

    assert read.type in ALL
    assert said.says == read.says
    # A real one may name less than it should: then PayPal's API is asked.
    named = read.subject.kind.value if read.subject else None
    assert named in (None, said.about)
    assert said.about is not None or named is None


async def _before(played: Played, event: str) -> None:
    """What usually comes before such an event."""
    if event in notification.GONE or event.startswith(notification.INVOICE):
        await played.trigger(COMPLETED, id=SALE)
    if event == "PAYMENT.REFUND.FAILED":
        await played.trigger(REFUNDED, **THE_REFUND)
    if event.startswith(notification.SUBSCRIPTION) and event != CREATED:
        await played.trigger(CREATED, **THE_SUBSCRIPTION)
    if event.startswith("CUSTOMER.DISPUTE.") and event != OPENED:
        await played.trigger(OPENED)
    if event.startswith(notification.INVOICE):
        ((name, made),) = played.stage.simulator.books.invoices.items()
        played.later(days=3)
        again = [*made["payments"]["transactions"], _by_the_buyer()]
        await played.books(("invoices", name, {"payments.transactions": again}))


def _about(event: str) -> dict[str, Any]:
    if event in events.SALES_SENT_BACK:
        return THE_SALE
    if event in events.CAPTURES_SENT_BACK:
        return THE_REFUND
    if event in events.SUBSCRIPTIONS:
        return THE_SUBSCRIPTION
    if event == "CUSTOMER.DISPUTE.UPDATED":
        return {"status": "UNDER_REVIEW"}
    return {}


def _by_the_buyer() -> dict[str, Any]:
    return {"type": "PAYPAL", "payment_id": "BUYER0000000TAB11", "method": "PAYPAL"}


def _became(said: Row) -> Became:
    recorded: Sequence[EventType] = (EventType.notification_recorded,)
    return Became.recorded if list(said.publishes) == list(recorded) else Became.applied
