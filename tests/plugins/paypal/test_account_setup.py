"""Setting a PayPal account up: what is missing is made once, what differs is reported."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import GatewayUnavailable
from penstock.api.account import ChecksPermissions, RegistersWebhooks, SetsUp, StepState
from penstock_paypal.webhooks.registration import WANTED
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.setting_up import (
    CREATED,
    DIFFERS,
    PLAN,
    PRESENT,
    URL,
    account,
    changed,
    set_up,
    writes,
)


def test_it_offers_what_the_commands_ask_for(stage: Stage) -> None:
    for protocol in (SetsUp, ChecksPermissions, RegistersWebhooks):
        assert isinstance(account(stage), protocol)


async def test_the_first_run_makes_everything(stage: Stage) -> None:
    steps = await set_up(account(stage))

    assert [
        ("product TEA-CLUB", CREATED),
        ("plan Tea monthly", CREATED),
        ("plan Tea yearly", CREATED),
        (f"webhook {URL}", CREATED),
    ] == [(one.what, one.state) for one in steps]
    assert {"webhook_id": steps[-1].id} == steps[-1].secret
    (registered,) = stage.simulator.registry.webhooks.values()
    assert (URL, sorted(WANTED)) == (registered.url, sorted(registered.event_types))


async def test_a_second_run_writes_nothing(stage: Stage) -> None:
    first = await set_up(account(stage))
    before = await writes(stage)
    second = await set_up(account(stage))

    assert [PRESENT] * 4 == [one.state for one in second]
    assert [one.id for one in first] == [one.id for one in second]
    assert before == await writes(stage)
    assert 4 == len(before)


async def test_what_was_made_is_offered_to_buyers_as_the_file_says(stage: Stage) -> None:
    steps = await set_up(account(stage))
    offers = {one.id: one for one in await stage.paypal.plans()}
    monthly, yearly = (offers[str(one.id)] for one in steps[1:3])

    assert ["0.00 EUR", "9.90 EUR"] == [str(one.price) for one in monthly.cycles]
    assert [(True, 1, 14), (False, 0, 1)] == [
        (one.trial, one.cycles, one.interval.count) for one in monthly.cycles
    ]
    assert "2.50 EUR" == str(monthly.setup_fee)
    assert ["3000.00 TWD"] == [str(one.price) for one in yearly.cycles]


async def test_a_dry_run_writes_nothing_and_says_what_it_would_do(stage: Stage) -> None:
    steps = await set_up(account(stage), dry_run=True)

    assert [StepState.planned] * 4 == [one.state for one in steps]
    assert [] == await writes(stage)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (changed(*PLAN, "price", to="12"), "9.90 EUR every 1 month, the file"),
        (changed(*PLAN, "currency", to="USD"), "EUR every 1 month"),
        (changed(*PLAN, "interval", to="year"), "every 1 month, the file"),
        (changed(*PLAN, "trials", to=[]), "0.00 EUR every 14 day 1 times"),
        (
            changed(*PLAN, "setup_fee", to="3"),
            "setup fee at PayPal 2.50 EUR, in the file 3.00 EUR",
        ),
        (changed(*PLAN, "suspend_after_failures", to=1), "suspend_after_failures differs"),
        (changed(*PLAN, "tax_percent", to="7"), "tax_percent differs"),
        (changed(*PLAN, "description", to="Another"), "description differs"),
    ],
)
async def test_a_plan_that_differs_is_reported_and_not_changed(
    stage: Stage, file: dict[str, Any], said: str
) -> None:
    await set_up(account(stage))
    before = await writes(stage)
    _, monthly, yearly, webhook = await set_up(account(stage), file)

    assert (DIFFERS, PRESENT, PRESENT) == (monthly.state, yearly.state, webhook.state)
    assert said in monthly.note
    assert "give the plan a new name in the file" in monthly.note
    assert before == await writes(stage)


async def test_a_product_that_differs_is_reported_and_not_changed(stage: Stage) -> None:
    await set_up(account(stage))
    before = await writes(stage)
    product, *_ = await set_up(account(stage), changed("products", 0, "description", to="Coffee"))

    assert DIFFERS == product.state
    assert "description differ" in product.note
    assert before == await writes(stage)


async def test_a_plan_that_is_not_active_is_reported(stage: Stage) -> None:
    _, monthly, *_ = await set_up(account(stage))
    stage.simulator.books.plans[str(monthly.id)]["status"] = "INACTIVE"
    _, again, *_ = await set_up(account(stage))

    assert (DIFFERS, monthly.id) == (again.state, again.id)
    assert "not active" in again.note


async def test_two_active_plans_of_one_name_are_reported(stage: Stage) -> None:
    _, monthly, *_ = await set_up(account(stage))
    plans = stage.simulator.books.plans
    plans["P-SECOND"] = {**plans[str(monthly.id)], "id": "P-SECOND"}
    _, again, *_ = await set_up(account(stage))

    assert DIFFERS == again.state
    assert "P-SECOND" in again.note


async def test_a_plan_is_found_behind_many_others(stage: Stage) -> None:
    _, monthly, *_ = await set_up(account(stage))
    plans = stage.simulator.books.plans
    own = plans.pop(str(monthly.id))
    for number in range(45):
        plans[f"P-{number:04}"] = {**own, "id": f"P-{number:04}", "name": f"Other {number}"}
    plans[str(monthly.id)] = own
    _, again, *_ = await set_up(account(stage))

    assert (PRESENT, monthly.id) == (again.state, again.id)


@pytest.mark.parametrize("path", ["catalogs/products", "billing/plans", "notifications/webhooks"])
async def test_a_lost_answer_makes_nothing_twice(stage: Stage, path: str) -> None:
    """
    The deed was done and the answer was lost; the next run goes on.
    """
    await stage.fault(method="POST", path=path, drop=True, after=True, times=1)
    with pytest.raises(GatewayUnavailable):
        await set_up(account(stage))
    await set_up(account(stage))
    books = stage.simulator.books

    assert 1 == [one["name"] for one in books.products.values()].count("Tea club")
    names = [one["name"] for one in books.plans.values()]
    assert (1, 1) == (names.count("Tea monthly"), names.count("Tea yearly"))
    assert 1 == len(stage.simulator.registry.webhooks)
