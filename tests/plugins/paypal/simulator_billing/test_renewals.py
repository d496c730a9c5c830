"""PayPal's clock: trials end, cycles are billed, failures are retried and lead to suspension."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.paypal.simulator_billing.shop import (
    MONTHLY,
    SALE,
    SUBSCRIPTIONS,
    TRIAL,
    YEARLY,
    Shop,
    ahead,
    cycle,
    day,
)


def usd(value: str) -> dict[str, str]:
    return {"currency_code": "USD", "value": value}


async def test_a_month_is_billed_on_its_day_or_the_last_one(shop: Shop) -> None:
    """
    A subscription of 31 January is billed on 28 February and again on 31 March.
    """
    identity = await shop.subscribed(MONTHLY)
    dates = [(await shop.show(identity))["billing_info"]["next_billing_time"]]
    for moment in ("2026-02-28", "2026-03-31"):
        await shop.at(day(moment))
        dates.append((await shop.show(identity))["billing_info"]["next_billing_time"])

    assert ["2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z", "2026-04-30T10:00:00Z"] == dates


async def test_nothing_is_billed_before_its_time(shop: Shop) -> None:
    await shop.subscribed(YEARLY)
    shop.told_of()
    await shop.at(ahead(days=364))

    assert [] == shop.told_of()


async def test_a_renewal_is_a_sale_of_its_own_at_the_time_it_fell_due(shop: Shop) -> None:
    identity = await shop.subscribed(MONTHLY)
    shop.events.clear()
    await shop.at(day("2026-05-01"))
    sales = [one["resource"] for one in shop.events]
    execution = (await shop.show(identity))["billing_info"]["cycle_executions"][0]

    assert ["2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z", "2026-04-30T10:00:00Z"] == [
        one["create_time"] for one in sales
    ]
    assert 3 == len({one["id"] for one in sales})
    assert {(identity, "c-1", "12.50")} == {
        (one["billing_agreement_id"], one["custom"], one["amount"]["total"]) for one in sales
    }
    assert 4 == execution["cycles_completed"]


async def test_a_free_trial_ends_with_the_first_payment(shop: Shop) -> None:
    identity = await shop.subscribed(TRIAL)

    assert ["CREATED", "ACTIVATED"] == shop.told_of()
    info = (await shop.show(identity))["billing_info"]

    assert ("2026-02-07T10:00:00Z", None) == (info["next_billing_time"], info.get("last_payment"))
    await shop.at(day("2026-02-07"))
    info = (await shop.show(identity))["billing_info"]

    assert [SALE] == shop.told_of()
    assert {"amount": usd("12.5"), "time": "2026-02-07T10:00:00Z"} == info["last_payment"]
    assert "2026-03-07T10:00:00Z" == info["next_billing_time"]
    assert [1, 1] == [one["cycles_completed"] for one in info["cycle_executions"]]


async def test_the_event_of_a_free_trial_says_that_the_next_billing_is_now(shop: Shop) -> None:
    """
    PayPal does so (paypal-checkout-components 1336); the API shows the trial's end.
    """
    await shop.subscribed(TRIAL)
    info = shop.events[-1]["resource"]["billing_info"]

    assert "2026-01-31T12:00:00Z" == info["next_billing_time"]
    assert [0, 0] == [one["cycles_completed"] for one in info["cycle_executions"]]


async def test_a_paid_trial_has_a_price_of_its_own(shop: Shop) -> None:
    plan = await shop.plan(cycle("WEEK", "1.00", 2, "TRIAL"), cycle("MONTH", "9.00"))
    await shop.subscribed(plan)
    await shop.at(day("2026-02-14"))
    paid = [one["resource"] for one in shop.events if one["event_type"] == SALE]

    assert [
        ("2026-01-31T12:00:00Z", "1.00"),
        ("2026-02-07T10:00:00Z", "1.00"),
        ("2026-02-14T10:00:00Z", "9.00"),
    ] == [(one["create_time"], one["amount"]["total"]) for one in paid]


async def test_the_last_cycle_expires_at_its_end(shop: Shop) -> None:
    identity = await shop.subscribed(await shop.plan(cycle("MONTH", "9.00", 2)))
    shop.told_of()

    assert (
        "2026-02-28T10:00:00Z" == (await shop.show(identity))["billing_info"]["final_payment_time"]
    )
    await shop.at(day("2026-02-28"))
    info = (await shop.show(identity))["billing_info"]

    assert ([SALE], False) == (shop.told_of(), "next_billing_time" in info)
    await shop.at(day("2026-03-31"))
    shown = await shop.show(identity)

    assert (["EXPIRED"], "EXPIRED") == (shop.told_of(), shown["status"])
    assert 0 == shown["billing_info"]["cycle_executions"][0]["cycles_remaining"]


async def test_a_start_in_the_future_is_billed_then(shop: Shop) -> None:
    identity = await shop.subscribed(MONTHLY, start_time="2026-02-10T00:00:00Z")

    assert ["CREATED", "ACTIVATED"] == shop.told_of()
    assert (
        "2026-02-10T10:00:00Z" == (await shop.show(identity))["billing_info"]["next_billing_time"]
    )
    await shop.at(day("2026-02-10"))

    assert [SALE] == shop.told_of()


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


async def test_time_that_goes_back_bills_nothing_twice(shop: Shop) -> None:
    await shop.subscribed(MONTHLY)
    await shop.at(day("2026-03-01"))
    shop.told_of()
    await shop.at(ahead(days=0))
    await shop.at(day("2026-03-01"))

    assert [] == shop.told_of()


async def test_things_are_played_in_the_order_they_fall_due(shop: Shop) -> None:
    """
    PayPal's clock stands at each of them, so that the API shows that moment.
    """
    first = await shop.subscribed(MONTHLY)
    other = await shop.subscribed(await shop.plan(cycle("WEEK", "1.00", 4)))
    shop.events.clear()
    await shop.at(day("2026-03-01"))
    times = [one["create_time"] for one in shop.events]

    assert sorted(times) == times
    assert ["2026-02-07", "2026-02-14", "2026-02-21", "2026-02-28", "2026-02-28"] == [
        one[:10] for one in times
    ]
    assert {first, other} == {
        one["resource"].get("billing_agreement_id", one["resource"]["id"]) for one in shop.events
    }
    assert "EXPIRED" == (await shop.show(other))["status"]
