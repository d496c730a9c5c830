"""Plans: all pages, with prices, whatever PayPal leaves out of a list."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import (
    BillingCycle,
    GatewayUnavailable,
    Interval,
    IntervalUnit,
    Money,
    PlanOffer,
    PlanStatus,
)
from penstock.testing.http import response
from tests.plugins.paypal.subscribing import PLAN_ID, Scripted, answered, cycle, plan
from tests.plugins.paypal.told import Told, problem

MONTH = Interval(IntervalUnit.month)


def _where(page: int) -> str:
    return f"/v1/billing/plans?page_size=20&page={page}"


def _page(*plans: dict[str, Any], more: bool = False) -> Any:
    links = [{"rel": "next", "href": "https://elsewhere.test/"}] if more else []
    return response(200, {"plans": plans, "links": links})


def _numbered(first: int, count: int) -> list[dict[str, Any]]:
    return [plan(identity=f"P-{number:05}") for number in range(first, first + count)]


async def test_a_plan_has_its_prices_intervals_and_status(told: Told) -> None:
    shown = plan(
        cycle("1.00", trial=True, unit="WEEK", count=2, total=3),
        cycle("12.50"),
        description="All of it",
        payment_preferences={"setup_fee": {"value": "5", "currency_code": "USD"}},
    )
    told.at(_where(1), _page(shown))

    assert [
        PlanOffer(
            id=PLAN_ID,
            name="Gold",
            status=PlanStatus.active,
            cycles=(
                BillingCycle(Interval(IntervalUnit.week, 2), Money(100, "USD"), True, 3),
                BillingCycle(MONTH, Money(1250, "USD")),
            ),
            description="All of it",
            setup_fee=Money(500, "USD"),
        )
    ] == await told.paypal.plans()


async def test_the_whole_representation_is_asked_for() -> None:
    scripted = Scripted(_page(plan()))
    await scripted.paypal.plans()

    assert ["return=representation"] == [one.headers["Prefer"] for one in scripted.sent]


async def test_every_page_is_read_without_totals(told: Told) -> None:
    """
    A full page is followed by another one, and so is a short one that links to a next page.
    """
    told.at(_where(1), _page(*_numbered(0, 20)))
    told.at(_where(2), _page(*_numbered(20, 3), more=True))
    told.at(_where(3), _page(*_numbered(23, 2)))
    found = await told.paypal.plans()

    assert [f"P-{number:05}" for number in range(25)] == [one.id for one in found]
    assert [("GET", _where(page)) for page in (1, 2, 3)] == told.asked


@pytest.mark.parametrize("end", [_page(), _page(*_numbered(0, 20), more=True), problem(404)])
async def test_the_end_is_a_page_without_a_new_plan(told: Told, end: Any) -> None:
    """
    Also of a list that ignores the number of the page and would go on for ever.
    """
    told.at(_where(1), _page(*_numbered(0, 20), more=True))
    told.at(_where(2), end)

    assert 20 == len(await told.paypal.plans())


async def test_a_merchant_without_plans_has_none(told: Told) -> None:
    told.at(_where(1), response(200, {}))

    assert [] == await told.paypal.plans()


async def test_a_plan_whose_prices_are_left_out_is_asked_for_by_its_id(told: Told) -> None:
    minimal = {"id": "P-00001", "name": "Silver", "status": "ACTIVE"}
    unpriced = plan(cycle(None), identity="P-00002")
    told.at(_where(1), _page(plan(), minimal, unpriced))
    told.at("/v1/billing/plans/P-00001", response(200, plan(identity="P-00001")))
    told.at("/v1/billing/plans/P-00002", response(200, plan(identity="P-00002")))
    found = await told.paypal.plans()

    assert [PLAN_ID, "P-00001", "P-00002"] == [one.id for one in found]
    assert {Money(1250, "USD")} == {one.cycles[0].price for one in found}
    assert 3 == len(told.asked)


async def test_a_free_trial_needs_no_price(told: Told) -> None:
    told.at(_where(1), _page(plan(cycle("12.50"), cycle(None, trial=True))))
    (found,) = await told.paypal.plans()

    assert (True, False) == tuple(one.free for one in found.cycles)
    assert Money(0, "USD") == found.cycles[0].price


async def test_a_trial_with_an_unknown_price_is_not_free(told: Told) -> None:
    """
    A plan of tiers names no price for the trial that we can read.
    """
    tiered = {**cycle(None, trial=True), "pricing_scheme": {"pricing_model": "TIERED"}}
    told.at(_where(1), _page(plan(tiered, cycle("12.50"))))
    (found,) = await told.paypal.plans()

    assert (None, False) == (found.cycles[0].price, found.cycles[0].free)


@pytest.mark.parametrize(
    "odd",
    [
        plan(identity="P-00001", status="ARCHIVED"),
        plan(cycle(unit="DECADE"), identity="P-00001"),
        plan(cycle(count=0), identity="P-00001"),
    ],
)
async def test_a_plan_that_means_nothing_to_us_hides_no_other(
    told: Told, odd: dict[str, Any]
) -> None:
    told.at(_where(1), _page(odd, plan()))

    assert [PLAN_ID] == [one.id for one in await told.paypal.plans()]
    assert [("warning", "paypal.plan_unreadable", "P-00001")] == [
        (level, event, kept["plan"]) for level, event, kept in told.log.lines
    ]


async def test_a_plan_without_an_id_is_left_out(told: Told) -> None:
    told.at(_where(1), _page({"name": "?"}, plan(identity="../x"), plan()))

    assert [PLAN_ID] == [one.id for one in await told.paypal.plans()]


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
async def test_without_an_answer_there_is_no_list(status: int) -> None:
    """
    A part of the list would look like plans that were withdrawn.
    """
    told = Told()
    told.at(_where(1), _page(*_numbered(0, 20)))
    told.at(_where(2), problem(status))

    with pytest.raises(GatewayUnavailable):
        await told.paypal.plans()


async def test_a_price_that_cannot_be_asked_for_is_no_list_either(told: Told) -> None:
    told.at(_where(1), _page({"id": "P-00001", "name": "Silver", "status": "ACTIVE"}))
    told.at("/v1/billing/plans/P-00001", problem(503))

    with pytest.raises(GatewayUnavailable):
        await told.paypal.plans()


async def test_prices_are_not_asked_for_any_further_once_paypal_wants_us_to_wait(
    told: Told,
) -> None:
    bare = [{"id": f"P-{number:05}", "name": "Bare", "status": "ACTIVE"} for number in range(20)]
    told.at(_where(1), _page(*bare))
    told.at(_where(2), _page())
    for one in bare:
        told.at(f"/v1/billing/plans/{one['id']}", problem(429))

    with pytest.raises(GatewayUnavailable):
        await told.paypal.plans()

    prices = [where for _, where in told.asked if "?" not in where]
    assert len(prices) <= 5


async def test_a_plan_that_is_gone_meanwhile_is_left_out(told: Told) -> None:
    told.at(_where(1), _page({"id": "P-00001", "name": "Silver", "status": "ACTIVE"}, plan()))
    told.at("/v1/billing/plans/P-00001", problem(404))

    assert [PLAN_ID] == [one.id for one in await told.paypal.plans()]


async def test_a_page_that_is_no_json_is_no_answer() -> None:
    with pytest.raises(GatewayUnavailable):
        await Scripted(answered(200, b"<html>")).paypal.plans()
