"""The gateway's parts are made once, and what is configured wrongly stops the start."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from functools import cached_property
from typing import Any

import pytest
from pydantic import ValidationError

from penstock.api import SettingsError
from penstock.testing.context import context
from penstock_paypal.account.account import PayPalAccount
from penstock_paypal.account.connection import Connection
from penstock_paypal.account.wanted import Trial
from penstock_paypal.client.token import Tokens
from penstock_paypal.environments import environment
from penstock_paypal.gateway import PayPal
from penstock_paypal.invoices.template import load
from penstock_paypal.limits import KEYS_KEPT, LISTED_FOR
from penstock_paypal.parts import Parts
from penstock_paypal.payer import of_v1, of_v2
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.webhooks import door, notification
from penstock_paypal.webhooks.registration import WANTED

SETTINGS = PayPalSettings.model_validate({"environment": "sandbox"})
NAMES = [
    *("signatures", "invoices", "recorded_refunds", "refunds", "sends_back", "sales"),
    *("confirmations", "disputes", "invoice_news", "plans", "subscriptions", "collector"),
    *("managed", "charged", "orders", "events"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_part_is_made_once(name: str) -> None:
    parts = Parts(context(SETTINGS), "paypal")

    assert isinstance(vars(Parts)[name], cached_property)
    assert getattr(parts, name) is getattr(parts, name)


def test_no_part_is_made_before_it_is_asked_for() -> None:
    assert not set(NAMES) & set(vars(Parts(context(SETTINGS), "paypal")))
    assert set(NAMES) == {
        name for name, one in vars(Parts).items() if isinstance(one, cached_property)
    }


@pytest.mark.parametrize(
    "changes", [{"extra_certificates": "no PEM"}, {"invoice_template": "not-there"}]
)
def test_what_is_configured_wrongly_stops_the_start(changes: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        Parts(context(SETTINGS.model_copy(update=changes)), "paypal")
    assert Parts(context(SETTINGS.model_copy(update={"extra_certificates": " \n"})), "paypal")


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("environment", ["live", "sandbox", "local"], ["", "LIVE", "test"]),
        ("extra_certificates", ["", "x" * 65_536], ["x" * 65_537]),
        ("invoice_template", ["i", "i" * 31], ["", "i" * 32, "../x", "Invoice"]),
    ],
)
def test_settings_have_limits(field: str, good: list[str], bad: list[str]) -> None:
    for value in good:
        assert PayPalSettings.model_validate({"environment": "live", field: value})
    for value in bad:
        with pytest.raises(ValidationError):
            PayPalSettings.model_validate({"environment": "live", field: value})
    with pytest.raises(ValidationError):
        PayPalSettings.model_validate({"environment": "live", "odd": ""})
    with pytest.raises(ValidationError):
        SETTINGS.environment = "live"


@pytest.mark.parametrize("lacks", ["api_url", "certificate_urls", "certificate_name", "anchors"])
def test_a_profile_that_lacks_something_is_to_be_made_again(lacks: str) -> None:
    profile = {
        "api_url": "http://x",
        "certificate_urls": "y",
        "certificate_name": "z",
        "activity_url": "http://a/",
        "anchors": "",
    }

    assert "http://x" == environment("local", profile).approval_origin
    for wrong in (
        {name: value for name, value in profile.items() if name != lacks},
        {**profile, "certificate_urls": "("},
    ):
        with pytest.raises(SettingsError, match=r"lacks or misspells .*: start the"):
            environment("local", wrong)


def test_what_is_known_of_paypal_cannot_be_changed() -> None:
    trial = Trial(price="0", interval="day")
    frozen: list[tuple[Any, str]] = [
        (environment("live", {}), "name"),
        (SETTINGS, "environment"),
        (load("invoice"), "note"),
        (trial, "price"),
    ]
    for one, name in frozen:
        with pytest.raises((dataclasses.FrozenInstanceError, ValidationError)):
            setattr(one, name, "1")
    live = environment("live", {})

    assert live == dataclasses.replace(live)
    assert "PRIVATE" not in repr(live)
    assert "BEGIN CERTIFICATE" not in repr(live)


def test_what_may_be_asked_for_again_has_paypals_limits() -> None:
    assert (6 * 3600.0, timedelta(days=29)) == (KEYS_KEPT, LISTED_FOR)
    assert (150 * 1024, True) == (door.DOOR.body_limit, door.DOOR.json)
    assert KEYS_KEPT == PayPal.checkout_keys_kept


def test_a_connection_is_made_once() -> None:
    account = PayPalAccount(context(SETTINGS))

    assert isinstance(vars(PayPalAccount)["_connection"], cached_property)
    assert Connection(context(SETTINGS)).local is False
    assert account.left()
    assert "hunter2" not in repr(vars(Tokens))


@pytest.mark.parametrize(
    ("shown", "who"),
    [
        ({"payer_id": "A", "account_id": "B"}, ("A", None, None)),
        ({"account_id": "B"}, ("B", None, None)),
        ({"name": {"given_name": "Ada"}}, (None, "Ada", None)),
        ({"name": {"given_name": "Ada", "surname": "L"}}, (None, "Ada L", None)),
        ({"email_address": "a@b.test"}, (None, None, "a@b.test")),
        ({}, None),
    ],
)
def test_a_payer_is_whoever_paypal_names(shown: Any, who: Any) -> None:
    found = of_v2(shown)

    assert who == (found and (found.reference, found.name, found.email))
    assert None is of_v1({})


def test_the_events_of_a_webhook_are_those_that_are_handled_and_paypal_lists() -> None:
    sales, captures = "PAYMENT.SALE.", "PAYMENT.CAPTURE."
    subscriptions = "BILLING.SUBSCRIPTION."

    assert {
        *(sales + one for one in ("COMPLETED", "PENDING", "DENIED", "REFUNDED", "REVERSED")),
        *(captures + one for one in ("COMPLETED", "PENDING", "DENIED", "DECLINED")),
        *(captures + one for one in ("REFUNDED", "REVERSED")),
        *("CHECKOUT.ORDER.APPROVED", "CHECKOUT.PAYMENT-APPROVAL.REVERSED"),
        *("PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"),
        *(f"CUSTOMER.DISPUTE.{one}" for one in ("CREATED", "UPDATED", "RESOLVED")),
        *("INVOICING.INVOICE.PAID", "INVOICING.INVOICE.CANCELLED"),
        *(subscriptions + one for one in ("CREATED", "ACTIVATED", "UPDATED", "SUSPENDED")),
        *(subscriptions + one for one in ("CANCELLED", "EXPIRED", "PAYMENT.FAILED")),
    } == WANTED
    assert {
        *(sales + one for one in ("REFUNDED", "REVERSED")),
        *(captures + one for one in ("REFUNDED", "REVERSED")),
        *(f"PAYMENT.REFUND.{one}" for one in ("PENDING", "FAILED", "COMPLETED")),
    } == notification.GONE
