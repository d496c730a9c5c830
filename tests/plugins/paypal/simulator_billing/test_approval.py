"""The page on which a buyer approves, and what follows from each choice on it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.plugins.paypal.reference import FOLDER, needs_reference
from tests.plugins.paypal.simulator_billing.shop import CONTEXT, MONTHLY, SALE, TRIAL, Shop, cycle

PAGE = "/webapps/billing/subscriptions"


def token(made: dict[str, Any]) -> str:
    (link,) = (one["href"] for one in made["links"] if one["rel"] == "approve")
    return parse_qs(urlsplit(link).query)["ba_token"][0]


async def page(shop: Shop, ba_token: str) -> tuple[int, str]:
    async with shop.client.get(PAGE, params={"ba_token": ba_token}) as answer:
        return answer.status, await answer.text()


async def choose(shop: Shop, ba_token: str, **form: str) -> str:
    """Press a button; where the buyer is sent."""
    async with shop.client.post(
        PAGE, data={"ba_token": ba_token, **form}, allow_redirects=False
    ) as answer:
        assert 303 == answer.status
        return answer.headers["Location"]


async def test_the_page_says_what_is_bought_for_how_much(shop: Shop) -> None:
    _, text = await page(shop, token(await shop.create(TRIAL)))

    for said in (
        "Ada &amp; Söhne",
        "the first week free",
        "Free trial: 7 days",
        "12.50 USD every month",
    ):
        assert said in text


async def test_the_page_loads_nothing_and_runs_nothing(shop: Shop) -> None:
    _, text = await page(shop, token(await shop.create()))

    assert not re.search(r"<script|<link|<img|src=|url\(|https?:|@import", text)


async def test_nobody_writes_into_the_page(shop: Shop) -> None:
    evil = {**CONTEXT, "brand_name": "<script>alert(1)</script>"}
    _, text = await page(shop, token(await shop.create(application_context=evil)))

    assert "<script>" not in text


async def test_subscribing_activates_takes_the_payment_and_returns(shop: Shop) -> None:
    made = await shop.create()
    ba_token = token(made)
    target = urlsplit(await choose(shop, ba_token, action="subscribe", how="pay"))

    assert ("shop.example", "/return") == (target.netloc, target.path)
    assert {
        "order": ["7"],
        "subscription_id": [made["id"]],
        "ba_token": [ba_token],
        "token": [ba_token.removeprefix("BA-")],
    } == parse_qs(target.query)
    assert "ACTIVE" == (await shop.show(made["id"]))["status"]
    assert ["CREATED", "ACTIVATED", SALE] == shop.told_of()


async def test_a_second_click_pays_once(shop: Shop) -> None:
    ba_token = token(await shop.create())
    targets = {await choose(shop, ba_token, action="subscribe") for _ in range(2)}
    status, text = await page(shop, ba_token)

    assert (1, ["CREATED", "ACTIVATED", SALE]) == (len(targets), shop.told_of())
    assert (200, True) == (status, "You have already decided" in text)


async def test_cancelling_returns_and_leaves_it_open(shop: Shop) -> None:
    made = await shop.create()
    target = await choose(shop, token(made), action="cancel")

    assert target.startswith(CONTEXT["cancel_url"])
    assert ("APPROVAL_PENDING", ["CREATED"]) == (
        (await shop.show(made["id"]))["status"],
        shop.told_of(),
    )


@pytest.mark.parametrize("ba_token", ["", "BA-NONE"])
async def test_an_unknown_link_is_not_found(shop: Shop, ba_token: str) -> None:
    assert 404 == (await page(shop, ba_token))[0]


async def test_without_addresses_the_buyer_may_close_the_window(shop: Shop) -> None:
    made = await shop.create(application_context=None)
    async with shop.client.post(PAGE, data={"ba_token": token(made), "action": "subscribe"}) as it:
        assert "You may close this window" in await it.text()


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("pay", ["ACTIVATED", SALE]),
        ("pending", ["ACTIVATED", "PAYMENT.SALE.PENDING"]),
        ("denied", ["ACTIVATED", "PAYMENT.SALE.PENDING"]),
        ("hold", ["ACTIVATED", "PAYMENT.SALE.PENDING"]),
        ("fail", ["ACTIVATED", "PAYMENT.FAILED"]),
        ("nonsense", ["ACTIVATED", SALE]),
    ],
)
async def test_the_buyer_chooses_how_it_goes(shop: Shop, how: str, told: list[str]) -> None:
    ba_token = token(await shop.create())
    _, text = await page(shop, ba_token)
    await choose(shop, ba_token, action="subscribe", how=how)

    assert how == "nonsense" or f'value="{how}"' in text
    assert told == shop.told_of()[1:]


async def test_a_late_webhook_comes_after_the_buyer_returned(shop: Shop) -> None:
    made = await shop.create()
    await choose(shop, token(made), action="subscribe", how="late")

    assert ("ACTIVE", ["CREATED"]) == ((await shop.show(made["id"]))["status"], shop.told_of())
    assert {"released": 1} == await shop.control("subscriptions/late")
    assert ["ACTIVATED", SALE] == shop.told_of()


async def test_a_decline_during_a_free_trial_is_of_the_first_payment(shop: Shop) -> None:
    identity = await shop.subscribed(TRIAL, "fail")

    assert ["CREATED", "ACTIVATED"] == shop.told_of()
    await shop.control("clock", {"ahead_seconds": 8 * 86_400}, "PUT")

    assert ["PAYMENT.FAILED"] == shop.told_of()
    assert "ACTIVE" == (await shop.show(identity))["status"]


async def test_a_revision_is_agreed_to_on_a_page_of_its_own(shop: Shop) -> None:
    identity = await shop.subscribed(MONTHLY)
    dear = await shop.plan(cycle("MONTH", "99.00"))
    _, answer = await shop.call(
        "POST", f"/v1/billing/subscriptions/{identity}/revise", {"plan_id": dear}
    )
    _, text = await page(shop, token(answer))

    assert "Agree to the change" in text
    assert "99.00 USD every month" in text
    assert "How should it go?" not in text


class TestShapes:
    """Events have every field of PayPal's real ones that the simulator knows the meaning of."""

    @needs_reference
    @pytest.mark.parametrize(
        ("event_type", "real"),
        [
            ("BILLING.SUBSCRIPTION.CREATED", "real-sandbox2022__billing.subscription.created"),
            ("BILLING.SUBSCRIPTION.ACTIVATED", "real-sandbox2022__billing.subscription.activated"),
            ("BILLING.SUBSCRIPTION.CANCELLED", "real-sandbox2022__billing.subscription.cancelled"),
            (SALE, "real-sandbox2022__payment.sale.completed--subscription-with-custom"),
        ],
    )
    async def test_an_event_has_the_fields_of_a_real_one(
        self, shop: Shop, event_type: str, real: str
    ) -> None:
        identity = await shop.subscribed(application_context=CONTEXT)
        await shop.step(identity, "cancel")
        (event,) = (one for one in shop.events if one["event_type"] == event_type)
        unknown = {"resource.subscriber.shipping_address", "resource.shipping_amount"}

        assert (
            set()
            == _fields(json.loads((FOLDER / "samples" / f"{real}.json").read_text("utf-8")))
            - _fields(event)
            - unknown
        )


def _fields(event: dict[str, Any]) -> set[str]:
    """The names two levels deep, and those of the billing information."""
    resource = event["resource"]
    found = {*event, *(f"resource.{name}" for name in resource)}
    for part in ("billing_info", "subscriber", "amount"):
        found |= {f"resource.{part}.{name}" for name in resource.get(part, {})}
    return found
