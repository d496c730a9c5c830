"""Amounts as Stripe takes them: no decimals, two, three, and its special cases."""

from __future__ import annotations

import pytest

from penstock.api import Money
from penstock_stripe import money

CASES = [
    (Money(1250, "USD"), 1250),
    (Money(500, "JPY"), 500),
    (Money(5120, "KWD"), 5120),
    (Money(5, "ISK"), 500),
    (Money(5, "UGX"), 500),
    (Money(1200, "MGA"), 12),
    (Money(245050, "HUF"), 245050),
    (Money(80045, "TWD"), 80045),
]


@pytest.mark.parametrize(("ours", "theirs"), CASES, ids=str)
def test_an_amount_goes_out_and_comes_back_exactly(ours: Money, theirs: int):
    assert theirs == money.amount(ours)
    assert ours == money.read({"amount": theirs, "currency": ours.currency.lower()})


@pytest.mark.parametrize("currency", ["BHD", "JOD", "KWD", "OMR", "TND"])
def test_a_third_decimal_that_is_not_0_is_refused(currency: str):
    with pytest.raises(ValueError, match="whose last digit is 0"):
        money.amount(Money(5124, currency))


def test_ariary_with_decimals_are_refused():
    with pytest.raises(ValueError, match="no decimals in MGA"):
        money.amount(Money(1250, "MGA"))


@pytest.mark.parametrize(
    "shown",
    [
        {"amount": 505, "currency": "isk"},
        {"amount": 5, "currency": "zzz"},
        {"amount": 5.5, "currency": "usd"},
        {"amount": True, "currency": "usd"},
        {"amount": "5", "currency": "usd"},
        {"currency": "usd"},
    ],
    ids=str,
)
def test_what_is_no_amount_is_none(shown: dict[str, object]):
    assert None is money.read(shown)
