"""
Files that a run with marks does not even import, because none of their tests would be chosen.

Reading them takes each worker half a minute, before its first test; most of it for nothing where
only what is slow is run.
"""

from __future__ import annotations

import re

from tests.depth import DEEP

_ALL = re.compile(r"^pytestmark = (?:\[.*?\]$|[^\n\[]+$)", re.M | re.S)
_MARK = re.compile(r"\bmark\.(\w+)")
_TERMS = re.compile(r"(?:not )?\w+(?: and (?:not )?\w+)*")


def left_out(text: str, wanted: str) -> bool:
    """
    Whether none of a test file's tests has the marks.

    Args:
        text: the file.
        wanted: marks as pytest takes them; only `a and not b` is understood, nothing is left out
            for what is more.
    """
    if not _TERMS.fullmatch(wanted):
        return False
    whole = _marks(" ".join(one[0] for one in _ALL.finditer(text)))
    terms = wanted.split(" and ")
    banned = {term.removeprefix("not ") for term in terms if term.startswith("not ")}
    asked = {term for term in terms if not term.startswith("not ")}
    return bool(banned & whole or asked - _marks(text))


def _marks(text: str) -> set[str]:
    """Those that are written in it; one of `tests.depth` is slow, unless the search is deep."""
    deep = {"slow"} if not DEEP and re.search(r"\bLONG\b", text) else set[str]()
    return {*_MARK.findall(text), *deep}
