"""Money is exact, in minor units, with its currency's digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.currencies import DIGITS
from penstock.domain.money import Money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.5", "USD", 1250),
        ("12.50", "USD", 1250),
        ("12.500", "USD", 1250),
        (".5", "USD", 50),
        ("-3.20", "USD", -320),
        ("1250", "JPY", 1250),
        ("100.00", "JPY", 100),
        ("1.234", "KWD", 1234),
    ],
)
def test_equal_amounts_written_differently_are_one_amount(text: str, currency: str, minor: int):
    assert Money(minor, currency) == Money.parse(text, currency)


@pytest.mark.parametrize(
    "text", ["", "12,50", "1e3", "NaN", "Infinity", "12.5 ", "1" * 33, "٣", "0x1", "1_0", "12.345"]
)
def test_what_is_no_amount_of_the_currency_is_refused(text: str):
    with pytest.raises(ValueError, match="amount"):
        Money.parse(text, "USD")


@pytest.mark.parametrize("minor", [1.0, True, "1", None])
def test_only_whole_numbers_are_minor_units(minor: object):
    with pytest.raises(ValueError, match="minor units must be an int"):
        Money(minor, "USD")  # type: ignore[arg-type]  # the wrong type is the point


@pytest.mark.parametrize("currency", ["usd", "US", "USDX", "", "US1", "USD\n"])
def test_a_currency_is_written_in_three_capital_letters(currency: str):
    with pytest.raises(ValueError, match="currency"):
        Money(1, currency)


@pytest.mark.parametrize(
    "code", ["ZZZ", "XXX", "XTS", "XAU", "XAG", "XPT", "XPD", "XDR", "XBA", "CLF", "USN", "DEM"]
)
def test_a_code_that_is_no_active_currency_is_no_money(code: str):
    """
    ISO 4217 has codes for nothing (XXX), tests, metals and funds: nobody pays in them.
    """
    with pytest.raises(ValueError, match="currency"):
        Money(1, code)
    with pytest.raises(ValueError, match="currency"):
        Money.parse("1", code)


PAYPAL = (
    "AUD BRL CAD CNY CZK DKK EUR HKD HUF ILS JPY MYR MXN TWD NZD NOK PHP PLN GBP RUB SGD SEK CHF "
    "THB USD"
)


@pytest.mark.parametrize("code", PAYPAL.split())
def test_every_currency_that_paypal_takes_is_one(code: str):
    assert code == Money(1, code).currency


def test_there_are_as_many_currencies_as_iso_4217_has_legal_tenders():
    assert 155 == len(DIGITS)


def test_what_a_ledger_holds_is_read_though_its_currency_has_left_the_list():
    """
    A payment of years ago must stay readable, and so must the XXX of an amount nobody could read.
    """
    assert ["1.00 BGN", "0.00 XXX"] == [str(Money.kept(100, "BGN")), str(Money.kept(0, "XXX"))]
    assert Money(1250, "USD") == Money.kept(1250, "USD")
    with pytest.raises(ValueError, match="currency"):
        Money.kept(1, "usd")


@given(st.integers(-(10**15), 10**15), st.sampled_from(["USD", "JPY", "KWD"]))
def test_written_and_read_again_it_is_the_same_amount(minor: int, currency: str):
    money = Money(minor, currency)

    assert money == Money.parse(money.decimal, currency)


def test_it_reads_as_people_write_it():
    assert ["12.50 USD", "1250 JPY", "0.005 KWD"] == [
        str(Money(1250, "USD")),
        str(Money(1250, "JPY")),
        str(Money(5, "KWD")),
    ]


@pytest.mark.parametrize("currency", ["JPY", "USD", "KWD"])
def test_no_digit_of_a_long_amount_is_rounded_away(currency: str):
    text = "1234567890123456789012345678901"

    held = Money.parse(text, currency)

    assert text == str(held.minor)[: len(text)]
    assert text == held.decimal.partition(".")[0]


def test_what_is_below_zero_reads_and_writes_the_same():
    assert [-1205, "-12.05", "-0.05", "-0.01", "-1205"] == [
        Money.parse("-12.05", "USD").minor,
        Money(-1205, "USD").decimal,
        Money(-5, "USD").decimal,
        Money(-1, "USD").decimal,
        Money(-1205, "JPY").decimal,
    ]


@pytest.mark.parametrize(
    ("money", "whole"),
    [
        (Money(1200, "USD"), True),
        (Money(1210, "USD"), False),
        (Money(1201, "USD"), False),
        (Money(-1200, "USD"), True),
        (Money(1, "JPY"), True),
        (Money(1000, "KWD"), True),
        (Money(1100, "KWD"), False),
        (Money.kept(100, "BGN"), True),
        (Money.kept(110, "BGN"), False),
    ],
)
def test_an_amount_is_whole_if_it_has_no_decimals(money: Money, whole: bool):
    assert whole is money.whole


@pytest.mark.parametrize("minor", [True, 1.0, "1", None])
def test_minor_units_are_an_int_and_nothing_like_it(minor: object):
    for make in (Money, Money.kept):
        with pytest.raises(ValueError, match=f"must be an int, not {type(minor).__name__}"):
            make(minor, "USD")  # type: ignore[arg-type]  # the point


def test_a_text_of_32_characters_is_an_amount_and_one_of_33_is_none():
    assert 10**32 - 1 == Money.parse("9" * 32, "JPY").minor
    with pytest.raises(ValueError, match="decimal number"):
        Money.parse("9" * 33, "JPY")
