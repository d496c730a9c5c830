"""Renewals at the simulated PayPal: when they are billed, and what they take."""

from __future__ import annotations

from tests.plugins.paypal.simulator_billing.amounts import usd
from tests.plugins.paypal.simulator_billing.shop import (
    MONTHLY,
    SALE,
    TRIAL,
    YEARLY,
    Shop,
    ahead,
    cycle,
    day,
)


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
