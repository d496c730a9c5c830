"""Money: an integer of minor units with its currency, never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

# ISO 4217 exponents that are not 2. Source: ISO 4217 list one.
_ZERO = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
_CURRENCY = re.compile(r"[A-Z]{3}")
_DECIMAL = re.compile(r"(-?)(\d*)(?:\.(\d+))?(?<=\d)", re.ASCII)
_LONGEST = 32  # PayPal's limit for an amount's text, and plenty for anybody else.


def exponent(currency: str) -> int:
    """How many decimal digits the currency's minor unit has (JPY 0, USD 2, KWD 3)."""
    if currency in _ZERO:
        return 0
    return 3 if currency in _THREE else 2


@dataclass(frozen=True, slots=True)
class Money:
    """
    An amount in the currency's minor unit: `Money(1250, "USD")` is 12.50 dollars.

    Raises:
        ValueError: the amount is not an int, or the currency is not three capital letters.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise ValueError(f"minor units must be an int, not {type(self.minor).__name__}")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError("currency must be three capital letters (ISO 4217)")

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """
        Read a decimal text such as PayPal writes it: "12.5", "12.50" and "12.500" are one amount.

        Raises:
            ValueError: no decimal number, or finer than the currency's minor unit.
        """
        # Digit by digit: decimal's default context rounds what has more than 28 of them.
        written = _DECIMAL.fullmatch(text) if len(text) <= _LONGEST else None
        if written is None:
            raise ValueError("amount must be a decimal number such as 12.50")
        digits = exponent(currency)
        sign, whole, fraction = written[1], written[2], written[3] or ""
        if fraction[digits:].strip("0"):
            raise ValueError(f"amount is finer than {currency}'s minor unit")
        minor = int(whole + fraction[:digits].ljust(digits, "0") or "0")
        return cls(-minor if sign else minor, currency)

    @property
    def decimal(self) -> str:
        """The amount as a decimal text with the currency's digits: "12.50", "1250" for JPY."""
        digits = exponent(self.currency)
        sign, text = "-" if self.minor < 0 else "", str(abs(self.minor)).rjust(digits + 1, "0")
        return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else sign + text

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"
