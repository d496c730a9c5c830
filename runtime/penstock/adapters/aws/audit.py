"""The audit trail, in the ledger's table: each line is written once, under its own key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.table import Table
from penstock.adapters.aws.values import Item, from_item, to_item
from penstock.domain.audit import Begun, Done, Ending, Entry
from penstock.domain.place import stamp
from penstock.errors import LedgerConflict
from penstock.ports import Place

_BEGUN, _DONE = "begun", "done"
"""The ends of the sort keys; in this order, so that an entry's two lines stand together."""


class DynamoAudit:
    """A partition for each day. Every call raises LedgerUnavailable."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._table = Table(clients, table)

    async def begin(self, begun: Begun) -> None:
        """Write that a command begins."""
        fields = {
            "actor": begun.actor,
            "command": begun.command,
            "subjects": begun.subjects,
            "reason": begun.reason,
            "before": begun.before,
        }
        await self._put(_key(begun, _BEGUN) | to_item(fields))

    async def finish(self, begun: Begun, done: Done) -> None:
        """Write how the command ended."""
        fields = {
            "at": stamp(done.at),
            "ending": done.ending.value,
            "effect": done.effect,
            "error": done.error,
            "before": done.before,
            "after": done.after,
        }
        await self._put(_key(begun, _DONE) | to_item(fields))

    async def of_day(self, day: date, limit: int, before: Place | None = None) -> Sequence[Entry]:
        """Entries that began on a day, newest first (a consistent read)."""
        # Nothing sorts after "~": a place's own lines and all newer ones are left out.
        end = _place(before.at, before.id) if before else "~"
        found = await self._table.query(
            "pk = :day AND sk < :end",
            to_item({":day": f"audit#{day.isoformat()}", ":end": end}),
            limit=2 * limit,
            newest_first=True,
        )
        lines: dict[str, dict[str, Mapping[str, Any]]] = {}
        for item in found:
            record = from_item(item)
            where, _, which = record["sk"].rpartition("#")
            lines.setdefault(where, {})[which] = record
        # The oldest may be cut in two, but only beyond the limit.
        whole = [one for one in lines.values() if _BEGUN in one]
        return [_read(one) for one in whole[:limit]]

    async def _put(self, item: Item) -> None:
        held = await self._table.put_once(item, "write the audit trail")
        # A repeat after a lost answer finds its own line.
        if held and from_item(held) != from_item(item):
            raise LedgerConflict("audit: another line has this place")


def _key(begun: Begun, which: str) -> Item:
    day = begun.at.astimezone(UTC).date().isoformat()
    return to_item({"pk": f"audit#{day}", "sk": f"{_place(begun.at, begun.id)}#{which}"})


def _place(at: datetime, identity: str) -> str:
    return f"{stamp(at)}#{identity}"


def _read(lines: Mapping[str, Mapping[str, Any]]) -> Entry:
    first, last = lines[_BEGUN], lines.get(_DONE)
    at, identity, _ = first["sk"].split("#")
    begun = Begun(
        id=identity,
        at=datetime.fromisoformat(at),
        actor=first["actor"],
        command=first["command"],
        subjects=tuple(first["subjects"]),
        reason=first.get("reason"),
        before=first["before"],
    )
    return Entry(begun, _ending(last) if last else None)


def _ending(record: Mapping[str, Any]) -> Done:
    return Done(
        at=datetime.fromisoformat(record["at"]),
        ending=Ending(record["ending"]),
        effect=record["effect"],
        error=record.get("error"),
        before=record["before"],
        after=record["after"],
    )
