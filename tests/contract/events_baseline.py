"""
The baseline of the event schemas, and the changes since then that break readers of events.

Breaking: an event type or a field is gone; a type, a format or another constraint changed; a value
of an enum is gone; a field became required, or is not required any more. Anything added is fine.

`python -m tests.contract.events_baseline` (`make events-baseline`) renews the baseline on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.contract.baseline import Baseline
from tests.contract.differences import differences, silent
from tests.contract.event_schemas import EVENT, Schema, resolved, schemas


def present() -> dict[str, Schema]:
    """The schemas as they are in contracts/events, by `$id`, without what is only for people."""
    return {name: silent(schema) for name, schema in schemas().items()}


def breaking(before: Mapping[str, Schema], now: Mapping[str, Schema]) -> Iterator[str]:
    """Say what readers of events would trip over, one line each: which event, where, and what."""
    for kind in _events(before):
        if kind not in now:
            yield f"{_name(kind)}: the event type is gone"
            continue
        old, new = resolved(before[kind], kind, before), resolved(now[kind], kind, now)
        for where, what in differences(old, new, ()):
            yield f"{_name(kind)}: {'.'.join(where) or 'the event'} {what}"


def _events(schemas: Mapping[str, Schema]) -> list[str]:
    return [name for name in schemas if "." in _name(name)]


def _name(urn: str) -> str:
    return urn.removeprefix(EVENT)


BASELINE = Baseline("events", present, breaking)

if __name__ == "__main__":
    BASELINE.renew()
