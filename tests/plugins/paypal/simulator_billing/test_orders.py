"""Orders at the simulated PayPal: made, approved on the page, captured once, expired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.plugins.paypal.simulator_billing.shop import START, Shop

ORDERS = "/v2/checkout/orders"
CONTEXT = {"return_url": "https://shop.example/back?o=7", "cancel_url": "https://shop.example/no"}
FULL = {"Prefer": "return=representation"}


def order(value: str = "12.50", currency: str = "USD", **more: Any) -> dict[str, Any]:
    unit = {"custom_id": "pay-1", "amount": {"currency_code": currency, "value": value}}
    source = {"paypal": {"experience_context": CONTEXT}}
    return {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": source, **more}


async def made(shop: Shop, key: str = "o-1", **more: Any) -> dict[str, Any]:
    status, answer = await shop.call("POST", ORDERS, order(**more), PayPal_Request_Id=key, **FULL)
    assert status in (200, 201), answer
    return answer


async def later(shop: Shop, span: timedelta) -> None:
    """Let time pass; the token expires with it."""
    await shop.at(START + span)
    await shop.sign_in()


async def approve(shop: Shop, identity: str, how: str = "pay") -> str:
    form = {"token": identity, "action": "subscribe", "how": how}
    async with shop.client.post("/checkoutnow", data=form, allow_redirects=False) as answer:
        assert 303 == answer.status
        return answer.headers["Location"]


async def capture(shop: Shop, identity: str, key: str = "c-1") -> tuple[int, Any]:
    where = f"{ORDERS}/{identity}/capture"
    return await shop.call("POST", where, {}, PayPal_Request_Id=key, **FULL)


async def test_an_order_waits_for_its_buyer_and_is_captured_once(shop: Shop):
    opened = await made(shop)
    links = {one["rel"]: one["href"] for one in opened["links"]}
    assert "PAYER_ACTION_REQUIRED" == opened["status"]
    assert links["payer-action"].endswith(f"/checkoutnow?token={opened['id']}")

    refused = await capture(shop, opened["id"])
    back = await approve(shop, opened["id"])
    status, taken = await capture(shop, opened["id"])
    again = await capture(shop, opened["id"])
    anew = await capture(shop, opened["id"], "c-2")

    assert 422 == refused[0]
    assert back.startswith(f"https://shop.example/back?o=7&token={opened['id']}&PayerID=")
    (paid,) = taken["purchase_units"][0]["payments"]["captures"]
    assert (201, "COMPLETED", "COMPLETED", "pay-1") == (
        status,
        taken["status"],
        paid["status"],
        paid["custom_id"],
    )
    assert (200, taken) == again
    assert (422, "ORDER_ALREADY_CAPTURED") == (anew[0], anew[1]["details"][0]["issue"])
    assert ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"] == [
        one["event_type"] for one in shop.events
    ]


async def test_a_request_id_is_known_for_six_hours(shop: Shop):
    first, same = await made(shop), await made(shop)
    await later(shop, timedelta(hours=6))

    other = await made(shop)

    assert first["id"] == same["id"] != other["id"]


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        (order(intent="PAY"), "INVALID_PARAMETER_VALUE"),
        (order(purchase_units=[]), "INVALID_ARRAY_MIN_ITEMS"),
        (order(value="12.505"), "DECIMAL_PRECISION"),
        (order(value="100.00", currency="TWD"), "DECIMAL_PRECISION"),
        (order(value="0.00"), "CANNOT_BE_ZERO_OR_NEGATIVE"),
        (order(currency="KWD"), "INVALID_CURRENCY_CODE"),
        (order(intent="AUTHORIZE"), "UNSUPPORTED_INTENT"),
    ],
)
async def test_what_paypal_does_not_take_is_refused(shop: Shop, body: dict[str, Any], issue: str):
    _, found, _ = await shop.refusal("POST", ORDERS, body, PayPal_Request_Id="o-1")

    assert issue == found


async def test_an_order_that_is_not_approved_is_gone_after_three_hours(shop: Shop):
    opened = await made(shop)
    await later(shop, timedelta(hours=3))

    for method, path in (("GET", ""), ("POST", "/capture")):
        body = {} if method == "POST" else None
        status, _ = await shop.call(method, f"{ORDERS}/{opened['id']}{path}", body)
        assert 404 == status


async def test_a_declined_card_leaves_the_order_to_be_approved_again(shop: Shop):
    opened = await made(shop)
    await approve(shop, opened["id"], "declined")
    status, told = await capture(shop, opened["id"])

    await approve(shop, opened["id"], "pay")
    again, _ = await capture(shop, opened["id"], "c-2")

    assert (422, "INSTRUMENT_DECLINED", 201) == (status, told["details"][0]["issue"], again)


@pytest.mark.parametrize(
    ("how", "ends"),
    [("pending", "PAYMENT.CAPTURE.COMPLETED"), ("denied", "PAYMENT.CAPTURE.DENIED")],
)
async def test_a_pending_capture_is_settled_after_six_days(shop: Shop, how: str, ends: str):
    opened = await made(shop)
    await approve(shop, opened["id"], how)
    await capture(shop, opened["id"])
    assert "PAYMENT.CAPTURE.PENDING" == shop.events[-1]["event_type"]

    await later(shop, timedelta(days=6))

    assert ends == shop.events[-1]["event_type"]


async def test_a_buyer_who_cancels_is_sent_back_and_may_still_approve(shop: Shop):
    opened = await made(shop)
    form = {"token": opened["id"], "action": "cancel"}
    async with shop.client.post("/checkoutnow", data=form, allow_redirects=False) as answer:
        away = answer.headers["Location"]

    await approve(shop, opened["id"])

    assert away.startswith("https://shop.example/no?token=")
    async with shop.client.get(f"/checkoutnow?token={opened['id']}") as answer:
        assert "You have already decided" in await answer.text()
