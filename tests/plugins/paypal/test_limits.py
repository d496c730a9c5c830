"""PayPal's limits of what it is sent, to the character, and our names for what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.api import Invalid, Money
from penstock.testing.builders import SUBSCRIBER, checkout_request, order, subscription_request
from penstock.testing.clock import NOON
from penstock.testing.context import CountingIds
from penstock.testing.http import response
from penstock_paypal.checkout import fields as of_checkout
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.pace import Pace
from penstock_paypal.subscriptions import fields as of_subscription

REQUEST = subscription_request("P-5ML4271244454362WXNWU5NQ")
HTTPS = "https://a/"


def answer(status: int, body: object) -> Answer:
    return Answer.of(response(status, body), NOON, Pace(CountingIds()))


def url(length: int) -> str:
    return HTTPS + "x" * (length - len(HTTPS))


def named(**changes: str) -> dict[str, object]:
    return {"subscriber": replace(SUBSCRIBER, **changes)}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, None),
        ({"plan": "P-1"}, None),
        ({"plan": "P1"}, "plan"),
        ({"plan": "P" * 50}, None),
        ({"plan": "P" * 51}, "plan"),
        ({"plan": "p-1"}, "plan"),
        ({"reference": "x" * 127}, None),
        ({"reference": "x" * 128}, "reference"),
        ({"reference": " ~"}, None),
        ({"reference": ""}, "reference"),
        ({"reference": "\x7f"}, "reference"),
        ({"reference": "\u00e9"}, "reference"),
        (named(given_name="x" * 140), None),
        (named(given_name="x" * 141), "subscriber.given_name"),
        (named(given_name=""), "subscriber.given_name"),
        (named(given_name=" "), "subscriber.given_name"),
        (named(given_name="x\n"), "subscriber.given_name"),
        (named(surname="\u5c71"), None),
        (named(surname="x" * 141), "subscriber.surname"),
        (named(email="x" * 248 + "@a.com"), None),
        (named(email="x" * 249 + "@a.com"), "subscriber.email"),
        (named(email="a.com"), "subscriber.email"),
        (named(email="x@"), "subscriber.email"),
        ({"return_url": url(10)}, None),
        ({"return_url": HTTPS[:9]}, "return_url"),
        ({"return_url": url(4000)}, None),
        ({"return_url": url(4001)}, "return_url"),
        ({"cancel_url": url(4000)}, None),
        ({"cancel_url": url(4001)}, "cancel_url"),
        ({"brand": None}, None),
        ({"brand": "x" * 127}, None),
        ({"brand": "x" * 128}, "brand"),
        ({"brand": ""}, "brand"),
        ({"locale": None}, None),
        ({"locale": "zh-Hant-TW"}, None),
        ({"locale": "english"}, "locale"),
    ],
)
def test_a_subscription_is_refused_for_the_first_field_that_paypal_would_not_take(
    change: dict[str, object], field: str | None
) -> None:
    found = of_subscription.of_request(replace(REQUEST, **change))  # type: ignore[arg-type]  # fields by name

    assert field == (found and found.field)


@pytest.mark.parametrize(
    ("reason", "taken"), [("x", True), ("x" * 128, True), ("x" * 129, False), ("", False)]
)
def test_a_reason_has_1_to_128_characters(reason: str, taken: bool) -> None:
    refusal = None if taken else Invalid("reason", "it needs 1 to 128 printable characters")

    assert refusal == of_subscription.of_reason(reason)


@pytest.mark.parametrize(
    ("field", "ours"),
    [
        ("/plan_id", "plan"),
        ("custom_id", "reference"),
        ("/subscriber/name/given_name", "subscriber.given_name"),
        ("/application_context/return_url", "return_url"),
        ("/auto_renewal", "auto_renewal"),
    ],
)
def test_a_field_that_paypal_refuses_is_named_as_ours_is(field: str, ours: str) -> None:
    told = {"name": "INVALID_REQUEST", "details": [{"field": field, "issue": "INVALID_LENGTH"}]}

    assert {Invalid(ours, "PayPal refuses it: INVALID_LENGTH")} == {
        of_subscription.refused(answer(status, told)) for status in (400, 422)
    }


@pytest.mark.parametrize(
    ("issue", "because"),
    [
        ("PLAN_STATUS_INVALID", "it is not active"),
        ("CURRENCY_MISMATCH", "its currency is not the subscription's"),
    ],
)
def test_an_issue_of_the_plan_is_the_plans_whatever_field_is_named(
    issue: str, because: str
) -> None:
    told = {"details": [{"issue": issue, "field": "/custom_id"}]}

    assert Invalid("plan", because) == of_subscription.refused(answer(422, told))


@pytest.mark.parametrize("status", [200, 399, 401, 404, 409, 421, 423, 500])
def test_another_answer_refuses_no_field(status: int) -> None:
    told = {"details": [{"field": "/plan_id", "issue": "DECIMAL_PRECISION"}]}

    assert of_subscription.refused(answer(status, told)) is None
    assert of_checkout.refused(answer(status, told)) is None


def test_a_refusal_that_names_no_field_of_ours_refuses_none() -> None:
    assert of_subscription.refused(answer(422, {"name": "UNPROCESSABLE_ENTITY"})) is None
    assert of_checkout.refused(answer(422, {"details": [{"issue": "ORDER_EXPIRED"}]})) is None


@pytest.mark.parametrize("status", [400, 422])
def test_what_paypal_refuses_of_an_order_is_its_currency_or_its_amount(status: int) -> None:
    told = {"details": [{"issue": "ELSE"}, {"issue": "MAX_VALUE_EXCEEDED"}]}

    assert Invalid("order.amount", "it is more than PayPal takes") == of_checkout.refused(
        answer(status, told)
    )


@pytest.mark.parametrize(
    ("money", "refusal"),
    [
        (Money(1250, "USD"), None),
        (Money(1250, "JPY"), None),
        (Money(125000, "TWD"), None),
        (
            Money(125050, "TWD"),
            Invalid("order.amount", "PayPal takes no decimals in TWD"),
        ),
        (
            Money(1250, "KWD"),
            Invalid("order.currency", "PayPal takes no payments in this currency"),
        ),
    ],
)
def test_an_order_has_a_currency_and_decimals_that_paypal_takes(
    money: Money, refusal: Invalid | None
) -> None:
    request = checkout_request(order=replace(order(), amount=money))

    assert refusal == of_checkout.of_request(request)


@pytest.mark.parametrize("name", ["return_url", "cancel_url"])
def test_an_address_of_return_has_at_most_4000_characters(name: str) -> None:
    assert None is of_checkout.of_request(checkout_request(**{name: url(4000)}))
    assert Invalid(name, "it may have at most 4000 characters") == of_checkout.of_request(
        checkout_request(**{name: url(4001)})
    )


def test_a_long_description_and_brand_are_cut_to_127_characters() -> None:
    request = checkout_request(order=replace(order(), description="d" * 128), brand="b" * 128)
    sent = of_checkout.body(request)
    (unit,) = sent["purchase_units"]
    context = sent["payment_source"]["paypal"]["experience_context"]

    assert ("d" * 127, "b" * 127) == (unit["description"], context["brand_name"])
    assert {"currency_code": "USD", "value": "12.50"} == unit["amount"]


def test_without_description_and_brand_none_is_sent() -> None:
    sent = of_checkout.body(checkout_request(order=order(), brand=None))
    (unit,) = sent["purchase_units"]

    assert {"custom_id", "amount"} == set(unit)
    assert "brand_name" not in sent["payment_source"]["paypal"]["experience_context"]
