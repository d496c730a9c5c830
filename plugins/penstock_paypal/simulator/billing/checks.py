"""Looking at a request's fields as PayPal's specifications describe them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from penstock_paypal import shapes
from penstock_paypal.simulator.problems import Problem

_MONEY = re.compile(r"((-?[0-9]+)|(-?([0-9]+)?[.][0-9]+))")


def text(
    holder: Mapping[str, Any],
    path: str,
    most: int,
    *,
    least: int = 1,
    required: bool = True,
    pattern: str | None = None,
    among: Collection[str] | None = None,
) -> str | None:
    """
    The text at the end of the pointer's last name, within its limits.

    Raises:
        Problem: 400, with PayPal's issue and the field.
    """
    value = present(holder, path, required=required)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Problem(400, "INVALID_PARAMETER_SYNTAX", path)
    if len(value) < least:
        raise Problem(400, "INVALID_STRING_MIN_LENGTH", path)
    if len(value) > most:
        raise Problem(400, "INVALID_STRING_MAX_LENGTH", path)
    if pattern and not re.fullmatch(pattern, value):
        raise Problem(400, "INVALID_PARAMETER_SYNTAX", path)
    if among and value not in among:
        raise Problem(400, "INVALID_PARAMETER_VALUE", path)
    return value


def whole(holder: Mapping[str, Any], path: str, least: int, most: int, default: int) -> int:
    """
    The number there, within its limits.

    Raises:
        Problem: 400, with PayPal's issue and the field.
    """
    value = present(holder, path, required=False)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise Problem(400, "INVALID_PARAMETER_SYNTAX", path)
    if value < least:
        raise Problem(400, "INVALID_INTEGER_MIN_VALUE", path)
    if value > most:
        raise Problem(400, "INVALID_INTEGER_MAX_VALUE", path)
    return value


def money(holder: Mapping[str, Any], path: str, *, required: bool = False) -> None:
    """
    See that there is an amount, if any.

    Raises:
        Problem: 400, with PayPal's issue and the field.
    """
    value = present(holder, path, required=required)
    if value is None:
        return
    inner = shapes.mapping(value)
    text(inner, f"{path}/currency_code", 3, pattern="[A-Z]{3}")
    text(inner, f"{path}/value", 32, pattern=_MONEY.pattern)


def address(holder: Mapping[str, Any], path: str) -> str:
    """
    The http address there.

    Raises:
        Problem: 400, with PayPal's issue and the field.
    """
    value = str(text(holder, path, 4000, least=10))
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Problem(400, "INVALID_PARAMETER_SYNTAX", path)
    return value


def present(holder: Mapping[str, Any], path: str, *, required: bool) -> Any:
    """
    What is there; None if it is absent.

    Raises:
        Problem: 400, it is required.
    """
    value = holder.get(path.rpartition("/")[2])
    if value is None and required:
        raise Problem(400, "MISSING_REQUIRED_PARAMETER", path)
    return value


def items(holder: Mapping[str, Any], path: str, least: int, most: int) -> list[Any]:
    """
    The list there, within its limits.

    Raises:
        Problem: 400, with PayPal's issue and the field.
    """
    value = present(holder, path, required=True)
    if not isinstance(value, list):
        raise Problem(400, "INVALID_PARAMETER_SYNTAX", path)
    found = cast("list[Any]", value)
    if not least <= len(found) <= most:
        raise Problem(400, "INVALID_PARAMETER_VALUE", path)
    return found


def moment(holder: Mapping[str, Any], path: str, *, required: bool = False) -> datetime | None:
    """
    The time there.

    Raises:
        Problem: 400, with PayPal's issue and the field.
    """
    value = text(holder, path, 64, required=required)
    found = shapes.moment({"at": value}, "at")
    if value is not None and (found is None or len(value) < 20):
        raise Problem(400, "INVALID_PARAMETER_SYNTAX", path)
    return found
