"""
Strangers' text on a terminal: shown, never obeyed.

A payer's name, a message's body or a gateway's reason may hold escape sequences that clear the
screen, or marks that turn the reading direction (CVE-2021-42574 is that trick in source code).
So commands print through this module and `Session.show` only.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import typer

# Controls, invisible formatting (direction marks, zero width), halves of pairs, private use and
# unassigned characters, and the two separators that some terminals take for line ends.
_ACTED_ON = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def harmless(text: str) -> str:
    """The text with each character that a terminal may act on written as its Python escape."""
    # Plain ASCII without controls is nearly every text, and needs no look-up per character.
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        one.encode("unicode_escape").decode("ascii")
        if unicodedata.category(one) in _ACTED_ON
        else one
        for one in text
    )


def say(text: str, *, err: bool = False) -> None:
    """Print one line, harmlessly; on standard error if it is about the command itself."""
    typer.echo(harmless(text), err=err)


def say_json(value: Any, indent: int | None = None) -> None:
    """Print JSON, harmlessly."""
    typer.echo(harmless_json(json.dumps(value, indent=indent)))


def harmless_json(document: str) -> str:
    """A JSON document in ASCII: DEL is the one control character that `json.dumps` leaves."""
    return document.replace("\x7f", "\\u007f")
