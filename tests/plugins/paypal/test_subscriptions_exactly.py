"""Subscriptions at PayPal: each answer just beside the one that decides, decides otherwise."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    CollectRequest,
    Critical,
    Declined,
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    Interval,
    IntervalUnit,
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
from penstock.testing.clock import NOON
from penstock.testing.http import response
from penstock_paypal.subscriptions.approval import ForeignLink, approval_url
from penstock_paypal.subscriptions.plan import UnknownPlan, cycles, interval, offer
from penstock_paypal.subscriptions.shown import owed
from tests.plugins.paypal.subscribing import (
    APPROVE,
    PLAN_ID,
    REQUEST,
    SUBSCRIPTION_ID,
    cycle,
    opened,
    plan,
    price,
    subscription,
)
from tests.plugins.paypal.told import Told, problem

ORIGIN = "https://www.sandbox.paypal.com"
WHERE = f"/v1/billing/subscriptions/{SUBSCRIPTION_ID}"
WHOLE = f"{WHERE}?fields=last_failed_payment,plan"
AGREEMENT = f"/v1/payments/billing-agreements/{SUBSCRIPTION_ID}"
PLAN = f"/v1/billing/plans/{PLAN_ID}"
CREATE = "/v1/billing/subscriptions"
SECOND = timedelta(seconds=1)
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


@pytest.mark.parametrize(("pages", "cut"), [(None, 0), (0, 0), (1, 0), (2, 1), ("3", 1)])
async def test_transactions_that_no_page_shows_are_logged(
    told: Told, pages: object, cut: int
) -> None:
    until = NOON + timedelta(hours=1)
    span = "start_time=2026-11-02T12%3A00%3A00.000Z&end_time=2026-11-02T13%3A00%3A00.000Z"
    shown = [
        {"id": "SALE-1", "status": "COMPLETED", "time": "2026-11-02T12:30:00Z"},
        {"id": "SALE-2", "status": "DECLINED"},
        {"id": "../x", "status": "COMPLETED"},
        {"id": "SALE-3", "status": "PENDING", "time": "2026-11-02T13:00:01Z"},
        {"id": "SALE-4", "status": "REFUNDED"},
    ]
    told.at(
        f"{WHERE}/transactions?{span}",
        response(200, {"transactions": shown, "total_pages": pages}),
    )
    found = await told.paypal.list_payments(SUBSCRIPTION_ID, NOON, until)

    assert [
        ("SALE-1", "PAYMENT.SALE.COMPLETED", NOON + timedelta(minutes=30)),
        ("SALE-3", "PAYMENT.SALE.PENDING", until),
        ("SALE-4", "PAYMENT.SALE.COMPLETED", until),
    ] == [(one.resource_id, one.type, one.occurred_at) for one in found]
    assert ["paypal.transactions_cut"] * cut == [event for _, event, _ in told.log.lines]
    assert [] == await told.paypal.list_payments("../x", NOON, until)
    told.at(f"{WHERE}/transactions?{span}", problem(404))

    assert [] == await told.paypal.list_payments(SUBSCRIPTION_ID, NOON, until)


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


@pytest.mark.parametrize(
    ("status", "old"),
    [
        (400, None),
        (401, GatewayUnavailable),
        (402, None),
        (403, None),
        (404, None),
        (409, GatewayUnavailable),
        (500, GatewayUnavailable),
    ],
)
async def test_an_agreement_that_may_not_be_read_is_none_of_ours(
    told: Told, status: int, old: Any
) -> None:
    told.at(WHOLE, problem(404))
    told.at(AGREEMENT, problem(status))
    if old:
        with pytest.raises(old):
            await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)
    else:
        assert None is await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)


async def read(told: Told, **shown: Any) -> Any:
    told.at(WHOLE, response(200, subscription(**shown)))
    return await told.paypal.read_subscription(SUBSCRIPTION_ID, NOON)


@pytest.mark.parametrize(
    "overrides",
    [
        {"tenure_type": "REGULAR", "sequence": 2, **price("9.00")},
        {"frequency": {"interval_unit": "MONTH"}, "sequence": 2, **price("9.00")},
        {"sequence": 2, **price("9.00")},
    ],
)
async def test_an_override_that_does_not_say_how_long_it_lasts_is_completed_by_its_plan(
    told: Told, overrides: dict[str, Any]
) -> None:
    told.at(PLAN, response(200, plan(cycle("12.50", unit="YEAR"))))
    shown = await read(told, plan={"billing_cycles": [overrides]})

    assert [Money(900, "USD")] == [one.price for one in shown.cycles]
    assert ("GET", PLAN) in told.asked
    told.http.asked.clear()
    assert [Money(1250, "USD")] == [one.price for one in (await read(told)).cycles]
    assert ("GET", PLAN) not in told.asked
    shown = await read(told, plan_id=None, plan={"id": PLAN_ID})

    assert [Money(1250, "USD")] == [one.price for one in shown.cycles]


@pytest.mark.parametrize(
    ("paid", "failed", "retried"),
    [(None, 0, True), (-1, 0, True), (0, 0, False), (1, 0, False), (None, None, False)],
)
async def test_a_payment_is_tried_again_after_a_failure_that_no_payment_followed(
    told: Told, paid: int | None, failed: int | None, retried: bool
) -> None:
    def at(second: int | None) -> str | None:
        return None if second is None else (NOON + second * SECOND).isoformat()

    again = (NOON + timedelta(days=5)).isoformat()
    lost = {"time": at(failed), "next_payment_retry_time": again}
    info = {"last_payment": {"time": at(paid)}, "last_failed_payment": lost}
    shown = await read(told, billing_info=info)

    assert retried is (shown.next_attempt_at is not None)
    counted = await read(told, billing_info={**info, "failed_payments_count": 1})

    assert NOON + timedelta(days=5) == counted.next_attempt_at
    assert (0, 1) == (shown.failures, counted.failures)


@pytest.mark.parametrize(("minor", "owes"), [(-1, False), (0, False), (1, True)])
def test_a_balance_above_zero_is_owed(minor: int, owes: bool) -> None:
    assert (Money(minor, "USD") if owes else None) == owed(Money(minor, "USD"))
    assert None is owed(None)


@pytest.mark.parametrize(
    ("quantity", "minor"), [(None, 1250), ("0", 1250), ("1", 1250), ("3", 3750)]
)
async def test_the_price_is_that_of_the_whole_subscription(
    told: Told, quantity: object, minor: int
) -> None:
    shown = await read(told, quantity=quantity)

    assert [Money(minor, "USD")] == [one.price for one in shown.cycles]


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
