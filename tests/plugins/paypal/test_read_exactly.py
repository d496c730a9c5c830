"""Events: which payment each is about, and what just beside it is about none."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from penstock.api import Delivery, EntityKind, Notification
from penstock.testing.clock import NOON
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.notification import read
from tests.plugins.paypal.ordering import PAYMENT_ID

SENT = "2026-11-02T11:59:00Z"
SECOND = timedelta(seconds=1)


def event(kind: str, resource: Any, **more: Any) -> Notification:
    body = {"id": "WH-1", "event_type": kind, "resource": resource, **more}
    headers = {door.ID: "t-1", door.TIME: SENT}
    return read(Delivery.of("paypal", headers, json.dumps(body).encode(), NOON))


@pytest.mark.parametrize(
    ("rel", "entity"),
    [
        ("sale", "paypal-SALE-1"),
        ("parent_payment", None),
        ("self", None),
        ("up", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("kind", ["PAYMENT.SALE.REFUNDED", "PAYMENT.REFUND.PENDING"])
def test_money_sent_back_names_its_sale_by_the_link_that_says_so(
    rel: str | None, entity: str | None, kind: str
) -> None:
    where = "https://api.paypal.com/v1/payments/sale/SALE-1"
    links = [{"rel": rel}, {"rel": rel, "href": f"{where}/x"}, {"rel": rel, "href": where}]

    assert entity == event(kind, {"links": links}).entity
    assert "paypal-SALE-2" == event(kind, {"links": links, "sale_id": "SALE-2"}).entity


@pytest.mark.parametrize(
    ("resource", "entity"),
    [
        ({"custom_id": PAYMENT_ID}, PAYMENT_ID),
        ({"custom_id": "order-7"}, None),
        ({}, None),
        ({"purchase_units": [{"custom_id": PAYMENT_ID}]}, PAYMENT_ID),
        ({"purchase_units": [{"custom_id": PAYMENT_ID}] * 2}, None),
        ({"purchase_units": [], "custom_id": PAYMENT_ID}, PAYMENT_ID),
    ],
)
@pytest.mark.parametrize(
    "kind",
    [
        *(f"PAYMENT.CAPTURE.{one}" for one in ("COMPLETED", "PENDING", "DENIED", "DECLINED")),
        *("CHECKOUT.ORDER.APPROVED", "CHECKOUT.PAYMENT-APPROVAL.REVERSED"),
    ],
)
def test_a_checkout_of_ours_names_our_payment_and_any_other_is_none_of_ours(
    kind: str, resource: Any, entity: str | None
) -> None:
    found = event(kind, resource)

    assert (entity, EntityKind.payment) == (found.entity, found.kind)


@pytest.mark.parametrize("kind", ["PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"])
def test_what_went_back_of_a_capture_is_looked_up(kind: str) -> None:
    assert None is event(kind, {"sale_id": "SALE-1", "id": "R-1"}).entity


@pytest.mark.parametrize(("length", "kept"), [(1, True), (127, True), (128, False), (0, False)])
def test_what_an_event_is_about_is_kept_up_to_127_characters(length: int, kept: bool) -> None:
    text = "x" * length
    found = event("ODD.EVENT", {"id": text}, resource_type=text)

    assert ((text, text) if kept else (None, None)) == (found.resource_id, found.resource_type)
    assert "D-1" == event("ODD.EVENT", {"dispute_id": "D-1"}).resource_id
    assert "INV-1" == event("ODD.EVENT", {"invoice": {"id": "INV-1"}}).resource_id


@pytest.mark.parametrize(
    ("kind", "status", "at"),
    [
        ("SUSPENDED", "SUSPENDED", NOON),
        ("SUSPENDED", "ACTIVE", None),
        ("SUSPENDED", "ZERO", None),
        ("SUSPENDED", None, None),
        ("ACTIVATED", "ACTIVE", NOON),
        ("CANCELLED", "CANCELLED", NOON),
        ("EXPIRED", "EXPIRED", NOON),
        ("CREATED", "APPROVAL_PENDING", None),
        ("UPDATED", "ACTIVE", None),
        ("PAYMENT.FAILED", "ACTIVE", None),
    ],
)
def test_the_time_of_a_status_is_the_events_only_if_it_is_about_that_status(
    kind: str, status: str | None, at: datetime | None
) -> None:
    resource = {"id": "I-1", "status": status, "status_update_time": NOON.isoformat()}
    found = event(f"BILLING.SUBSCRIPTION.{kind}", resource)

    assert (at, EntityKind.subscription) == (found.status_at, found.kind)


@pytest.mark.parametrize(
    ("created", "happened"),
    [
        ((NOON - SECOND).isoformat(), NOON - SECOND),
        (NOON.isoformat(), NOON),
        ((NOON + SECOND).isoformat(), NOON),
        (None, NOON - timedelta(minutes=1)),
        ("2026-19-02T12:00:00Z", NOON - timedelta(minutes=1)),
    ],
)
def test_nothing_happened_after_we_heard_of_it(created: str | None, happened: datetime) -> None:
    found = event("PAYMENT.SALE.COMPLETED", {"id": "SALE-1"}, create_time=created)

    assert (happened, "t-1") == (found.occurred_at, found.transmission)
