"""A delivery keeps every byte, and its name is what it holds."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.delivery import Delivery, Evidence, Notification
from penstock.errors import MalformedMessage

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@given(st.binary(max_size=200), st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
def test_a_delivery_survives_the_queue_byte_for_byte(body: bytes, headers: dict[str, str]):
    delivery = Delivery.of("acme", headers, body, NOON)

    assert delivery == Delivery.loads(delivery.dumps())


def test_the_same_request_has_the_same_id_whenever_it_comes():
    first = Delivery.of("acme", {"sig": "a"}, b"{}", NOON)
    again = Delivery.of("acme", {"sig": "a"}, b"{}", NOON.replace(hour=13))

    assert first.id == again.id


def test_a_request_has_the_same_id_in_every_version_of_the_code():
    """
    While a new version is deployed, both name it: a repeat must not count twice.
    """
    one = Delivery.of("acme", {"sig": "a", "x": "b"}, b"{}", NOON)

    assert "7e26dc0f53575361141aba1a7183b375045e0189b4339afccfbe8fe182a9a86a" == one.id
    assert one.id == Delivery.of("acme", {"x": "b", "sig": "a"}, b"{}", NOON).id


@pytest.mark.parametrize(
    ("gateway", "headers", "body"),
    [
        ("acme", {"sig": "b"}, b"{}"),
        ("acme", {"sig": "a"}, b"{} "),
        ("other", {"sig": "a"}, b"{}"),
        ("acme", {"si": "g:a"}, b"{}"),
        ("acme", {"sig": "a{}"}, b""),
    ],
)
def test_any_other_request_has_another_id(gateway: str, headers: dict[str, str], body: bytes):
    first = Delivery.of("acme", {"sig": "a"}, b"{}", NOON)

    assert first.id != Delivery.of(gateway, headers, body, NOON).id


def test_neither_body_nor_headers_show_in_a_repr():
    delivery = Delivery.of("acme", {"sig": "s3cret"}, b"card 4111", NOON)

    shown = repr(delivery)

    assert ("s3cret" in shown, "4111" in shown) == (False, False)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"id":1}', '{"headers":[]}', "[" * 50])
def test_what_receive_did_not_write_is_malformed(text: str):
    with pytest.raises(MalformedMessage):
        Delivery.loads(text)
    with pytest.raises(MalformedMessage):
        Notification.loads(text)


def test_a_notification_survives_the_queue():
    notification = Notification(
        id="WH-1",
        gateway="acme",
        type="SALE",
        entity="acme-1",
        resource={"amount": {"total": "1.0"}},
        occurred_at=NOON,
        evidence=Evidence.signed,
        delivery_id="d",
        transmission="t",
        digest="x",
    )

    assert notification == Notification.loads(notification.dumps())
