"""Amounts in currencies of 0, 2 and 3 decimal digits, and whether a text states one of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from penstock.api import Http, Money, Response

AMOUNTS = (Money(500, "JPY"), Money(1250, "USD"), Money(12340, "KWD"))
"""The last digit of the third is 0: some providers take only two of a dinar's three."""
_NUMBER = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-])(?!\.\d)")


def states(text: str, amount: Money) -> bool:
    """Whether the text has the amount, in minor units or as a decimal with the right digits."""
    right = {str(amount.minor), amount.decimal}
    if "." in amount.decimal:
        right.add(amount.decimal.rstrip("0").rstrip("."))
    return bool(right & _numbers(text))


def misstates(text: str, amount: Money) -> bool:
    """Whether the text has the amount as if every currency had two decimal digits."""
    hundredths = Money(amount.minor, "USD").decimal
    return hundredths != amount.decimal and hundredths in _numbers(text)


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text))


class Overheard:
    """
    Passes requests on and keeps what was sent.

    Args:
        http: the way to the other side.
        hears: which requests are kept, by method and URL; None for all.
    """

    def __init__(self, http: Http, hears: Callable[[str, str], bool] | None = None) -> None:
        self._http = http
        self._hears = hears
        self.sent: list[str] = []

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, **rest: Any
    ) -> Response:
        """Pass the request on."""
        if self._hears is None or self._hears(method, url):
            self.sent.append((body or b"").decode(errors="replace"))
        return await self._http.request(method, url, body=body, **rest)
