"""What billing announces is PayPal's event: signed, listed, and true while it is delivered."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from penstock_paypal.simulator.billing.pricing import in_billing, in_sale, number
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.simulator_billing.shop import MONTHLY, SUBSCRIPTIONS, Shop, day


async def test_events_are_signed_and_readable(stage: Stage) -> None:
    url = {"url": stage.target}
    async with stage.control.put("/_simulator/registration", json=url) as answer:
        assert 200 == answer.status
    body = {"plan_id": MONTHLY, "custom_id": "c-1"}
    async with stage.control.post(
        SUBSCRIPTIONS, json=body, headers=await stage.bearer()
    ) as answer:
        identity = (await answer.json())["id"]
    await stage.control.post(f"/_simulator/subscriptions/{identity}/approve", json={})
    verdicts = [await stage.paypal.authenticate(one, one.received_at) for one in stage.received]

    assert ["Authentic"] * 3 == [type(one).__name__ for one in verdicts]
    assert "PAYMENT.SALE.COMPLETED" == stage.paypal.read(stage.received[-1]).type


async def test_events_are_in_paypals_list(shop: Shop) -> None:
    await shop.subscribed(MONTHLY)
    _, listed = await shop.call("GET", "/v1/notifications/webhooks-events")

    assert {one["id"] for one in shop.events} == {one["id"] for one in listed["events"]}


async def test_a_receiver_that_asks_sees_the_moment_of_the_event(shop: Shop) -> None:
    """
    Three renewals are played by one move of the clock; each is read as it was.
    """
    identity = await shop.subscribed(MONTHLY)
    seen: list[Any] = []

    async def take(_: web.Request) -> web.Response:
        await shop.sign_in()
        seen.append((await shop.show(identity))["billing_info"]["next_billing_time"][:10])
        return web.Response(status=202)

    door = web.Application()
    door.router.add_post("/", take)
    async with TestServer(door) as server:
        await shop.control("registration", {"url": str(server.make_url("/"))}, "PUT")
        await shop.at(day("2026-04-30"))

    assert ["2026-03-31", "2026-04-30", "2026-05-31"] == seen


async def test_a_receiver_may_cancel_while_it_is_told(shop: Shop) -> None:
    identity = await shop.subscribed(MONTHLY)
    types: list[str] = []

    async def take(request: web.Request) -> web.Response:
        types.append((await request.json())["event_type"])
        if len(types) == 1:
            await shop.sign_in()
            assert 204 == await shop.step(identity, "cancel")
        return web.Response(status=202)

    door = web.Application()
    door.router.add_post("/", take)
    async with TestServer(door) as server:
        await shop.control("registration", {"url": str(server.make_url("/"))}, "PUT")
        await shop.at(day("2026-06-30"))

    assert ["PAYMENT.SALE.COMPLETED", "BILLING.SUBSCRIPTION.CANCELLED"] == types


async def test_a_lost_webhook_leaves_the_state_right(shop: Shop) -> None:
    identity = await shop.subscribed(MONTHLY)
    shop.told_of()
    await shop.control("registration", {"url": "http://127.0.0.1:9/"}, "PUT")

    assert 204 == await shop.step(identity, "cancel")
    assert ("CANCELLED", []) == ((await shop.show(identity))["status"], shop.told_of())


def test_amounts_are_written_as_paypal_writes_them() -> None:
    """
    "5.0" in a subscription, "5.00" in a sale, and no decimals where PayPal takes none.
    """
    five = number("5.00")

    assert {"currency_code": "USD", "value": "5.0"} == in_billing(five, "USD")
    assert {"currency_code": "TWD", "value": "5"} == in_billing(five, "TWD")
    assert ("5.00", "5") == (in_sale(five, "USD")["total"], in_sale(five, "TWD")["total"])
    assert {"currency_code": "USD", "value": "12.5"} == in_billing(number("12.50"), "USD")
