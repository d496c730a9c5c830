"""
Logs: one JSON object per line on standard output, with an event's name and fields.

Only scalars pass, and no field or text that looks confidential. This is the last line of defence:
no code logs bodies, headers or secrets in the first place.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from math import isfinite
from threading import RLock
from types import TracebackType
from typing import Any, cast

import structlog
from structlog.contextvars import (
    bind_contextvars,
    bound_contextvars,
    merge_contextvars,
    reset_contextvars,
)
from structlog.typing import Processor

__all__ = [
    "bind_contextvars",
    "bound_contextvars",
    "configure",
    "reset_contextvars",
    "trace",
]

_TRACE = "_X_AMZN_TRACE_ID"

LONGEST = 300
"""Characters of a text that are logged; reasons are shorter, bodies are not."""
_WITHHELD = re.compile(
    r"body|headers?|payload|token|secret|password|authorization|cookie|signature|e_?mail"
    r"|credentials?|api_?key",
    re.IGNORECASE,
)
CONFIDENTIAL = re.compile(
    r"pst_[0-9A-Za-z]+_[0-9A-Za-z_-]+"  # our bearer tokens
    r"|(?:bearer|basic)\s+\S+"
    r"|[^\s@<>]+@[^\s@<>]+\.[a-z]{2,}",  # e-mail addresses
    re.IGNORECASE,
)
_MARKS = ("@", "pst_", "bearer", "basic")
"""One of these is in whatever `CONFIDENTIAL` matches."""
_REDACTED = "…"
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_SAMPLED = re.compile("Root=([0-9A-Fa-f-]{10,64})(?:;.*)?;Sampled=1")


def configure(
    level: str,
    stack: str | None = None,
    *,
    see: Sequence[Processor] = (),
    limit: Sequence[Processor] = (),
) -> None:
    """
    Log from here on: events of `level` and above, libraries' from WARNING.

    Args:
        stack: named in every line: CloudWatch makes metrics of lines, by stack.
        see: a processor that gets every event from INFO on, whatever the level is.
        limit: a processor that may leave out what is about to be written.
    """
    lowest = "info" if see and level not in ("DEBUG", "INFO") else level.lower()
    structlog.configure(
        processors=[
            merge_contextvars,
            structlog.processors.add_log_level,
            *see,
            *([_from(level)] if see else []),
            *limit,
            _line_of(stack),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=_Output,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Libraries(logging.WARNING)]
    root.setLevel(logging.WARNING)


def trace(environ: Mapping[str, str]) -> Mapping[str, str]:
    """
    The id of X-Ray's trace of this invocation, to be bound; empty if it records none.

    Lambda always hands in an id, and with it whether there is a trace.
    """
    sampled = _SAMPLED.search(environ.get(_TRACE, ""))
    return {"trace_id": sampled[1]} if sampled else {}


def _from(level: str) -> Processor:
    """A structlog processor that leaves out what is below the level."""
    least = logging.getLevelNamesMapping()[level]

    def leave_out(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if logging.getLevelNamesMapping()[str(fields["level"]).upper()] < least:
            raise structlog.DropEvent
        return fields

    return leave_out


_ALONE = RLock()
"""Whose holder may come again: garbage collected meanwhile can say something, too."""


class _Output:
    """Standard output as it is."""

    __slots__ = ()

    def __init__(self, *_: Any) -> None:
        """What a logger is named by is not used."""

    def write(self, line: str) -> None:
        """Write a line, whole."""
        with _ALONE:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    debug = info = warning = error = critical = exception = write


def _line_of(stack: str | None) -> Processor:
    """A structlog processor that makes the line, in which its time and its stack are named."""

    def line(_: Any, __: str, fields: MutableMapping[str, Any]) -> str:
        fields["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        if stack:
            fields["stack"] = stack
        return plain_line(fields) or _dumps(scalars_only(_, __, fields))

    return line


def plain_line(fields: Mapping[str, Any]) -> str | None:
    """
    The line of fields that pass as they are, as nearly all do; None for all others.

    In one pass, which takes a third of making them scalars and encoding that.
    """
    # The event's name first: a person reads it in a terminal.
    parts = [""]
    for name, value in fields.items():
        key = _key(name)
        if key is None:
            return None
        if isinstance(value, str):
            if len(value) > LONGEST:
                return None
            text = key + quoted(value)
        elif type(value) is int or (type(value) is float and isfinite(value)):
            text = key + repr(value)
        else:
            return None
        if name == "event":
            parts[0] = text
        else:
            parts.append(text)
    line = f"{{{','.join(parts)}}}"
    # An escape may stand for a letter that a mark has by another name, such as the long s.
    if not parts[0] or "\\u" in line or "\x7f" in line or _is_suspect(line):
        return None
    return line


@lru_cache(maxsize=1024)
def _key(name: str) -> str | None:
    """A field's name as a line has it; None for what is withheld or says where it failed."""
    return None if name == "exc_info" or _is_withheld(name) else f"{quoted(name)}:"


def scalars_only(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: what may be confidential is replaced, so that its absence shows."""
    failure = fields.pop("exc_info", None)
    # The event's name first: a person reads it in a terminal.
    told: dict[str, Any] = {"event": ""}
    texts: list[str] = []
    for name, value in fields.items():
        kind = cast("type[object]", type(value))
        if _is_withheld(name):
            value = _REDACTED
        elif kind is str:
            texts.append(value)
        elif kind is not int and kind is not float:
            value = _told(value)
        told[name] = value
    # One look at all texts: nearly every line has nothing to hide.
    together = "\n".join(texts)
    long = len(together) > LONGEST and max(map(len, texts)) > LONGEST
    if long or _is_suspect(together):
        told = {name: _text(one) if type(one) is str else one for name, one in told.items()}
    if failure:
        told["failure"] = _failure(failure)
    return told


def _told(value: Any) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return f"<{type(value).__name__}>"


def _text(value: str) -> str:
    text = CONFIDENTIAL.sub(_REDACTED, value) if _is_suspect(value) else value
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}{_REDACTED}"


@lru_cache(maxsize=1024)
def _is_withheld(name: str) -> bool:
    return _WITHHELD.search(name) is not None


def _is_suspect(text: str) -> bool:
    """Whether `CONFIDENTIAL` could match: it takes longer over a text than all else does."""
    folded = text.casefold()
    for mark in _MARKS:  # noqa: SIM110 - `any` over a generator takes four times as long
        if mark in folded:
            return True
    return False


def _failure(info: Any) -> str:
    """An exception's type and place; its message may quote a payload."""
    exc = sys.exc_info()[1] if info is True else info
    if isinstance(exc, tuple):
        exc = exc[1]  # pyright: ignore[reportUnknownVariableType] - (type, value, traceback)
    if not isinstance(exc, BaseException):
        return "unknown"
    return f"{type(exc).__name__} at {_place(exc.__traceback__)}"


def _place(trace: TracebackType | None) -> str:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"


def _dumps(fields: Mapping[str, Any]) -> str:
    # DEL is the one control character that JSON in ASCII leaves as it is.
    return _ENCODER.encode(fields).replace("\x7f", "\\u007f")


class _Libraries(logging.Handler):
    """Libraries' log lines: who and where, without the message, which may quote a request."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().warning(
            "library.logged",
            library=record.name,
            severity=record.levelname,
            at=f"{record.module}:{record.lineno}",
        )
