"""Reading authentic deliveries: tolerant of PayPal, and never surprised."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.api import Delivery, EntityKind, MalformedDelivery, Notification, Ref
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.notification import read
from tests.depth import examples
from tests.plugins.paypal.reference import PRESENT, needs_reference, samples

SENT = datetime(2026, 11, 2, 12, tzinfo=UTC)
SALE = "5CS38179PL895402Y"


def _delivery(body: bytes | dict[str, Any], *, sent: str = "2026-11-02T12:00:00Z") -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {door.ID: "69cd13f0-d67a-11e5-baa3-778b53f4ae55", door.TIME: sent}
    return Delivery.of("paypal", headers, raw, SENT + timedelta(seconds=2))


def _event(event_type: str, resource: Any, **more: Any) -> Notification:
    return read(_delivery({"id": "WH-1", "event_type": event_type, "resource": resource, **more}))


SAMPLES = samples() if PRESENT else []


@needs_reference
@pytest.mark.parametrize("body", [body for _, body in SAMPLES], ids=[name for name, _ in SAMPLES])
def test_every_published_payload_is_read_or_malformed(body: bytes) -> None:
    """
    Nothing else; and what was read survives the queue.
    """
    try:
        notification = read(_delivery(body))
    except MalformedDelivery:
        assert "event_type" not in json.loads(body)
        return

    assert notification == Notification.loads(notification.dumps())
    assert json.loads(body)["event_type"] == notification.type


@needs_reference
def test_most_published_payloads_are_events_and_the_sales_among_them_have_entities() -> None:
    read_ones = [read(_delivery(body)) for _, body in SAMPLES if b'"event_type"' in body]
    entities = {one.entity for one in read_ones if one.type.startswith("PAYMENT.SALE.")}

    assert 28 == len(read_ones)
    # One refund does not name its sale.
    assert 8 == len(entities)
    assert None in entities


@pytest.mark.parametrize("kind", ["COMPLETED", "PENDING", "DENIED"])
def test_a_sale_event_concerns_its_sale(kind: str) -> None:
    assert f"paypal-{SALE}" == _event(f"PAYMENT.SALE.{kind}", {"id": SALE}).entity


@pytest.mark.parametrize("kind", ["REFUNDED", "REVERSED"])
@pytest.mark.parametrize(
    ("resource", "entity"),
    [
        ({"id": "29B43325P49508437", "sale_id": SALE}, f"paypal-{SALE}"),
        (
            {
                "links": [
                    {"rel": "sale", "href": f"https://api.paypal.com/v1/payments/sale/{SALE}"}
                ]
            },
            f"paypal-{SALE}",
        ),
        ({"id": "29B43325P49508437"}, None),
        ({"links": [{"rel": "sale", "href": f"https://x/v1/payments/sale/{SALE}/refund"}]}, None),
        ({"links": [{"rel": "up", "href": f"https://x/v1/payments/sale/{SALE}"}]}, None),
        ({"links": ["no link", None, {}]}, None),
    ],
)
def test_money_sent_back_concerns_the_sale_where_it_can_be_told(
    kind: str, resource: dict[str, Any], entity: str | None
) -> None:
    assert entity == _event(f"PAYMENT.SALE.{kind}", resource).entity


@pytest.mark.parametrize(
    ("resource", "entity"),
    [
        ({"invoice": {"detail": {"reference": SALE}}}, f"paypal-{SALE}"),
        ({"detail": {"reference": SALE}}, f"paypal-{SALE}"),
        ({"invoice": {"detail": {"invoice_number": f"PS-{SALE}"}}}, None),
        ({"invoice": {"detail": {"reference": "order of 3 May"}}}, None),
        ({"invoice": {"detail": {"reference": f"{SALE}\n"}}}, None),
        ({"invoice": None}, None),
    ],
)
@pytest.mark.parametrize("kind", ["PAID", "CANCELLED", "REFUNDED"])
def test_an_invoice_concerns_the_sale_that_its_reference_names(
    kind: str, resource: dict[str, Any], entity: str | None
) -> None:
    """
    Its number says nothing: a merchant may have chosen one like ours.
    """
    assert entity == _event(f"INVOICING.INVOICE.{kind}", resource).entity


@pytest.mark.parametrize("kind", ["PENDING", "FAILED", "COMPLETED"])
def test_how_a_refund_goes_on_concerns_its_sale(kind: str) -> None:
    resource = {"id": "29B43325P49508437", "sale_id": SALE}

    assert f"paypal-{SALE}" == _event(f"PAYMENT.REFUND.{kind}", resource).entity


@pytest.mark.parametrize(
    "event_type",
    ["CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED", "RISK.DISPUTE.CREATED"],
)
def test_a_dispute_concerns_itself(event_type: str) -> None:
    read_one = _event(event_type, {"dispute_id": "PP-D-1"})

    assert Ref(EntityKind.dispute, "paypal-PP-D-1") == read_one.subject


def test_what_it_is_about_and_paypals_sentence_are_kept() -> None:
    about = {"resource_type": "sale", "summary": "Payment completed for $ 12.50 USD"}
    read_one = _event("PAYMENT.SALE.COMPLETED", {"id": SALE}, **about)

    assert ("sale", SALE, "Payment completed for $ 12.50 USD") == (
        read_one.resource_type,
        read_one.resource_id,
        read_one.summary,
    )


@pytest.mark.parametrize(
    ("resource", "named"),
    [
        ({"dispute_id": "PP-D-1"}, "PP-D-1"),
        ({"invoice": {"id": "INV2-26KH-MY9Q-USVG-4WZD"}}, "INV2-26KH-MY9Q-USVG-4WZD"),
        ({"id": "x" * 128}, None),
        ({"id": 7}, None),
        ("no object", None),
    ],
)
def test_each_kind_of_resource_has_its_id(resource: Any, named: str | None) -> None:
    assert named == _event("X", resource).resource_id


@pytest.mark.parametrize(
    "event_type",
    ["BILLING.PLAN.CREATED", "PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.APPROVED"],
)
def test_anything_else_concerns_no_payment(event_type: str) -> None:
    assert _event(event_type, {"id": SALE, "sale_id": SALE}).entity is None


@pytest.mark.parametrize(
    "sale", ["", "A", "a" * 17, "../../etc", "A/B", "A" * 65, "A%2F", "A\n", 7, None, ["A"]]
)
def test_an_id_that_must_not_enter_a_path_is_no_entity(sale: object) -> None:
    assert _event("PAYMENT.SALE.COMPLETED", {"id": sale}).entity is None


@pytest.mark.parametrize(
    ("stamp", "happened"),
    [
        ("2026-11-02T11:59:58.5Z", SENT - timedelta(seconds=1.5)),
        ("2026-11-02T11:59:58", SENT - timedelta(seconds=2)),
        ("2026-11-02T12:59:58+01:00", SENT - timedelta(seconds=2)),
        # The simulator's nineteenth month, old invoices' time zones: the transmission's counts.
        ("2018-19-12T22:20:32.000Z", SENT),
        ("2017-08-31 PDT", SENT),
        ("0001-01-01T00:00:00+14:00", SENT),
        (None, SENT),
        (1793620800, SENT),
        # Nothing happens after we have heard of it.
        ("2027-01-01T00:00:00Z", SENT + timedelta(seconds=2)),
    ],
)
def test_an_impossible_date_is_no_obstacle(stamp: object, happened: datetime) -> None:
    assert happened == _event("PAYMENT.SALE.COMPLETED", {}, create_time=stamp).occurred_at


def test_a_number_keeps_its_digits_on_the_way_through_the_queue() -> None:
    """
    A float would round it, and 1e999 would become no JSON at all.
    """
    body = (
        b'{"id":"WH-1","event_type":"X","resource":{"a":0.10,"b":1e999,"c":12345678901234567890}}'
    )
    kept = Notification.loads(read(_delivery(body)).dumps()).resource

    assert {"a": "0.10", "b": "1e999", "c": 12345678901234567890} == kept


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"WH-1","event_type":"X","resource":NaN}',
        b'{"id":"WH-1","event_type":"X","resource":[-Infinity]}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"id":"WH-1","event_type":"\xff"}',
        '{"id":"WH-1","event_type":"X"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"id":"WH-1","event_type":"X"}',
        b'{"id":"WH-1"}',
        b'{"event_type":"X"}',
        b'{"id":7,"event_type":"X"}',
        b'{"id":"","event_type":"X"}',
        b'{"id":"\\ud800","event_type":"X"}',
        b'{"id":"WH 1","event_type":"X"}',
        b'{"id":"' + b"W" * 129 + b'","event_type":"X"}',
        b'{"id":"WH-1","event_type":' + b"9" * 5000 + b"}",
        b'["id","event_type"]',
        b"",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_no_event_is_malformed_and_not_quoted(body: bytes) -> None:
    with pytest.raises(MalformedDelivery) as refused:
        read(_delivery(body))

    assert "WH" not in str(refused.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "sale_id",
                    "dispute_id",
                    "links",
                    "rel",
                    "href",
                    "invoice",
                    "detail",
                    "reference",
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=examples(150), deadline=None)
@given(
    event_type=st.sampled_from(
        [
            "PAYMENT.SALE.COMPLETED",
            "PAYMENT.SALE.REFUNDED",
            "INVOICING.INVOICE.PAID",
            "CUSTOMER.DISPUTE.CREATED",
            "X",
        ]
    ),
    event=st.dictionaries(st.sampled_from(["resource", "create_time", "links", "id"]), JSON),
)
def test_any_json_is_read_or_malformed(event_type: str, event: dict[str, Any]) -> None:
    body = json.dumps({"id": "WH-1", "event_type": event_type, **event}).encode()
    try:
        notification = read(_delivery(body))
    except MalformedDelivery:
        return

    assert notification == Notification.loads(notification.dumps())


@settings(max_examples=examples(150), deadline=None)
@given(body=st.binary(max_size=200), stamp=st.text(max_size=30))
def test_any_bytes_are_read_or_malformed(body: bytes, stamp: str) -> None:
    try:
        read(_delivery(body, sent=stamp))
    except MalformedDelivery:
        return
