"""Money: an integer of minor units with its currency, never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from penstock.domain.currencies import DIGITS

_CODE = re.compile(r"[A-Z]{3}")
_DECIMAL = re.compile(r"(-?)(\d*)(?:\.(\d+))?(?<=\d)", re.ASCII)
_USUAL = 2
_LONGEST = 32  # PayPal's limit for an amount's text, and plenty for anybody else.


@dataclass(frozen=True, slots=True)
class Money:
    """
    An amount in the currency's minor unit: `Money(1250, "USD")` is 12.50 dollars.

    Raises:
        ValueError: the amount is not an int, or the currency is not one of `currencies.py`.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        _refuse_no_int(self.minor)
        _refuse_no_currency(self.currency)

    @classmethod
    def kept(cls, minor: int, currency: str) -> Self:
        """
        An amount that a ledger holds: its currency may have left the list since it was written.

        Raises:
            ValueError: the amount is not an int, or the currency is not three capital letters.
        """
        _refuse_no_int(minor)
        if not _CODE.fullmatch(currency):
            raise ValueError("currency must be three capital letters (ISO 4217)")
        made = object.__new__(cls)
        object.__setattr__(made, "minor", minor)
        object.__setattr__(made, "currency", currency)
        return made

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """
        Read a decimal text such as PayPal writes it: "12.5", "12.50" and "12.500" are one amount.

        Raises:
            ValueError: no decimal number, finer than the currency's minor unit, or no currency.
        """
        _refuse_no_currency(currency)
        # Digit by digit: decimal's default context rounds what has more than 28 of them.
        written = _DECIMAL.fullmatch(text) if len(text) <= _LONGEST else None
        if written is None:
            raise ValueError("amount must be a decimal number such as 12.50")
        digits = DIGITS[currency]
        sign, whole, fraction = written[1], written[2], written[3] or ""
        if fraction[digits:].strip("0"):
            raise ValueError(f"amount is finer than {currency}'s minor unit")
        minor = int(whole + fraction[:digits].ljust(digits, "0") or "0")
        return cls(-minor if sign else minor, currency)

    @property
    def decimal(self) -> str:
        """The amount as a decimal text with the currency's digits: "12.50", "1250" for JPY."""
        digits = DIGITS.get(self.currency, _USUAL)
        sign, text = "-" if self.minor < 0 else "", str(abs(self.minor)).rjust(digits + 1, "0")
        return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else sign + text

    @property
    def whole(self) -> bool:
        """Whether it has no decimals, such as "12.00", or any amount in JPY."""
        return not self.minor % 10 ** DIGITS.get(self.currency, _USUAL)

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"


def _refuse_no_int(minor: object) -> None:
    if type(minor) is not int:
        raise ValueError(f"minor units must be an int, not {type(minor).__name__}")


def _refuse_no_currency(currency: str) -> None:
    if currency not in DIGITS:
        raise ValueError("currency must be an active currency of ISO 4217, such as USD")
