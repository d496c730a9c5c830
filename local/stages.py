"""What the stages said: one line an item, read out of the functions' or the server's log."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.platform import Platform

EVENTS = frozenset({"stage.finished", "delivery.received"})
FILTER = '"outcome"'
"""What the log is asked for: a word that each such line holds."""
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class StageLine:
    """
    One item went through one stage.

    Attributes:
        where: the function's name within the stack, or the stage's.
        ms: how long the stage took.
        because: why it was parked or comes back.
    """

    at: datetime
    where: str
    entity: str
    outcome: str
    ms: float
    because: str | None = None
    delivery_id: str | None = None


def parse(line: str, at: datetime, where: str | None = None) -> StageLine | None:
    """A line of the log, if it is a stage's."""
    if not line.startswith("{"):
        return None
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    if fields.get("event") not in EVENTS:
        return None
    stage = str(fields.get("stage", "?"))
    sink = fields.get("sink")
    return StageLine(
        at=at,
        where=where or (f"{stage}-{sink}" if sink else stage),
        entity=str(fields.get("entity") or ""),
        outcome=str(fields.get("outcome", "?")),
        ms=float(fields.get("ms", 0)),
        because=fields.get("because"),
        delivery_id=fields.get("delivery_id"),
    )


async def from_functions(platform: Platform) -> AsyncIterator[StageLine]:
    """Follow the functions' log groups on the emulator, for ever."""
    follower = Follower(platform.client("logs"), platform.outputs["functions"])
    while True:
        for line in await asyncio.to_thread(follower.news):
            yield line
        # The emulator's log has no way to wait for news.
        await asyncio.sleep(_POLL_SECONDS)


async def from_server(log: asyncio.StreamReader) -> AsyncIterator[StageLine]:
    """Follow what `penstock serve` prints, until it ends."""
    async for raw in log:
        line = parse(raw.decode(errors="replace").strip(), datetime.now(UTC))
        if line is not None:
            yield line


class Follower:
    """Reads what is new in the log groups of functions."""

    def __init__(self, logs: Any, functions: Mapping[str, str]) -> None:
        self._logs = logs
        self._groups = {f"/aws/lambda/{physical}": name for name, physical in functions.items()}
        self._read: Counter[str] = Counter()

    def news(self) -> list[StageLine]:
        """Lines that were not there the time before, oldest first."""
        found: list[StageLine] = []
        for group, name in self._groups.items():
            try:
                answer = self._logs.filter_log_events(logGroupName=group, filterPattern=FILTER)
            except self._logs.exceptions.ResourceNotFoundException:
                continue
            # Each invocation has a stream of its own, and one that ended before another may be
            # written after it: so what was read is counted by stream.
            seen: Counter[str] = Counter()
            for event in answer["events"]:
                stream = event["logStreamName"]
                seen[stream] += 1
                if seen[stream] <= self._read[stream]:
                    continue
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                line = parse(event["message"], at, name)
                if line is not None:
                    found.append(line)
            self._read |= seen
        return sorted(found, key=lambda line: line.at)
