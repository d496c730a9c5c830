"""Payments at the simulated PayPal that fail or stay pending."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from penstock_paypal.simulator.stand import PayPalStand
from tests.plugins.paypal.simulator_billing.amounts import usd
from tests.plugins.paypal.simulator_billing.shop import (
    MONTHLY,
    SALE,
    SUBSCRIPTIONS,
    Shop,
    ahead,
    cycle,
    day,
)


class TestFailures:
    async def test_a_failed_payment_is_retried_after_five_days(self, shop: Shop) -> None:
        identity = await shop.subscribed(MONTHLY)
        shop.told_of()
        await shop.pays(identity, "fail")
        await shop.at(day("2026-02-28"))
        (event,) = shop.events
        info = (await shop.show(identity))["billing_info"]

        assert {
            "amount": usd("12.5"),
            "time": "2026-02-28T10:00:00Z",
            "reason_code": "PAYMENT_DENIED",
            "next_payment_retry_time": "2026-03-05T10:00:00Z",
        } == event["resource"]["billing_info"]["last_failed_payment"]
        assert (usd("0.0"), 0) == (info["outstanding_balance"], info["failed_payments_count"])
        shop.told_of()
        await shop.at(day("2026-03-05"))

        assert [SALE] == shop.told_of()
        assert "2026-03-31T10:00:00Z" == info["next_billing_time"]

    async def test_a_payment_that_is_taken_at_a_retry_is_for_the_cycle_it_was_due_in(
        self, shop: Shop
    ) -> None:
        identity = await shop.subscribed(MONTHLY)
        await shop.pays(identity, "fail")
        await shop.at(day("2026-03-05"))
        in_time, late = PayPalStand(shop.simulator, ()).books()

        assert (None, datetime(2026, 2, 28, 10, tzinfo=UTC)) == (in_time.since, late.since)

    async def test_two_retries_later_the_cycle_has_failed(self, shop: Shop) -> None:
        identity = await shop.subscribed(MONTHLY)
        shop.told_of()
        await shop.pays(identity, "fail", 3)
        await shop.at(day("2026-03-10"))
        info = (await shop.show(identity))["billing_info"]

        assert ["PAYMENT.FAILED"] * 3 == shop.told_of()
        assert (usd("12.5"), 1) == (info["outstanding_balance"], info["failed_payments_count"])
        assert "next_payment_retry_time" not in info["last_failed_payment"]
        assert "ACTIVE" == (await shop.show(identity))["status"]

    async def test_the_next_bill_takes_the_outstanding_balance_too(self, shop: Shop) -> None:
        identity = await shop.subscribed(MONTHLY)
        await shop.pays(identity, "fail", 3)
        await shop.at(day("2026-03-31"))
        info = (await shop.show(identity))["billing_info"]

        assert "25.00" == shop.events[-1]["resource"]["amount"]["total"]
        assert (usd("0.0"), 0) == (info["outstanding_balance"], info["failed_payments_count"])

    async def test_without_automatic_billing_the_balance_stays(self, shop: Shop) -> None:
        plan = await shop.plan(cycle("MONTH", "9.00"), auto_bill_outstanding=False)
        identity = await shop.subscribed(plan)
        await shop.pays(identity, "fail", 3)
        await shop.at(day("2026-03-31"))

        assert "9.00" == shop.events[-1]["resource"]["amount"]["total"]
        assert usd("9.0") == (await shop.show(identity))["billing_info"]["outstanding_balance"]

    async def test_failures_at_the_threshold_suspend(self, shop: Shop) -> None:
        identity = await shop.subscribed(MONTHLY)
        shop.told_of()
        await shop.pays(identity, "fail", 6)
        await shop.at(day("2026-06-30"))
        shown = await shop.show(identity)

        assert [*["PAYMENT.FAILED"] * 6, "SUSPENDED"] == shop.told_of()
        assert ("SUSPENDED", 2) == (
            shown["status"],
            shown["billing_info"]["failed_payments_count"],
        )
        assert usd("25.0") == shown["billing_info"]["outstanding_balance"]
        assert 422 == await shop.step(identity, "activate")

    async def test_a_threshold_of_zero_never_suspends(self, shop: Shop) -> None:
        """
        Three yearly renewals failed and the status stayed ACTIVE (cboard-api 485).
        """
        identity = await shop.subscribed(await shop.plan(cycle("YEAR", "60.00")))
        await shop.pays(identity, "fail", 9)
        await shop.at(day("2029-03-01"))
        shown = await shop.show(identity)

        assert ("ACTIVE", 3) == (shown["status"], shown["billing_info"]["failed_payments_count"])
        assert usd("180.0") == shown["billing_info"]["outstanding_balance"]

    async def test_a_daily_cycle_is_not_retried_past_its_end(self, shop: Shop) -> None:
        identity = await shop.subscribed(await shop.plan(cycle("DAY", "1.00")))
        shop.told_of()
        await shop.pays(identity, "fail")
        await shop.at(day("2026-02-02"))

        assert ["PAYMENT.FAILED", SALE] == shop.told_of()

    async def test_a_captured_balance_may_be_activated_again(self, shop: Shop) -> None:
        plan = await shop.plan(cycle("MONTH", "9.00"), payment_failure_threshold=1)
        identity = await shop.subscribed(plan)
        await shop.pays(identity, "fail", 3)
        await shop.at(day("2026-04-15"))
        shop.told_of()
        path = f"{SUBSCRIPTIONS}/{identity}"
        capture = {
            "note": "Mended",
            "capture_type": "OUTSTANDING_BALANCE",
            "amount": {"currency_code": "USD", "value": "9.00"},
        }

        assert (422, "SUBSCRIPTION_CANNOT_BE_ACTIVATED", None) == await shop.refusal(
            "POST", f"{path}/activate", {"reason": "x"}
        )
        status, transaction = await shop.call("POST", f"{path}/capture", capture)

        assert (200, "COMPLETED") == (status, transaction["status"])
        assert 204 == await shop.step(identity, "activate")
        assert [SALE, "ACTIVATED"] == shop.told_of()
        assert (
            "2026-04-30T10:00:00Z"
            == (await shop.show(identity))["billing_info"]["next_billing_time"]
        )


class TestPending:
    @pytest.mark.parametrize(
        ("how", "days", "states"),
        [
            ("pending", 6, [("PENDING", "pending"), ("COMPLETED", "completed")]),
            ("denied", 6, [("PENDING", "pending"), ("DENIED", "denied")]),
            ("hold", 21, [("PENDING", "completed"), ("COMPLETED", "completed")]),
        ],
    )
    async def test_what_is_open_is_settled_later(
        self, shop: Shop, how: str, days: int, states: list[Any]
    ) -> None:
        await shop.subscribed(MONTHLY, how)
        await shop.at(ahead(days=days))
        told = [one for one in shop.events if one["event_type"].startswith("PAYMENT.SALE.")]

        assert states == [
            (one["event_type"].rpartition(".")[2], one["resource"]["state"]) for one in told
        ]
        assert 1 == len({one["resource"]["id"] for one in told})

    async def test_a_held_payment_says_so_and_is_released(self, shop: Shop) -> None:
        await shop.subscribed(MONTHLY, "hold")
        await shop.at(ahead(days=21))
        told = [one for one in shop.events if one["event_type"].startswith("PAYMENT.SALE.")]

        assert ["HELD", "RELEASED"] == [one["resource"]["payment_hold_status"] for one in told]
