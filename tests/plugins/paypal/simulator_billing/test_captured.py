"""Money of a subscription: balances captured, payments listed, setup fees."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.paypal.simulator_billing.shop import SALE, SUBSCRIPTIONS, Shop, cycle, day

CAPTURE = {
    "note": "Balance",
    "capture_type": "OUTSTANDING_BALANCE",
    "amount": {"currency_code": "USD", "value": "12.50"},
}


async def owing(shop: Shop) -> str:
    """The path of a subscription that owes the price of one cycle."""
    identity = await shop.subscribed()
    await shop.pays(identity, "fail", 3)
    await shop.at(day("2026-03-10"))
    shop.events.clear()
    return f"{SUBSCRIPTIONS}/{identity}"


class TestMoney:
    async def test_a_captured_balance_is_a_sale_and_is_gone(self, shop: Shop) -> None:
        path = await owing(shop)
        status, transaction = await shop.call("POST", f"{path}/capture", CAPTURE)
        _, shown = await shop.call("GET", path)

        assert (200, "COMPLETED") == (status, transaction["status"])
        assert "0.0" == shown["billing_info"]["outstanding_balance"]["value"]
        assert [transaction["id"]] == [one["resource"]["id"] for one in shop.events]

    async def test_a_capture_is_not_repeated_under_its_request_id(self, shop: Shop) -> None:
        path = await owing(shop)
        part = {**CAPTURE, "amount": {"currency_code": "USD", "value": "2.50"}}
        _, first = await shop.call("POST", f"{path}/capture", part, PayPal_Request_Id="r-1")
        _, again = await shop.call("POST", f"{path}/capture", part, PayPal_Request_Id="r-1")
        _, shown = await shop.call("GET", path)

        assert first == again
        assert "10.0" == shown["billing_info"]["outstanding_balance"]["value"]

    @pytest.mark.parametrize(("how", "answer"), [("pending", 202), ("fail", 200)])
    async def test_a_capture_may_be_pending_or_fail(
        self, shop: Shop, how: str, answer: int
    ) -> None:
        path = await owing(shop)
        await shop.pays(path.rpartition("/")[2], how)
        status, transaction = await shop.call("POST", f"{path}/capture", CAPTURE)

        assert (answer, {"pending": "PENDING", "fail": "DECLINED"}[how]) == (
            status,
            transaction["status"],
        )

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"note": None}, (400, "MISSING_REQUIRED_PARAMETER", "/note")),
            ({"capture_type": "ALL"}, (400, "INVALID_PARAMETER_VALUE", "/capture_type")),
            ({"amount": None}, (400, "MISSING_REQUIRED_PARAMETER", "/amount")),
            (
                {"amount": {"currency_code": "USD", "value": "12.51"}},
                (422, "AMOUNT_GREATER_THAN_OUTSTANDING_BALANCE", "/amount/value"),
            ),
            (
                {"amount": {"currency_code": "EUR", "value": "1.00"}},
                (422, "CURRENCY_MISMATCH", "/amount/currency_code"),
            ),
        ],
    )
    async def test_captures_that_paypal_refuses_are_refused(
        self, shop: Shop, change: dict[str, Any], problem: tuple[Any, ...]
    ) -> None:
        path = await owing(shop)

        assert problem == await shop.refusal("POST", f"{path}/capture", {**CAPTURE, **change})

    async def test_nothing_outstanding_is_not_captured(self, shop: Shop) -> None:
        path = f"{SUBSCRIPTIONS}/{await shop.subscribed()}"

        assert (422, "ZERO_OUTSTANDING_BALANCE", None) == await shop.refusal(
            "POST", f"{path}/capture", CAPTURE
        )

    async def test_transactions_are_the_payments_of_the_period(self, shop: Shop) -> None:
        path = await owing(shop)
        query = "start_time=2026-01-31T00:00:00Z&end_time=2026-03-09T00:00:00Z"
        _, listed = await shop.call("GET", f"{path}/transactions?{query}")

        assert [
            ("COMPLETED", "2026-01-31T12:00:00Z"),
            ("DECLINED", "2026-02-28T10:00:00Z"),
            ("DECLINED", "2026-03-05T10:00:00Z"),
        ] == [(one["status"], one["time"]) for one in listed["transactions"]]
        assert "11.76" == listed["transactions"][0]["amount_with_breakdown"]["net_amount"]["value"]

    @pytest.mark.parametrize(
        ("query", "problem"),
        [
            ("", (400, "MISSING_REQUIRED_PARAMETER", "/start_time")),
            ("start_time=2026-01-31T00:00:00Z", (400, "MISSING_REQUIRED_PARAMETER", "/end_time")),
            ("start_time=yesterday&end_time=x", (400, "INVALID_PARAMETER_SYNTAX", "/start_time")),
            (
                "start_time=2026-01-31T00:00:00Z&end_time=2026-01-30T00:00:00Z",
                (400, "INVALID_PARAMETER_VALUE", "/end_time"),
            ),
        ],
    )
    async def test_a_period_has_two_ends(
        self, shop: Shop, query: str, problem: tuple[Any, ...]
    ) -> None:
        path = f"{SUBSCRIPTIONS}/{await shop.subscribed()}/transactions?{query}"

        assert problem == await shop.refusal("GET", path)

    async def test_a_setup_fee_is_a_payment_of_its_own(self, shop: Shop) -> None:
        fee = {"currency_code": "USD", "value": "20.00"}
        plan = await shop.plan(cycle("MONTH", "9.00"), setup_fee=fee)
        await shop.subscribed(plan)

        assert ["20.00", "9.00"] == [
            one["resource"]["amount"]["total"] for one in shop.events if one["event_type"] == SALE
        ]

    @pytest.mark.parametrize(
        ("action", "told"),
        [("CANCEL", ["CANCELLED"]), ("CONTINUE", ["ACTIVATED", SALE])],
    )
    async def test_a_setup_fee_that_fails_does_as_the_plan_says(
        self, shop: Shop, action: str, told: list[str]
    ) -> None:
        fee = {"currency_code": "USD", "value": "20.00"}
        preferences = {"setup_fee": fee, "setup_fee_failure_action": action}
        plan = await shop.plan(cycle("MONTH", "9.00"), **preferences)
        await shop.subscribed(plan, "fail")

        assert told == shop.told_of()[2:]
