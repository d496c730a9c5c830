"""Events, notifications and numbers as queues and the ledger hold them."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from penstock.domain.delivery import Evidence, Notification
from penstock.domain.events import Event, EventType, kind_of
from penstock.domain.exact import number
from penstock.domain.lifecycle import Lifecycle
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import MalformedMessage
from penstock.testing.builders import event, notification
from penstock.testing.clock import NOON

DISPUTE = Ref(EntityKind.dispute, "example-D-1")


def test_an_event_is_a_cloud_event() -> None:
    one = replace(event(sequence=7), data={"a": 1})

    assert (
        {
            "specversion": "1.0",
            "id": "event-1",
            "source": "urn:penstock:example",
            "type": "payment.succeeded",
            "subject": "pay-1",
            "time": "2026-11-02T12:00:00Z",
            "datacontenttype": "application/json",
            "gateway": "example",
            "sequence": "000000000007",
            "data": {"a": 1},
        }
        == one.cloud_event()
        == json.loads(one.dumps())
    )
    shared = {"specversion", "source", "datacontenttype"}
    assert one.cloud_event().keys() - shared == json.loads(one.kept()).keys()
    assert one == Event.loads(one.dumps()) == Event.loads(one.kept())
    assert " " not in one.kept()


@pytest.mark.parametrize(
    ("type", "kind", "known"),
    [
        ("payment.succeeded", EntityKind.payment, True),
        ("invoice.paid", EntityKind.payment, True),
        ("refund.failed", EntityKind.payment, True),
        ("subscription.renewed", EntityKind.subscription, True),
        ("dispute.opened", EntityKind.dispute, True),
        ("notification.recorded", EntityKind.notification, True),
        ("subscription.paused", EntityKind.subscription, False),
        ("payout.sent", EntityKind.payment, False),
    ],
)
def test_an_events_type_says_what_it_is_about_and_newer_code_may_know_more(
    type: str, kind: EntityKind, known: bool
) -> None:
    one = replace(event(), type=type)
    read = Event.loads(one.dumps())

    assert (kind, Ref(kind, "pay-1"), known) == (kind_of(type), read.ref, read.known)
    assert known is isinstance(read.type, EventType)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", event().dumps().replace("000000000001", "first")]
)
def test_what_publish_did_not_write_is_malformed(text: str) -> None:
    with pytest.raises(MalformedMessage, match="not an event as publish writes it"):
        Event.loads(text)


@pytest.mark.parametrize("kind", list(EntityKind))
@pytest.mark.parametrize("says", [None, *Lifecycle])
def test_a_notification_about_any_entity_survives_the_queue(
    kind: EntityKind, says: Lifecycle | None
) -> None:
    one = notification(
        kind=kind,
        says=says,
        status_at=NOON if says else None,
        resource_type="r",
        resource_id="r-1",
        summary="a word",
    )
    read = Notification.loads(one.dumps())

    assert (one, Ref(kind, "pay-1"), "pay-1") == (read, read.subject, read.group)
    name = "pay-1" if kind is EntityKind.payment else f"{kind.value}#pay-1"
    assert name == json.loads(one.dumps())["entity"]


def test_a_notification_about_nothing_is_a_group_of_its_own() -> None:
    one = Notification.loads(notification(entity=None).dumps())

    assert (None, "delivery-1", None) == (one.subject, one.group, one.entity)
    assert (None,) * 4 == (one.resource_type, one.resource_id, one.summary, one.says)
    assert (EntityKind.payment, None) == (one.kind, one.status_at)


def test_a_notification_of_older_code_is_read() -> None:
    raw = json.loads(notification().dumps())
    for name in ("resource_type", "resource_id", "summary", "says", "status_at"):
        del raw[name]

    assert notification() == Notification.loads(json.dumps(raw))


@pytest.mark.parametrize(("subject", "entity"), [(DISPUTE, "example-D-1"), (None, None)])
def test_what_was_fetched_has_no_transmission_and_is_known_by_its_id(
    subject: Ref | None, entity: str | None
) -> None:
    names = ("example", "WH-1", "dispute.created", {"a": 1}, NOON, subject)
    one = Notification.fetched(
        *names,
        resource_type="dispute",
        resource_id="D-1",
        summary="A dispute.",
        says=Lifecycle.created,
        status_at=NOON,
    )

    assert ("WH-1", "example", "dispute.created", entity, Evidence.fetched, "", "") == (
        *(one.id, one.gateway, one.type, one.entity, one.evidence, one.transmission, one.digest),
    )
    assert subject == one.subject
    assert ("dispute", "D-1", "A dispute.", Lifecycle.created, NOON) == (
        *(one.resource_type, one.resource_id, one.summary, one.says, one.status_at),
    )
    again, other = (
        Notification.fetched("example", name, "t", {}, NOON) for name in ("WH-1", "WH-2")
    )
    assert one.delivery_id == again.delivery_id != other.delivery_id
    assert EntityKind.payment is again.kind


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("1250.0", 1250),
        ("1.25e3", 1250),
        ("-0.0", 0),
        ("0e999", 0),
        ("0.5", Decimal("0.5")),
        ("0.99999999999999999999", Decimal("0.99999999999999999999")),
        ("1e17", 10**17),
        ("1e18", Decimal("1e18")),
        ("999999999999999999.0", 10**18 - 1),
        ("1e999999999", Decimal("1e999999999")),
        ("-1e17", -(10**17)),
    ],
)
def test_a_number_is_read_exactly_and_a_whole_one_of_18_digits_at_most_is_an_int(
    text: str, exact: int | Decimal
) -> None:
    found = number(text)

    assert (exact, type(exact)) == (found, type(found))


def test_a_number_whose_exponent_no_decimal_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="exponent is out of range"):
        number("1e9999999999999999999")
