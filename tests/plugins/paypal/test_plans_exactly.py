"""Plans as PayPal lists and shows them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from penstock.api import GatewayUnavailable, Interval, IntervalUnit
from penstock.testing.http import response
from penstock_paypal.subscriptions.plan import UnknownPlan, cycles, interval, offer
from tests.plugins.paypal.subscribing import PLAN_ID, cycle, plan
from tests.plugins.paypal.told import Told, problem


@pytest.mark.parametrize(("count", "lasts"), [(None, 1), (1, 1), (2, 2), (0, None), (-1, None)])
def test_an_interval_is_one_at_least_and_unless_said(count: int | None, lasts: int | None) -> None:
    if lasts is None:
        with pytest.raises(UnknownPlan, match="a billing cycle with an interval below 1"):
            interval("MONTH", count)
    else:
        assert Interval(IntervalUnit.month, lasts) == interval("Month", count)
    for unit in (None, "", "FORTNIGHT"):
        with pytest.raises(UnknownPlan, match="an interval that is not known here"):
            interval(unit, count)


@pytest.mark.parametrize(
    ("total", "trial", "number"),
    [(None, True, 1), (0, True, 1), (2, True, 2), (None, False, 1), (0, False, 0), (2, False, 2)],
)
def test_a_cycle_without_a_number_is_one_and_a_trial_ends(
    total: int | None, trial: bool, number: int
) -> None:
    (one,) = cycles({"billing_cycles": [{**cycle(trial=trial), "total_cycles": total}]})

    assert number == one.cycles


def test_cycles_run_trials_first_then_by_their_place_and_those_without_one_last() -> None:
    prices = [("1.00", 98), ("2.00", None), ("3.00", 100), ("4.00", 99), ("5.00", 1)]
    shown = [{**cycle(value), "sequence": place} for value, place in prices]
    trial = {**cycle("6.00", trial=True), "sequence": 100}
    found = cycles({"billing_cycles": [*shown, trial]})

    assert ["6.00", "5.00", "1.00", "4.00", "3.00"] == [
        one.price.decimal for one in found if one.price and one.price.decimal != "2.00"
    ]


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (plan(identity="../x"), "a plan without an id"),
        (plan(status="ODD"), "a plan in a status that is not known here"),
        (plan(status=None), "a plan in a status that is not known here"),
    ],
)
def test_a_plan_without_an_id_or_a_known_status_is_none(shown: Any, said: str) -> None:
    with pytest.raises(UnknownPlan, match=said):
        offer(shown)
    assert PLAN_ID == offer(plan(name=None)).name


@pytest.mark.parametrize(("value", "fee"), [("0", None), ("0.01", 1), (None, None)])
def test_a_setup_fee_of_nothing_is_none(value: str | None, fee: int | None) -> None:
    shown = plan(payment_preferences={"setup_fee": {"value": value, "currency_code": "USD"}})
    found = offer(shown).setup_fee

    assert fee == (found and found.minor)


def page(number: int) -> str:
    return f"/v1/billing/plans?page_size=20&page={number}"


def plans(first: int, count: int, **more: Any) -> Any:
    shown = [plan(identity=f"P-{number:05}") for number in range(first, first + count)]
    return response(200, {"plans": shown, **more})


@pytest.mark.parametrize(("count", "pages"), [(19, 1), (20, 2)])
async def test_a_page_that_is_not_full_is_the_last_one(told: Told, count: int, pages: int) -> None:
    told.at(page(1), plans(0, count))
    told.at(page(2), plans(0, 0))

    assert count == len(await told.paypal.plans())
    assert pages == len(told.asked)


@pytest.mark.parametrize(("last", "cut"), [(49, 0), (50, 1)])
async def test_fifty_pages_of_plans_are_read_at_most(told: Told, last: int, cut: int) -> None:
    more = {"links": [{"rel": "next"}]}
    for number in range(1, last + 1):
        told.at(page(number), plans(number, 1, **more))
    told.at(page(last + 1), plans(0, 0))

    assert last == len(await told.paypal.plans())
    assert [("paypal.plans_cut", {"pages": 50})] * cut == [
        (event, fields) for _, event, fields in told.log.lines
    ]


async def test_prices_are_asked_for_five_at_a_time_and_not_after_a_failure(told: Told) -> None:
    bare = [{"id": f"P-{number:05}", "status": "ACTIVE"} for number in range(12)]
    told.at(page(1), response(200, {"plans": bare}))
    for one in bare:
        told.at(f"/v1/billing/plans/{one['id']}", response(200, plan(identity=one["id"])))
    asking, most = 0, 0
    plain = told.http.request

    async def counted(method: str, url: str, **more: Any) -> Any:
        nonlocal asking, most
        if "/plans/" in url:
            asking, most = asking + 1, max(most, asking + 1)
            for _ in range(3):
                await asyncio.sleep(0)
            asking -= 1
        return await plain(method, url, **more)

    told.http.request = counted  # type: ignore[method-assign] # the port, counting
    assert 12 == len(await told.paypal.plans())
    assert 5 == most
    told.http.asked.clear()
    told.at(f"/v1/billing/plans/{bare[0]['id']}", problem(500))
    with pytest.raises(GatewayUnavailable):
        await told.paypal.plans()
    assert 5 >= sum("/plans/" in path for _, path in told.asked)
