"""
CloudWatch's filter patterns for JSON logs, as far as ours go: no emulator has them.

    { $.status = "413" && ($.route = "POST /webhooks/*" || $.route = "-") }

After AWS's "Filter pattern syntax for metric filters": a selector, `=` or `!=`, a text in quotes
in which `*` stands for anything, a number, or `*` alone for any value; && before ||; parentheses.
A text equals texts and a number numbers only. A line that is no JSON, or has no such field, does
not match. Whatever else AWS knows (IS NULL, regular expressions, arrays …) is refused here: a
pattern that uses it needs its meaning written down first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Matches = Callable[[Mapping[str, Any]], bool]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<sign>&&|\|\||!=|=|[(){}])
    | (?P<selector>\$(?:\.[A-Za-z_][A-Za-z0-9_]*)+)
    | "(?P<text>[^"\\]*)"
    | (?P<anything>\*)(?![\w.*])
    | (?P<number>-?\d+(?:\.\d+)?)(?![\w.*])
    )\s*""",
    re.VERBOSE,
)


class UnknownPattern(Exception):
    """A pattern that says more than is understood here, or that AWS would not take."""


def matcher(pattern: str) -> Callable[[str], bool]:
    """
    Whether a line of a log matches the pattern.

    Raises:
        UnknownPattern: it is not understood.
    """
    matches = _Reader(pattern).whole()

    def line_matches(line: str) -> bool:
        try:
            parsed = json.loads(line)
        except ValueError:
            return False
        return isinstance(parsed, dict) and matches(parsed)

    return line_matches


def select(selector: str, line: Mapping[str, Any]) -> Any:
    """What a selector stands for in a line; None where there is no such field."""
    found: Any = line
    for name in selector.removeprefix("$.").split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


class _Reader:
    """Reads a pattern from the left, one function for each rule of its grammar."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(pattern):
            token = _TOKEN.match(pattern, place)
            if token is None:
                raise UnknownPattern(f"{pattern!r}, at {pattern[place:]!r}")
            kind = token.lastgroup or ""
            self._tokens.append((kind, token[kind]))
            place = token.end()

    def whole(self) -> Matches:
        self._take("{")
        found = self._either()
        self._take("}")
        if self._tokens:
            raise UnknownPattern(self._pattern)
        return found

    def _either(self) -> Matches:
        found = self._both()
        while self._next() == "||":
            self._take("||")
            found = _or(found, self._both())
        return found

    def _both(self) -> Matches:
        found = self._one()
        while self._next() == "&&":
            self._take("&&")
            found = _and(found, self._one())
        return found

    def _one(self) -> Matches:
        if self._next() == "(":
            self._take("(")
            found = self._either()
            self._take(")")
            return found
        selector, sign, (kind, value) = self._kind("selector"), self._kind("sign"), self._any()
        if sign not in ("=", "!=") or kind not in _EQUAL:
            raise UnknownPattern(self._pattern)
        equal = _EQUAL[kind](value)

        def compare(line: Mapping[str, Any]) -> bool:
            there = select(selector, line)
            return there is not None and equal(there) == (sign == "=")

        return compare

    def _next(self) -> str | None:
        return self._tokens[0][1] if self._tokens and self._tokens[0][0] == "sign" else None

    def _any(self) -> tuple[str, str]:
        if not self._tokens:
            raise UnknownPattern(self._pattern)
        return self._tokens.pop(0)

    def _kind(self, wanted: str) -> str:
        kind, value = self._any()
        if kind != wanted:
            raise UnknownPattern(self._pattern)
        return value

    def _take(self, sign: str) -> None:
        if self._any() != ("sign", sign):
            raise UnknownPattern(self._pattern)


def _text(value: str) -> Callable[[Any], bool]:
    wanted = re.compile(".*".join(map(re.escape, value.split("*"))), re.DOTALL)
    return lambda there: isinstance(there, str) and wanted.fullmatch(there) is not None


def _number(value: str) -> Callable[[Any], bool]:
    return lambda there: (
        isinstance(there, int | float)
        and not isinstance(there, bool)
        and float(value) == float(there)
    )


def _anything(_: str) -> Callable[[Any], bool]:
    return lambda there: True


_EQUAL = {"text": _text, "number": _number, "anything": _anything}


def _or(left: Matches, right: Matches) -> Matches:
    return lambda line: left(line) or right(line)


def _and(left: Matches, right: Matches) -> Matches:
    return lambda line: left(line) and right(line)
