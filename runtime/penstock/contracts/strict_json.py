"""JSON from strangers: a text that could be read in two ways is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from threading import local
from typing import Any, NoReturn, cast

from penstock import problems
from penstock.domain.exact import DIGITS, number
from penstock.errors import RequestRefused

DEPTH = 32
"""How deep lists and objects may lie in each other; ours need four."""
_LONGEST = 64
"""Characters of a number with a point or an exponent."""
_BLANK = " \t\n\r"
"""What JSON takes for blank; Python takes more."""


def loads(body: bytes) -> Any:
    """
    Read a JSON body.

    Also refused: a name twice in one object, NaN and infinities, numbers that not every reader
    holds exactly, half surrogates, too deep nesting. 1.0 is the integer 1, as in JSON Schema; a
    fraction is a Decimal, never a float.

    Raises:
        RequestRefused: 400; says what is wrong without the text that was sent.
    """
    try:
        text = body.decode("utf-8").strip(_BLANK)
        value, end, objects = _read(text)
        if end != len(text):
            raise json.JSONDecodeError("more than one value", text, end)
    except UnicodeDecodeError as exc:
        raise _refused("the body must be JSON in UTF-8") from exc
    except RecursionError as exc:
        raise _too_deep() from exc
    except StopIteration as exc:
        raise _refused(f"the body is no JSON from {_place(body, exc.value)}") from None
    except json.JSONDecodeError as exc:
        # `from None`: the decoder's exception carries the document.
        raise _refused(f"the body is no JSON from {_place(body, exc.pos)}") from None
    if _is_suspect(text, objects):
        _look_through(value)
    return value


def _read(text: str) -> tuple[Any, int, int]:
    """
    The value at the beginning, where it ends, and how many objects it has.

    Each name has a colon, and only texts have more of them: as many colons as the objects have
    names are a proof that none is there twice. To take all names in pairs takes a third longer.
    """
    scan, lengths = _counted.by
    lengths.clear()
    value, end = scan(text, 0)
    names = sum(lengths)
    # No JSON has :// outside a text: the colons of addresses are left out.
    if names != text.count(":") and names != text.count(":") - text.count("://"):
        value, end = _scan_pairs(text, 0)
    return value, end, len(lengths)


def _integer(text: str) -> int:
    if len(text) > DIGITS:
        raise _refused(f"a number of the body has more than {DIGITS} digits")
    return int(text)


def _number(text: str) -> int | Decimal:
    if len(text) > _LONGEST:
        raise _refused(f"a number of the body has more than {_LONGEST} characters")
    try:
        exact = number(text)
    except ValueError as exc:
        raise _refused("a number of the body is too large") from exc
    # An integer is within its digits; a Decimal may be one far beyond, or far below any of ours.
    if isinstance(exact, Decimal) and not -_LONGEST < exact.adjusted() < DIGITS:
        raise _refused("a number of the body is too large or too small")
    return exact


def _constant(_: str) -> NoReturn:
    raise _refused("NaN and Infinity are no JSON")


def _scanner(**hook: Any) -> Callable[[str, int], tuple[Any, int]]:
    """
    What reads a value at a place; made once, where `json.loads` would make one for each body.

    Called without `raw_decode`, which turns its StopIteration, the place where a value was to
    begin, into an error of its own.
    """
    decoder: Any = json.JSONDecoder(
        parse_int=_integer, parse_float=_number, parse_constant=_constant, **hook
    )
    # Typeshed does not know `scan_once`.
    return decoder.scan_once


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise _refused("an object of the body has the same name twice")
    return named


_scan_pairs = _scanner(object_pairs_hook=_object)


class _Counted(local):
    """A thread's own scanner, and the lengths of the objects that it has read."""

    def __init__(self) -> None:
        lengths: list[int] = []
        note = lengths.append

        def noted(named: dict[str, Any]) -> dict[str, Any]:
            note(len(named))
            return named

        self.by = _scanner(object_hook=noted), lengths


_counted = _Counted()


def _is_suspect(text: str, objects: int) -> bool:
    """
    Whether a document may be deep, or hold half a pair: hardly any does.

    Nesting cannot be deeper than the number of objects and brackets, and only an escape can be
    half a pair. Cheap checks come first: the walk takes longer than reading the document.
    """
    if "\\" in text and ("\\ud" in text or "\\uD" in text):
        return True
    return objects + (text.count("[") if "[" in text else 0) > DEPTH


def _look_through(value: Any) -> None:
    """Refuse depth and half surrogates, without recursion: the value is a stranger's."""
    level: list[Any] = [value]
    for _ in range(DEPTH + 1):
        below: list[Any] = []
        for item in level:
            match item:
                case dict():
                    fields = cast("dict[str, Any]", item)
                    below += fields.keys()
                    below += fields.values()
                case list():
                    below += cast("list[Any]", item)
                case str():
                    _refuse_half_surrogates(item)
                case _:
                    pass
        if not below:
            return
        level = below
    raise _too_deep()


def _refuse_half_surrogates(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # `from None`: the exception carries the text.
        raise _refused("a text of the body holds half a surrogate pair") from None


def _too_deep() -> RequestRefused:
    return _refused(f"lists and objects of the body lie more than {DEPTH} deep")


def _place(body: bytes, position: int) -> str:
    """Where it is in what was sent, blanks before the value included."""
    text = body.decode("utf-8")
    at = json.JSONDecodeError("", text, position + len(text) - len(text.lstrip(_BLANK)))
    return f"line {at.lineno}, column {at.colno}"


def _refused(detail: str) -> RequestRefused:
    return RequestRefused(problems.BODY_REFUSED, detail)
