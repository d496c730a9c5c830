"""What is asked of PayPal for a subscription: one answer decides, the next one otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.api import (
    CollectRequest,
    Critical,
    Declined,
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    Invalid,
    Money,
    NotSent,
    Refused,
    Revised,
    Subscribed,
    Succeeded,
    Unanswered,
    Unconfirmable,
)
from penstock.testing.http import response
from penstock_paypal.subscriptions.approval import ForeignLink, approval_url
from tests.plugins.paypal.agreement import WHERE
from tests.plugins.paypal.subscribing import APPROVE, PLAN_ID, REQUEST, SUBSCRIPTION_ID, opened
from tests.plugins.paypal.told import Told, problem

ORIGIN = "https://www.sandbox.paypal.com"
CREATE = "/v1/billing/subscriptions"
URLS = ("https://penstock.test/r", "https://penstock.test/c")


def linked(address: object, rel: str = "approve") -> dict[str, Any]:
    return {"links": [{"rel": "self", "href": "https://x/"}, {"rel": rel, "href": address}]}


@pytest.mark.parametrize(
    "address",
    [
        f"{ORIGIN}/" + "x" * 2018,
        f"{ORIGIN}/x y",
        f"{ORIGIN}\\@evil.example/",
        f"{ORIGIN}/\u00e9",
        f"{ORIGIN}/\tx",
        f"{ORIGIN}:444/x",
        f"{ORIGIN}.evil.example/",
        "http://www.sandbox.paypal.com/x",
        "https://[www.sandbox.paypal.com/x",
        "https://evil.example/x",
        "",
        None,
    ],
)
def test_a_link_that_is_not_one_of_paypals_pages_is_given_to_no_buyer(address: str | None) -> None:
    with pytest.raises(ForeignLink):
        approval_url(linked(address), ORIGIN)
    assert None is approval_url(linked(address, "other"), ORIGIN)


def test_a_link_of_paypals_has_2048_characters_at_most() -> None:
    address = f"{ORIGIN}/" + "x" * 2017

    assert 2048 == len(address)
    assert address == approval_url(linked(address), ORIGIN)


ASKED = CollectRequest("op-1", SUBSCRIPTION_ID, Money(500, "USD"), "owed")


@pytest.mark.parametrize(
    ("shown", "means"),
    [
        ({"id": "S-1", "status": "COMPLETED"}, Succeeded),
        ({"id": "S-1", "status": "PENDING"}, Succeeded),
        ({"id": "S-1", "status": "DECLINED"}, Declined),
        ({"id": "S-1", "status": "DENIED"}, Declined),
        ({"id": "S-1", "status": "FAILED"}, Declined),
        ({"id": "S-1", "status": "ODD"}, Critical),
        ({"id": "S-1"}, Unanswered),
        ({"status": "COMPLETED"}, Unanswered),
    ],
)
async def test_what_a_collection_says_is_its_status(told: Told, shown: Any, means: type) -> None:
    told.at(f"{WHERE}/capture", response(201, shown))

    assert means is type(await told.paypal.collect(ASKED))


async def test_what_cannot_be_collected_is_refused_unasked(told: Told) -> None:
    odd = replace(ASKED, amount=Money(50, "TWD"))

    assert Declined("PayPal takes no decimals in TWD") == await told.paypal.collect(odd)
    assert Declined("PayPal knows no such subscription") == (
        await told.paypal.collect(replace(ASKED, reference="../x"))
    )
    assert [] == told.asked


@pytest.mark.parametrize(
    ("page", "status", "found"),
    [
        (1, 402, Unconfirmable),
        (1, 403, None),
        (1, 404, None),
        (1, 405, None),
        (1, 406, Unconfirmable),
        (1, 500, GatewayUnavailable),
        (2, 403, GatewayUnavailable),
        (2, 404, ()),
        (2, 405, Unconfirmable),
    ],
)
async def test_an_account_without_the_list_is_told_from_a_list_that_fails(
    told: Told, page: int, status: int, found: Any
) -> None:
    told.at(f"{CREATE}?page_size=20&page={page}", problem(status))
    if isinstance(found, type):
        with pytest.raises(found):
            await told.paypal.list_subscriptions(page)
    else:
        assert found == await told.paypal.list_subscriptions(page)
    shown = {"subscriptions": [{"id": "I-1"}, {"id": "../x"}, {"id": "I-2"}]}
    told.at(f"{CREATE}?page_size=20&page={page}", response(200, shown))

    assert ["I-1", "I-2"] == await told.paypal.list_subscriptions(page)


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        (HttpNotSent("no connection"), NotSent),
        (HttpUnanswered("timeout"), Unanswered),
        (problem(401), NotSent),
        (problem(429), NotSent),
        (problem(400, "RATE_LIMIT_REACHED"), NotSent),
        (problem(409), Unanswered),
        (problem(500), Unanswered),
        (response(404, "<html>"), Unanswered),
        (problem(405), Refused),
        (response(200, {}), Unanswered),
        (response(200, {**opened(), "id": None}), Unanswered),
        (response(200, opened(approve=None)), Unanswered),
        (response(200, opened(approve="https://evil.example/")), Refused),
    ],
)
async def test_a_subscription_is_opened_only_by_an_answer_that_says_so(
    told: Told, answer: Any, means: type
) -> None:
    told.at(CREATE, answer)

    assert means is type(await told.paypal.create_subscription(REQUEST))
    told.at(CREATE, response(201, opened()))

    assert Subscribed(SUBSCRIPTION_ID, APPROVE) == await told.paypal.create_subscription(REQUEST)
    told.at(CREATE, problem(404))

    assert Invalid("plan", "PayPal knows no such plan") == (
        await told.paypal.create_subscription(REQUEST)
    )


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        (HttpNotSent("no connection"), NotSent("no connection")),
        (HttpUnanswered("timeout"), Unanswered("timeout")),
        (response(200, linked(APPROVE)), Revised(APPROVE)),
        (problem(403), NotSent("PayPal, revise subscription: 403 X_NAME")),
        (problem(500), Unanswered("PayPal, revise subscription: 500 X_NAME")),
    ],
)
async def test_another_plan_is_asked_for_only_by_an_answer_that_says_so(
    told: Told, answer: Any, means: object
) -> None:
    told.at(f"{WHERE}/revise", answer)

    assert means == await told.paypal.revise_subscription(SUBSCRIPTION_ID, PLAN_ID, *URLS)
    told.at(f"{WHERE}/revise", response(200, {}))

    assert isinstance(
        await told.paypal.revise_subscription(SUBSCRIPTION_ID, PLAN_ID, *URLS), Unanswered
    )
    told.at(f"{WHERE}/revise", response(200, linked("https://evil.example/")))

    assert isinstance(
        await told.paypal.revise_subscription(SUBSCRIPTION_ID, PLAN_ID, *URLS), Refused
    )


@pytest.mark.parametrize(
    ("shown", "known"),
    [
        (response(200, {}), True),
        (problem(404), False),
        (problem(400), False),
        (problem(500), False),
    ],
)
async def test_a_404_is_the_plans_only_if_the_subscription_is_shown(
    told: Told, shown: Any, known: bool
) -> None:
    told.at(f"{WHERE}/revise", problem(404))
    told.at(WHERE, shown)
    answer = await told.paypal.revise_subscription(SUBSCRIPTION_ID, PLAN_ID, *URLS)

    assert answer == (
        Invalid("plan", "PayPal knows no such plan")
        if known
        else Refused("PayPal knows no such subscription")
    )
