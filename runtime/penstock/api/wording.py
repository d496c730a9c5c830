"""Values of an event's data as words for people; empty for a value of another shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote, urlsplit

from penstock.domain.money import Money

LONGEST = 200
_LONGEST_URL = 1000
_CODE = re.compile(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*", re.ASCII)


def one_line(value: object, longest: int = LONGEST) -> str:
    """A text as one line of printable characters; empty for anything but a text."""
    if not isinstance(value, str):
        return ""
    # Not printable: line breaks that would forge a row or a header, and marks that turn the
    # reading direction around.
    printable = "".join(c if c.isprintable() else " " for c in value[: 4 * longest])
    line = " ".join(printable.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def words(code: object) -> str:
    """A gateway's code in words: BUYER_COMPLAINT is "buyer complaint"; a sentence stays."""
    line = one_line(code)
    return line.lower().replace("_", " ") if _CODE.fullmatch(line) else line


def money(value: object) -> Money | None:
    """An amount of an event."""
    fields = mapping(value)
    try:
        return Money(cast(int, fields.get("minor")), str(fields.get("currency")))
    except ValueError:
        return None


def part_of(part: Money | None, whole: Money | None) -> str:
    """A part of an amount: "10.00 of 100.00 USD"; empty if either is unknown."""
    if part is None or whole is None or part.currency != whole.currency:
        return ""
    return f"{part.decimal} of {whole}"


def moment(value: object) -> str:
    """A date and time of an event in words: "3 December 2026, 14:00 UTC"."""
    if not isinstance(value, str):
        return ""
    try:
        at = datetime.fromisoformat(value)
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return ""
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def address(url: object) -> str | None:
    """
    An http(s) address, with everything percent-encoded that a medium could take for markup.

    None for anything else, and for one of more than 1,000 characters.
    """
    if not isinstance(url, str):
        return None
    try:
        encoded = quote(url, safe=":/?#[]@!$&()*+,;=%~-._")
        parts = urlsplit(encoded)
    except ValueError:  # also half a surrogate pair, which JSON can carry and UTF-8 cannot
        return None
    good = parts.scheme in ("http", "https") and parts.hostname and len(encoded) <= _LONGEST_URL
    return encoded if good else None


def mapping(value: object) -> Mapping[str, Any]:
    """An object of an event's data; an empty one, for anything else."""
    return cast(Mapping[str, Any], value) if isinstance(value, Mapping) else {}


def texts(value: object) -> list[str]:
    """A list of texts of an event's data, without what is no text."""
    given = cast(list[object], value) if isinstance(value, list) else []
    return [one for one in given if isinstance(one, str)]
