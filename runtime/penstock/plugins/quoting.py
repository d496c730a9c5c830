"""The text of an exception that a plugin raised, without the values of its settings."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

_LONGEST = 300
_SHORTEST = 4
"""Characters of a value that is hidden; the text `1` stands in every message."""
_TOKEN = re.compile(r"(?=[\w+/=.~-]*\d)(?=[\w+/=.~-]*[A-Za-z])[\w+/=.~-]{20,}")
"""What looks like a key, wherever the plugin has it from."""
_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")


def quoted(exc: BaseException, settings: BaseModel) -> str:
    """
    One line: the exception's type, its text and where it was raised.

    A setting's value is replaced by the setting's name; what looks like a key or an e-mail address
    is left out, because a plugin may have read it elsewhere.
    """
    text = str(exc)
    for name, value in _values(settings.model_dump(mode="python")):
        text = text.replace(value, f"<{name}>")
    text = _ADDRESS.sub("…", _TOKEN.sub("…", text))
    text = _CONTROLS.sub(" ", text).strip()
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"
    return f"{type(exc).__name__}{': ' if text else ''}{text}{_place(exc)}"


def _place(exc: BaseException) -> str:
    """The file, in its package, and line that raised it; nothing where that is unknown."""
    frames = traceback.extract_tb(exc.__traceback__)
    if not frames:
        return ""
    last = frames[-1]
    return f" ({'/'.join(Path(last.filename).parts[-2:])}, line {last.lineno})"


def _values(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts in the settings, the longest first, each with the field that holds it."""
    found = {
        text: name
        for name, value in settings.items()
        for text in _texts(value)
        if len(text) >= _SHORTEST
    }
    for text in sorted(found, key=len, reverse=True):
        yield found[text], text


def _texts(value: object) -> Iterator[str]:
    match value:
        case dict():
            for one in cast(dict[object, object], value).values():
                yield from _texts(one)
        case list() | tuple() | set() | frozenset():
            for one in cast(list[object], value):
                yield from _texts(one)
        case _ if hasattr(value, "get_secret_value"):
            yield from _texts(cast(Any, value).get_secret_value())
        case None | bool():
            return
        case str():
            yield value
            yield json.dumps(value)[1:-1]
        case _:
            yield str(value)
