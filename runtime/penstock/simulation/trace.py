"""What happened, line by line: the end of it is shown, all of it is in its digest."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import deque
from collections.abc import Generator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from structlog.contextvars import merge_contextvars

from penstock.simulation.process import current

SHOWN = 40
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_UNTOLD = ("ms",)
_DULL = ("sweep.finished", "gaps.finished", "renew.finished", "dead_letters.waiting")
"""Said at every run of a schedule: they would fill the tail."""
_BUGS = ("stage.failed", "api.broke")


@dataclass
class Trace:
    """
    The log lines of one run.

    Attributes:
        tail: the last lines.
        renewed: how many dead letters were sent again because they were old.
        bugs: lines that say that an exception was not expected.
    """

    loop: asyncio.AbstractEventLoop
    tail: deque[str] = field(default_factory=lambda: deque[str](maxlen=SHOWN))
    bugs: list[str] = field(default_factory=list[str])
    lines: int = 0
    renewed: int = 0
    whole: list[str] | None = None
    _digest: Any = field(default_factory=hashlib.sha256)

    @property
    def digest(self) -> str:
        """The same for two runs that did the same."""
        return self._digest.hexdigest()[:16]

    def add(self, text: str) -> None:
        """Add a line."""
        process = current()
        # A signature may differ from run to run, and the hash of what it is in.
        text = _HASH.sub("…", text)
        line = f"{self.loop.time():12.3f} {process.name if process else '-':10} {text}"
        self.lines += 1
        self.tail.append(line)
        self._digest.update(line.encode())
        if self.whole is not None:
            self.whole.append(line)

    def broke(self, told: Mapping[str, Any]) -> None:
        """A task ended with an exception that nothing expects: the loop's exception handler."""
        self.bugs.append(f"{told.get('message')}: {told.get('exception')!r}")

    def processor(self, _: Any, level: str, fields: MutableMapping[str, Any]) -> Any:
        """A structlog processor that keeps the line, and lets none out."""
        event = str(fields.pop("event", ""))
        if event == "renew.finished":
            self.renewed += fields["renewed"]
        if event in _DULL:
            raise structlog.DropEvent
        failure = fields.pop("exc_info", None)
        # Sorted: what is bound to a context comes in any order.
        told = " ".join(f"{k}={v}" for k, v in sorted(fields.items()) if k not in _UNTOLD and v)
        self.add(f"{event} {told}")
        if event in _BUGS or "unexpected" in told:
            self.bugs.append(f"{event} {told} {_words(failure)}")
        raise structlog.DropEvent

    @contextmanager
    def taken(self) -> Generator[None]:
        """Take every log line until the block ends."""
        before = structlog.get_config()
        structlog.configure(
            processors=[merge_contextvars, self.processor],
            wrapper_class=structlog.make_filtering_bound_logger("info"),
            cache_logger_on_first_use=False,
        )
        try:
            yield
        finally:
            structlog.configure(**before)


def _words(failure: Any) -> str:
    import sys
    import traceback

    exc = sys.exc_info()[1] if failure is True else failure
    if not isinstance(exc, BaseException):
        return ""
    return "".join(traceback.format_exception(exc)[-3:])
