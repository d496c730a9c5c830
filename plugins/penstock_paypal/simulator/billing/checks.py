"""
Looking at fields as PayPal does beyond its own schemas, which `wellformed` has checked before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from penstock_paypal import shapes
from penstock_paypal.simulator.problems import Problem

_PRINTABLE = re.compile(r"[\x20-\x7E]{1,127}")
_MONEY = re.compile(r"((-?[0-9]+)|(-?([0-9]+)?[.][0-9]+))")


def reference(value: object, path: str) -> None:
    """
    See that a `custom_id` is printable ASCII to its end: the schema's pattern has no end.

    Raises:
        Problem: 400, it is not.
    """
    if not isinstance(value, str) or not _PRINTABLE.fullmatch(value):
        raise Problem(400, "INVALID_PARAMETER_SYNTAX", path)


def address(value: object, path: str) -> None:
    """
    See that it is an http address: the schema takes every URI.

    Raises:
        Problem: 400, it is none.
    """
    parts = urlsplit(str(value))
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Problem(400, "INVALID_PARAMETER_SYNTAX", path)


def money(value: object, path: str) -> None:
    """
    See that it is an amount; a patch may hold anything.

    Raises:
        Problem: 400, it is none.
    """
    code, number = shapes.text(value, "currency_code"), shapes.text(value, "value")
    if code is None or number is None or not _MONEY.fullmatch(number):
        raise Problem(400, "INVALID_PARAMETER_SYNTAX", path)


def present(holder: Mapping[str, Any], path: str) -> Any:
    """
    What is at the pointer's last name.

    Raises:
        Problem: 400, nothing is.
    """
    value = holder.get(path.rpartition("/")[2])
    if value is None:
        raise Problem(400, "MISSING_REQUIRED_PARAMETER", path)
    return value


def moment(query: Mapping[str, str], name: str) -> datetime:
    """
    The time in the query.

    Raises:
        Problem: 400, it is missing, or no time with a date and an hour.
    """
    value = present(query, f"/{name}")
    found = shapes.moment({"at": value}, "at")
    if found is None or len(value) < len("2026-01-31T00:00:00Z"):
        raise Problem(400, "INVALID_PARAMETER_SYNTAX", f"/{name}")
    return found
