"""
Amounts as Stripe takes and shows them (docs.stripe.com/currencies).

Stripe counts in the smallest unit of a currency, as we do by ISO 4217, with these exceptions:

    MGA         no decimals at Stripe, two by ISO 4217
    ISK, UGX    two decimals at Stripe that must be 00, none by ISO 4217
    BHD, JOD, KWD, OMR, TND    three decimals, the last one must be 0
"""

from __future__ import annotations

from penstock.api import Money
from penstock_stripe import shapes

WHOLE = ("MGA",)
"""Taken without decimals, though ISO 4217 has some."""
_HUNDREDFOLD = frozenset({"ISK", "UGX"})
_TENS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
_HUNDRED = 100


def amount(money: Money) -> int:
    """
    The amount as Stripe takes it.

    Raises:
        ValueError: it has decimals that Stripe does not take.
    """
    if money.currency in _HUNDREDFOLD:
        return money.minor * _HUNDRED
    if money.currency in WHOLE:
        if not money.whole:
            raise ValueError(f"Stripe takes no decimals in {money.currency}")
        return money.minor // _HUNDRED
    if money.currency in _TENS and money.minor % 10:
        raise ValueError(f"Stripe takes amounts in {money.currency} whose last digit is 0 only")
    return money.minor


def read(value: object, name: str = "amount") -> Money | None:
    """The amount in the field of that name, in the object's own currency; None without one."""
    minor, currency = shapes.number(value, name), shapes.text(value, "currency")
    return None if minor is None or currency is None else of(minor, currency)


def of(minor: int, currency: str) -> Money | None:
    """An amount of Stripe's; None where it is none, or a fraction that our unit does not hold."""
    code = currency.upper()
    try:
        if code in _HUNDREDFOLD:
            return None if minor % _HUNDRED else Money(minor // _HUNDRED, code)
        return Money(minor * _HUNDRED if code in WHOLE else minor, code)
    except ValueError:
        return None
