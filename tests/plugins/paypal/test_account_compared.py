"""What a file says of plans, compared with what the account has."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api.account import Step, StepState
from penstock.testing.http import ScriptedHttp, response
from tests.plugins.paypal.accounts import PRODUCT, PayPalOf, account
from tests.plugins.paypal.told import granted

PLAN: dict[str, Any] = {"name": "P", "currency": "EUR", "price": "9.90", "interval": "month"}
SHOWN: dict[str, Any] = {
    "id": "P-1",
    "name": "P",
    "status": "ACTIVE",
    "billing_cycles": [
        {
            "frequency": {"interval_unit": "MONTH", "interval_count": 1},
            "tenure_type": "REGULAR",
            "sequence": 1,
            "total_cycles": 0,
            "pricing_scheme": {"fixed_price": {"value": "9.90", "currency_code": "EUR"}},
        }
    ],
}


async def compared(http: PayPalOf, plan: Any = PLAN, **product: Any) -> list[Step]:
    made = account(http)
    wanted = made.read_wanted({"products": [{**PRODUCT, **product, "plans": [plan]}]})
    steps = [one async for one in made.set_up(wanted, None, dry_run=True)]
    assert [] == http.sent
    return steps


@pytest.mark.parametrize("name", ["A", "Z"])
async def test_a_product_of_another_name_differs(name: str) -> None:
    product, plan = await compared(PayPalOf([SHOWN]), name=name)

    assert (
        Step(
            "product TEA-CLUB",
            StepState.differs,
            "TEA-CLUB",
            "name differ from PayPal's: correct the file or PayPal's catalogue",
        )
        == product
    )
    assert Step("plan P", StepState.present, "P-1") == plan


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ({}, {}),
        ({}, {"taxes": {"percentage": "0"}}),
        ({"tax_percent": "10"}, {"taxes": {"percentage": "10.0"}}),
        ({"tax_percent": "7.50"}, {"taxes": {"percentage": "7.5"}}),
        ({"tax_percent": "0"}, {"taxes": {"percentage": "0.00"}}),
        ({"tax_percent": 100}, {"taxes": {"percentage": "100", "inclusive": True}}),
        ({"tax_included": False}, {}),
        ({"tax_included": False}, {"taxes": {"inclusive": False}}),
        ({"collect_outstanding": True}, {"payment_preferences": {}}),
        (
            {"collect_outstanding": False},
            {"payment_preferences": {"auto_bill_outstanding": False}},
        ),
        ({"suspend_after_failures": 0}, {"payment_preferences": {}}),
        ({"suspend_after_failures": 2}, {"payment_preferences": {"payment_failure_threshold": 2}}),
        ({"setup_fee": "0"}, {}),
    ],
)
async def test_a_plan_that_says_the_same_in_other_words_is_there(here: Any, there: Any) -> None:
    _, plan = await compared(PayPalOf([{**SHOWN, **there}]), {**PLAN, **here})

    assert Step("plan P", StepState.present, "P-1") == plan


FEE = {"payment_preferences": {"setup_fee": {"value": "2.50", "currency_code": "EUR"}}}


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ({"setup_fee": "2"}, FEE, "setup fee at PayPal 2.50 EUR, in the file 2.00 EUR"),
        ({"setup_fee": "3"}, FEE, "setup fee at PayPal 2.50 EUR, in the file 3.00 EUR"),
        ({"setup_fee": "3"}, {}, "setup fee at PayPal none, in the file 3.00 EUR"),
        ({}, FEE, "setup fee at PayPal 2.50 EUR, in the file none"),
        ({"tax_percent": "1"}, {}, "tax_percent differs"),
        ({}, {"taxes": {"percentage": "1"}}, "tax_percent differs"),
        ({"tax_percent": "10"}, {"taxes": {"percentage": "100"}}, "tax_percent differs"),
        ({"tax_included": False}, {"taxes": {"inclusive": True}}, "tax_included differs"),
        ({"collect_outstanding": False}, {}, "collect_outstanding differs"),
        ({"suspend_after_failures": 1}, {}, "suspend_after_failures differs"),
        ({"description": "A"}, {"description": "B"}, "description differs"),
        ({"description": "B"}, {"description": "A"}, "description differs"),
        (
            {"cycles": 12, "price": "8"},
            {},
            "PayPal has 9.90 EUR every 1 month, the file 8.00 EUR every 1 month 12 times",
        ),
    ],
)
async def test_what_differs_of_a_plan_is_said_and_nothing_else(
    here: Any, there: Any, said: str
) -> None:
    _, plan = await compared(PayPalOf([{**SHOWN, **there}]), {**PLAN, **here})

    assert (StepState.differs, "P-1") == (plan.state, plan.id)
    assert plan.note.startswith(f"{said}: nothing was changed, because")


@pytest.mark.parametrize("status", ["A", "INACTIVE", "CREATED"])
async def test_of_the_plans_of_one_name_the_active_one_counts(status: str) -> None:
    old = {**SHOWN, "id": "P-0", "status": status}

    assert (
        Step("plan P", StepState.present, "P-1")
        == ((await compared(PayPalOf([old, SHOWN, {**SHOWN, "id": "P-2", "name": "Q"}])))[1])
    )
    _, plan = await compared(PayPalOf([old, {**old, "id": "P-9"}]))

    assert (StepState.differs, "P-0") == (plan.state, plan.id)
    assert plan.note.startswith("PayPal's plan of this name is not active")


async def test_a_plan_that_cannot_be_read_is_to_be_looked_at_there() -> None:
    (cycle,) = SHOWN["billing_cycles"]
    odd = {**cycle, "frequency": {"interval_unit": "FORTNIGHT"}}
    _, plan = await compared(PayPalOf([{**SHOWN, "billing_cycles": [odd]}]))

    assert (
        Step(
            "plan P",
            StepState.differs,
            "P-1",
            "PayPal shows a billing cycle with an interval that is not known here:"
            " look at it there",
        )
        == plan
    )


async def test_a_product_that_is_missing_is_planned_with_its_plans() -> None:
    assert [
        Step("product TEA-CLUB", StepState.planned, "TEA-CLUB", "would be created"),
        Step("plan P", StepState.planned, None, "would be created"),
    ] == await compared(PayPalOf([SHOWN], product=None))


async def test_what_is_created_is_what_the_file_says() -> None:
    """
    And its request ids are those of every run, so that none is made twice.
    """
    none = response(404, {})
    granting = response(200, {})
    http = ScriptedHttp(
        *(granted(), granted(), granting, granting, granting, none),
        *(response(201, {"id": "TEA-CLUB"}), response(201, {"id": "P-1"})),
        response(201, {"id": "P-2"}),
    )
    made = account(http)
    trials = [{"price": "0", "interval": "day"}, {"price": "0.01", "interval": "week"}]
    full = {"description": "D", "setup_fee": "2.50", "tax_percent": 19, "trials": trials}
    plans = [{**PLAN, **full, "interval_count": 3, "cycles": 5}, {**PLAN, "name": "Q"}]
    wanted = made.read_wanted({"products": [{**PRODUCT, "plans": plans}]})
    steps = [one async for one in made.set_up(wanted, None, dry_run=False)]

    assert ["TEA-CLUB", "P-1", "P-2"] == [one.id for one in steps]
    product, first, second = [one for one in http.requests if one.method == "POST"][2:]
    assert PRODUCT == product.json
    assert {
        "product_id": "TEA-CLUB",
        "name": "P",
        "status": "ACTIVE",
        "billing_cycles": [
            _cycle(1, "TRIAL", 1, "DAY", 1),
            _cycle(2, "TRIAL", 1, "WEEK", 1, price="0.01"),
            _cycle(3, "REGULAR", 5, "MONTH", 3, price="9.90"),
        ],
        "payment_preferences": {
            "auto_bill_outstanding": True,
            "payment_failure_threshold": 0,
            "setup_fee": {"currency_code": "EUR", "value": "2.50"},
        },
        "description": "D",
        "taxes": {"percentage": "19", "inclusive": True},
    } == first.json
    assert {"product_id", "name", "status", "billing_cycles", "payment_preferences"} == set(
        second.json
    )
    assert {"auto_bill_outstanding", "payment_failure_threshold"} == set(
        second.json["payment_preferences"]
    )
    assert [
        "9f985594-5954-532f-8f52-babe1fb7be6d",
        "dfe1bbfd-931e-567f-b05d-852a9fbd276f",
        "5f2f1556-ca68-5639-9348-43190e477dd4",
    ] == [one.headers["PayPal-Request-Id"] for one in (product, first, second)]


def _cycle(
    place: int, kind: str, total: int, unit: str, count: int, price: str | None = None
) -> dict[str, Any]:
    known = {
        "sequence": place,
        "tenure_type": kind,
        "total_cycles": total,
        "frequency": {"interval_unit": unit, "interval_count": count},
    }
    priced = {"fixed_price": {"currency_code": "EUR", "value": price}}
    return {**known, "pricing_scheme": priced} if price else known
