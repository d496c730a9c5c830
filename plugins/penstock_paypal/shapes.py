"""
Reading PayPal's JSON tolerantly: what is absent, odd or impossible is None, never an error.

The specification (github.com/paypal/paypal-rest-api-specifications) is a guide, not a validator:
enumerations lag behind, genuine values break its patterns (an event's id), fields go missing, and
the webhook simulator's dates have a nineteenth month.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from penstock.api import Money

ID = re.compile(r"[A-Z0-9-]{3,64}")
"""What an id may look like before it enters a path: wider than PayPal's own, and no dots."""
_HALF = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON's escapes can write and no database takes."""

_DIGITS = 6

WITHOUT_DECIMALS = frozenset({"HUF", "JPY", "TWD"})
"""
Currencies PayPal takes no decimals for; its own list, not ISO 4217's
(developer.paypal.com/api/rest/reference/currency-codes).
"""


def parse(body: bytes) -> Mapping[str, Any]:
    """
    A body as a JSON object; numbers with a point keep their text, which a float would round.

    Raises:
        ValueError: it is none.
    """
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return cast(Mapping[str, Any], value)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_float=str, parse_constant=_refuse)


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    # Nearly always a dict, which costs a tenth of asking whether it is a mapping.
    if isinstance(value, dict) or isinstance(value, Mapping):  # noqa: SIM101 - in this order
        return cast(Mapping[str, Any], value)
    return {}


def sequence(value: object) -> Sequence[Any]:
    """The value if it is a list, else an empty one."""
    return cast(Sequence[Any], value) if isinstance(value, list) else ()


def at(value: object, *path: str) -> Any:
    """What is at the end of a path of names, or None."""
    for name in path:
        # A dict as nearly always, without a call to find that out.
        value = cast("dict[str, Any]", value) if type(value) is dict else mapping(value)
        value = value.get(name)
    return value


def text(value: object, *path: str) -> str | None:
    """The text there, unless it is empty, no text, or half a character no database takes."""
    found = at(value, *path)
    if not isinstance(found, str) or not found:
        return None
    return found if found.isascii() or not _HALF.search(found) else None


def identity(value: object, *path: str) -> str | None:
    """The id there, if it is one that may enter a path."""
    found = text(value, *path)
    return found if found and ID.fullmatch(found) else None


def count(value: object, *path: str) -> int | None:
    """The whole number from 0 there; PayPal writes some as text."""
    found = at(value, *path)
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < _DIGITS:
        return int(found)
    if isinstance(found, bool) or not isinstance(found, int):
        return None
    return found if 0 <= found < 10**_DIGITS else None


def moment(value: object, *path: str) -> datetime | None:
    """The time there, in UTC; PayPal's own are all UTC, named or not."""
    written_so = text(value, *path)
    if written_so is None:
        return None
    try:
        found = datetime.fromisoformat(written_so)
        if found.tzinfo is UTC:
            return found
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def money(value: object, *path: str) -> Money | None:
    """
    The amount there, in either of PayPal's shapes: {total, currency}, {value, currency_code}.

    Decimals are read by ISO 4217, not by PayPal's own list, which is about what it is sent:
    "100.00" JPY is 100 yen, and "2490.50" HUF is what it says.
    """
    amount, currency = written(value, *path)
    if isinstance(amount, bool) or not isinstance(amount, str | int):
        return None
    try:
        return Money.parse(str(amount), currency) if isinstance(currency, str) else None
    except ValueError:
        return None


def written(value: object, *path: str) -> tuple[Any, Any]:
    """The number and the currency there as they are written; None where one is missing."""
    found = at(value, *path)
    return _first(found, "total", "value"), _first(found, "currency", "currency_code")


def _first(value: object, *names: str) -> Any:
    # By absence, not by truth: the integer 0 is an amount.
    return next((one for name in names if (one := at(value, name)) is not None), None)


def amount(of: Money) -> dict[str, str]:
    """
    An amount as PayPal takes it.

    Raises:
        ValueError: it has decimals, and PayPal takes none in that currency.
    """
    value = of.decimal
    if of.currency in WITHOUT_DECIMALS:
        whole, _, decimals = value.partition(".")
        if decimals.strip("0"):
            raise ValueError(f"PayPal takes no decimals in {of.currency}")
        value = whole
    return {"currency_code": of.currency, "value": value}
