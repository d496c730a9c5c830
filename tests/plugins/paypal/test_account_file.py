"""A set-up file that is wrong is refused by the field, with what it must hold."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import SettingsError
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.setting_up import (
    FILE,
    PLAN,
    account,
    changed,
)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (None, "the file: expected the field products; it is empty"),
        ([], "the file: expected the field products; it is a list"),
        ({}, "products: missing; give a list of at least one product"),
        ({"products": []}, "products: expected a list of at least one product"),
        ({"products": {"id": "TEA-CLUB"}}, "products: expected a list.*it is a group of fields"),
        (
            {"products": ["TEA-CLUB"]},
            r"products\[0\]: expected the fields of a product; it is text$",
        ),
        (
            changed("products", 0, "plans", to=["x"]),
            r"plans\[0\]: .* of a plan; it is text$",
        ),
        (
            changed(*PLAN, "trials", to=["x"]),
            r"trials\[0\]: .* of a trial; it is text$",
        ),
        (changed(*PLAN, "trials", to="x"), "trials: expected a list .* two trials; it is text$"),
        (
            changed(*PLAN, "trials", to=[{"price": "0", "interval": "day"}] * 3),
            "trials: expected a list of at most two trials$",
        ),
        (
            {"products": FILE["products"], 1: 2},
            "1: no such field; remove it.*: there are products",
        ),
        (
            {"product": []},
            "product: no such field; remove it, or correct its name: did you mean products",
        ),
        (changed(*PLAN, "prize", to="9"), r"products\[0\].plans\[0\].prize: no such field.*price"),
        (
            changed("products", 0, "sku", to="x"),
            r"products\[0\].sku: no such field.*there are id, name",
        ),
        (
            changed(*PLAN, "trials", to=[{"price": "0", "interval": "day", "days": 3}]),
            r"plans\[0\].trials\[0\].days: no such field",
        ),
        (changed(*PLAN, "price", to=9.9), r"plans\[0\].price: write the amount in quotes"),
        (changed(*PLAN, "setup_fee", to=2.5), r"plans\[0\].setup_fee: write the number in quotes"),
        (
            changed(*PLAN, "price", to=True),
            r'^products\[0\].plans\[0\].price: expected an amount in quotes, such as "9.90"; it is'
            " true or false$",
        ),
        (
            changed(*PLAN, "cycles", to="3"),
            r"plans\[0\].cycles: expected a whole number from 0 to 999; it is text, so write it"
            " without quotes",
        ),
        (changed(*PLAN, "cycles", to=1000), "cycles: expected a whole number from 0 to 999$"),
        (changed(*PLAN, "description", to=""), "description: expected a text of 1 to 127 char"),
        (changed(*PLAN, "name", to=12), r"name: .* 127 characters; it is a number.* in quotes"),
        (changed(*PLAN, "collect_outstanding", to="yes"), "expected true or false; it is text$"),
        (changed(*PLAN, "collect_outstanding", to=1), "true or false; it is a number$"),
        (changed(*PLAN, "cycles", to=1.5), "whole number from 0 to 999; it is a number$"),
        (changed(*PLAN, "trials", to=None), "trials: expected a list .* trials; it is empty"),
        (changed(*PLAN, "trials", to=[{}]), r"trials\[0\].price: missing; give an amount"),
        *(
            (
                changed(*PLAN, "tax_percent", to=text),
                "tax_percent: expected a percentage in quotes",
            )
            for text in ("abc", "", " 19", "-5", "1e1", "100.1", "19%", "19,5")
        ),
        (changed(*PLAN, "tax_percent", to=-5), "tax_percent: expected a percentage"),
        (
            changed(*PLAN, "trials", to=[{"price": "-1", "interval": "day"}]),
            r"trials\[0\].price: the amount must not be below 0",
        ),
        (changed(*PLAN, "price", to="9.905"), r"plans\[0\].price: amount is finer than EUR"),
        (changed(*PLAN, "price", to="9,90"), r"plans\[0\].price: amount must be a decimal"),
        (changed(*PLAN, "price", to="-1"), r"plans\[0\].price: the amount must be above 0"),
        (changed(*PLAN, "price", to="0"), r"plans\[0\].price: the amount must be above 0"),
        (changed("products", 0, "plans", 1, "price", to="10.5"), r"plans\[1\].price: .*TWD"),
        (changed(*PLAN, "currency", to="XQZ"), r"plans\[0\].currency: .*ISO 4217"),
        (changed(*PLAN, "currency", to="eur"), "currency: expected three capital letters"),
        (
            changed(*PLAN, "interval_count", to=13),
            r"plans\[0\].interval_count: PayPal takes at most 12",
        ),
        (
            changed(*PLAN, "interval", to="fortnight"),
            r"plans\[0\].interval: expected day, week, month or year",
        ),
        (changed("products", 0, "id", to="PROD-123456"), r"products\[0\].id: "),
        (
            changed("products", 0, "id", to="tea/club"),
            r"products\[0\].id: expected 6 to 50 capital letters, digits and hyphens",
        ),
        (changed("products", 0, "id", to=123456), r"products\[0\].id: .*; it is a number, so"),
        (changed("products", 0, "plans", to=[]), r"products\[0\].plans: expected a list"),
        (
            changed("products", 0, "plans", 1, "name", to="Tea monthly"),
            r"products\[0\].plans: the name 'Tea monthly' occurs twice",
        ),
        (
            changed("products", to=[FILE["products"][0], FILE["products"][0]]),
            "products: the id 'TEA-CLUB' occurs twice",
        ),
    ],
)
def test_a_wrong_file_is_refused_by_its_field(stage: Stage, file: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        account(stage).read_wanted(file)


def test_at_most_five_complaints_are_made_at_a_time(stage: Stage) -> None:
    file = {"products": [{**FILE["products"][0], **dict.fromkeys("abcdefg", 1)}]}
    with pytest.raises(SettingsError) as refused:
        account(stage).read_wanted(file)

    assert 5 == str(refused.value).count(": no such field")
    with pytest.raises(SettingsError, match=r"the name 'A' occurs twice"):
        account(stage).read_wanted(
            changed("products", 0, "plans", to=[_plan(name=name) for name in "BABA"])
        )


def _plan(**changes: Any) -> dict[str, Any]:
    return {"name": "P", "currency": "EUR", "price": "9.90", "interval": "month", **changes}


def _product(**changes: Any) -> dict[str, Any]:
    known = {"id": "TEA-CLUB", "name": "T", "type": "PHYSICAL", "plans": [_plan()]}
    return {"products": [{**known, **changes}]}


URL_OF = "https://x.test/{}".format
TRIAL = {"price": "0", "interval": "day"}


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("name", ["x", "x" * 127], ["", "x" * 128]),
        ("description", [None, "x", "x" * 127], ["", "x" * 128]),
        ("cycles", [0, 999], [-1, 1000]),
        ("suspend_after_failures", [0, 999], [-1, 1000]),
        ("interval_count", [1, 12], [0, 13]),
        ("trials", [[], [TRIAL] * 2], [[TRIAL] * 3]),
        ("price", ["0.01", 1], ["0.00", 0, "-0.01"]),
        ("setup_fee", ["0", "0.00", "0.01", None], ["-0.01", -1]),
        ("tax_percent", [0, "0", "99.9999", 100, "100.0000"], ["100.0001", 101]),
    ],
)
def test_the_limits_of_a_plan_are_paypals_own(
    stage: Stage, field: str, good: list[Any], bad: list[Any]
) -> None:
    read = account(stage).read_wanted
    for value in good:
        assert read(_product(plans=[_plan(**{field: value})]))
    for value in bad:
        with pytest.raises(SettingsError, match=rf"^products\[0\].plans\[0\].{field}: "):
            read(_product(plans=[_plan(**{field: value})]))


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("cycles", [1, 999], [0, 1000]),
        ("interval_count", [1, 365], [0, 366]),
        ("price", ["0", "0.01"], ["-0.01"]),
    ],
)
def test_the_limits_of_a_trial_are_paypals_own(
    stage: Stage, field: str, good: list[Any], bad: list[Any]
) -> None:
    read = account(stage).read_wanted
    for value in good:
        assert read(_product(plans=[_plan(trials=[{**TRIAL, field: value}])]))
    for value in bad:
        with pytest.raises(SettingsError, match=rf"plans\[0\].trials\[0\].{field}: "):
            read(_product(plans=[_plan(trials=[{**TRIAL, field: value}])]))


@pytest.mark.parametrize(
    ("unit", "most"), [("day", 365), ("week", 52), ("month", 12), ("year", 1)]
)
def test_an_interval_is_a_year_at_most(stage: Stage, unit: str, most: int) -> None:
    read = account(stage).read_wanted
    assert read(_product(plans=[_plan(interval=unit, interval_count=most)]))

    with pytest.raises(SettingsError, match=f"PayPal takes at most {most} for {unit}$"):
        read(_product(plans=[_plan(interval=unit, interval_count=most + 1)]))


@pytest.mark.parametrize(
    ("field", "good", "bad", "said"),
    [
        ("name", ["x", "x" * 127], ["", "x" * 128], "a text of 1 to 127 characters"),
        ("description", [None, "x", "x" * 256], ["", "x" * 257], "a text of 1 to 256 characters"),
        ("home_url", [None, URL_OF("x" * 1985)], [URL_OF("x" * 1986)], "at most 2000"),
        ("image_url", [None, URL_OF("x" * 1985)], [URL_OF("x" * 1986)], "at most 2000"),
    ],
)
def test_the_limits_of_a_product_are_paypals_own(
    stage: Stage, field: str, good: list[Any], bad: list[Any], said: str
) -> None:
    read = account(stage).read_wanted
    for value in good:
        assert read(_product(**{field: value}))
    for value in bad:
        with pytest.raises(SettingsError, match=rf"^products\[0\].{field}: expected .*{said}"):
            read(_product(**{field: value}))
