"""JSON's numbers, exactly: no amount is ever read through a float."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

DIGITS = 18
"""Digits of the largest integer that is read; money needs sixteen."""


def number(text: str) -> int | Decimal:
    """
    A JSON number that has a point or an exponent, for `json.loads(parse_float=number)`.

    1250.0 and 1.25e3 are the integer 1250, as in JSON Schema. 0.99999999999999999999 stays exact,
    where a float would be 1. A number with more than 18 digits before its point stays a Decimal,
    so that 1e999999999 is never written out.

    Raises:
        ValueError: an exponent that no Decimal holds.
    """
    try:
        exact = Decimal(text)
    except InvalidOperation:
        raise ValueError("a number's exponent is out of range") from None
    if exact.is_zero():
        return 0
    if exact.adjusted() >= DIGITS:
        return exact
    whole = exact.to_integral_value()
    return int(whole) if whole == exact else exact
