"""
A limit on the log lines that strangers cause: invalid requests must not fill the log.

Only lines about requests that were refused before anything was kept are limited. What the ledger
or a queue holds is always told, because alarms count it.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from structlog import DropEvent

from penstock.api.context import Clock

AT_ONCE = 20
"""Lines of one kind that may come at once."""
PER_SECOND = 1.0
"""Lines of one kind in the long run."""
UNLOGGED = "unlogged"
"""The field that says how many lines of the kind were left out before this one."""
_STRANGERS = frozenset(
    {"request.malformed", "connection.closed", "connection.refused", "library.logged"}
)


@dataclass(slots=True)
class _Kind:
    tokens: float
    at: float
    unlogged: int = 0


@dataclass(slots=True)
class LineRate:
    """
    A structlog processor: passes the first lines of a kind, then one per second.

    Raises:
        DropEvent: the line is left out; the kind's next line counts it in `unlogged`.
    """

    clock: Clock
    _kinds: dict[str, _Kind] = field(default_factory=dict[str, _Kind], init=False, repr=False)

    def __call__(
        self, _: Any, __: str, fields: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Let the line through, or leave it out."""
        name = str(fields.get("event"))
        if name not in _STRANGERS and not _is_refusal(fields):
            return fields
        now = self.clock.monotonic()
        kind = self._kinds.setdefault(name, _Kind(AT_ONCE, now))
        kind.tokens = min(AT_ONCE, kind.tokens + (now - kind.at) * PER_SECOND)
        kind.at = now
        if kind.tokens < 1:
            kind.unlogged += 1
            raise DropEvent
        kind.tokens -= 1
        if kind.unlogged:
            fields[UNLOGGED], kind.unlogged = kind.unlogged, 0
        return fields


def _is_refusal(fields: MutableMapping[str, Any]) -> bool:
    """Whether the line is about a webhook that the door refused."""
    return (fields.get("event"), fields.get("stage"), fields.get("outcome")) == (
        "stage.finished",
        "receive",
        "refused",
    )
