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
            r"products\[0\]: expected the fields of a product; it is text",
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
        (changed(*PLAN, "name", to=12), r"name: .* 127 characters; it is a number.* in quotes"),
        (changed(*PLAN, "collect_outstanding", to="yes"), "expected true or false; it is text"),
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
