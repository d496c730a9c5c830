"""Notifications about subscriptions: what they concern, and what they say happened."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from penstock.api import Delivery, EntityKind, Lifecycle, Notification, Ref
from penstock.domain.lifecycle import said
from penstock.testing.clock import NOON
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.notification import read
from tests.plugins.paypal.reference import PRESENT, needs_reference, samples

PREFIX = "BILLING.SUBSCRIPTION."
IDENTITY = "I-BW452GLLEP1G"
SAMPLES = {name.removesuffix(".json"): body for name, body in samples()} if PRESENT else {}


def _read(body: bytes) -> Notification:
    headers = {door.ID: "69cd13f0-d67a-11e5-baa3-778b53f4ae55", door.TIME: "2026-11-02T12:00:00Z"}
    return read(Delivery.of("paypal", headers, body, NOON))


def _event(event: str, event_id: str = "WH-1", **resource: Any) -> Notification:
    body = {"id": event_id, "event_type": PREFIX + event, "resource": {"id": IDENTITY, **resource}}
    return _read(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ("CREATED", Lifecycle.created),
        ("ACTIVATED", Lifecycle.activated),
        ("RE-ACTIVATED", Lifecycle.resumed),
        ("UPDATED", Lifecycle.revised),
        ("SUSPENDED", Lifecycle.suspended),
        ("CANCELLED", Lifecycle.cancelled),
        ("EXPIRED", Lifecycle.expired),
        ("PAYMENT.FAILED", Lifecycle.payment_failed),
    ],
)
def test_an_event_concerns_its_subscription_and_says_what_happened(
    event: str, says: Lifecycle
) -> None:
    notification = _event(event)

    assert Ref(EntityKind.subscription, f"paypal-{IDENTITY}") == notification.subject
    assert says is notification.says
    assert notification == Notification.loads(notification.dumps())


@pytest.mark.parametrize("event", ["ACTIVATED", "RE-ACTIVATED"])
def test_both_words_for_active_say_since_when_it_is(event: str) -> None:
    since = {"status": "ACTIVE", "status_update_time": "2026-11-01T12:00:05Z"}

    assert datetime(2026, 11, 1, 12, 0, 5, tzinfo=UTC) == _event(event, **since).status_at


def test_every_fact_has_an_event_of_paypals() -> None:
    events = ("CREATED", "ACTIVATED", "RE-ACTIVATED", "UPDATED", "SUSPENDED", "CANCELLED")
    told = {_event(one).says for one in (*events, "EXPIRED", "PAYMENT.FAILED")}

    assert set(Lifecycle) == told


def test_an_event_that_is_new_to_us_has_its_subscription_read() -> None:
    notification = _event("PAUSED")

    assert Ref(EntityKind.subscription, f"paypal-{IDENTITY}") == notification.subject
    assert notification.says is None


@pytest.mark.parametrize("identity", ["", "../x", None, 7, "I 1"])
def test_an_id_that_must_not_enter_a_path_is_no_subscription(identity: object) -> None:
    notification = _event("CANCELLED", id=identity)

    assert (None, None, None) == (
        notification.subject,
        notification.says,
        notification.status_at,
    )


@pytest.mark.parametrize(
    ("event", "status", "counts"),
    [
        ("ACTIVATED", "ACTIVE", True),
        ("SUSPENDED", "SUSPENDED", True),
        ("CANCELLED", "CANCELLED", True),
        ("EXPIRED", "EXPIRED", True),
        # The resource has gone on: its time is that of what came after.
        ("SUSPENDED", "CANCELLED", False),
        ("ACTIVATED", None, False),
        ("PAYMENT.FAILED", "ACTIVE", False),
        ("UPDATED", "ACTIVE", False),
    ],
)
def test_the_moment_is_that_of_the_status_which_the_event_is_about(
    event: str, status: str | None, counts: bool
) -> None:
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    notification = _event(event, status=status, status_update_time="2026-11-01T12:00:00Z")

    assert (at if counts else None) == notification.status_at


def test_two_copies_of_one_fact_have_one_key() -> None:
    """
    PayPal's webhook and the same event sent again have other ids, and the moment in common.
    """
    shown = {"status": "CANCELLED", "status_update_time": "2026-11-01T12:00:00Z"}
    copies = [_event("CANCELLED", event_id=f"WH-{number}", **shown) for number in (1, 2)]
    keys = {said(one.says, one.id, one.status_at).key for one in copies if one.says}

    assert {"cancelled@2026-11-01T12:00:00"} == keys


def test_an_impossible_moment_is_none() -> None:
    shown = {"status": "EXPIRED", "status_update_time": "2018-19-12T22:20:32.000Z"}

    assert _event("EXPIRED", **shown).status_at is None


@needs_reference
@pytest.mark.parametrize(
    ("name", "says", "at"),
    [
        ("real-sandbox2022__billing.subscription.created", Lifecycle.created, None),
        (
            "real-sandbox2022__billing.subscription.activated",
            Lifecycle.activated,
            datetime(2022, 6, 24, 19, 41, 58, tzinfo=UTC),
        ),
        (
            "real-sandbox2022__billing.subscription.cancelled",
            Lifecycle.cancelled,
            datetime(2022, 6, 24, 19, 58, 36, tzinfo=UTC),
        ),
        (
            "signed__simulator-live2024-subscription-activated-v2",
            Lifecycle.activated,
            datetime(2018, 12, 10, 21, 20, 49, tzinfo=UTC),
        ),
        ("djpaypal__billing.subscription.cancelled", Lifecycle.cancelled, None),
        ("djpaypal__billing.subscription.re-activated", Lifecycle.resumed, None),
    ],
)
def test_published_payloads_say_what_happened(
    name: str, says: Lifecycle, at: datetime | None
) -> None:
    body = SAMPLES[name]
    notification = _read(body)

    assert (f"paypal-{json.loads(body)['resource']['id']}", says, at) == (
        notification.entity,
        notification.says,
        notification.status_at,
    )
