"""How long something lasts, on the command line: a number and its unit."""

from __future__ import annotations

import re
from datetime import timedelta

from penstock.entrypoints.cli.session import Code, CommandError

_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def duration(option: str, text: str) -> timedelta:
    """
    Read `12h`, `90d` or `4w`.

    Raises:
        CommandError: it is none of these; names the option.
    """
    read = re.fullmatch(r"([1-9][0-9]{0,3})([mhdw])", text, re.ASCII)
    if read is None:
        raise CommandError(
            f"{option}: {text!r} is no duration; give a number from 1 to 9999 and its unit, "
            "m, h, d or w, as in 90d",
            Code.usage,
        )
    return int(read[1]) * _UNITS[read[2]]
