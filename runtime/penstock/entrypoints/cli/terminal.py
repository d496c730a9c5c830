"""
Strangers' text on a terminal: shown, never obeyed.

A payer's name, a message's body or a gateway's reason may hold escape sequences that clear the
screen, or marks that turn the reading direction (CVE-2021-42574 is that trick in source code).
"""

from __future__ import annotations

import unicodedata

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


def harmless_json(document: str) -> str:
    """A JSON document in ASCII: DEL is the one control character that `json.dumps` leaves."""
    return document.replace("\x7f", "\\u007f")
