"""Which events each sink was given, in the ledger's table."""

from __future__ import annotations

from datetime import datetime, timedelta

from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.table import Table
from penstock.adapters.aws.values import Item, from_item, to_item
from penstock.domain.place import stamp
from penstock.errors import LedgerConflict
from penstock.ports import Trouble

KEPT_FOR = timedelta(days=30)
"""Longer than a queue and then its dead-letter queue keep a message (14 days each)."""
_ENDPOINT = "~endpoint"
_FIRST_TRIED = "~first#"
"""In the place of an event's id, which none has. The function may write its own sink's items."""


class DynamoAttempts:
    """One item per event that a sink was given. Every call raises LedgerUnavailable."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._table = Table(clients, table)

    async def delivered(self, sink: str, event_id: str) -> bool:
        """Whether the sink was given the event (a consistent read)."""
        return await self._table.get(_key(sink, event_id)) is not None

    async def record(self, sink: str, event_id: str, at: datetime) -> None:
        """Remember that the sink was given the event at that moment."""
        await self._table.put(attempt_item(sink, event_id, at))

    async def first_tried(self, sink: str, message_id: str, at: datetime) -> datetime:
        """When a message was first tried at the sink."""
        item = _key(sink, f"{_FIRST_TRIED}{message_id}") | to_item(
            {"sink": sink, "first_tried_at": stamp(at), "expires_at": _expiry(at)}
        )
        held = await self._table.put_once(item, "note a first try")
        return datetime.fromisoformat(from_item(held)["first_tried_at"]) if held else at

    async def trouble(self, sink: str) -> Trouble | None:
        """What is wrong with the sink's endpoint (a consistent read)."""
        item = await self._table.get(_key(sink, _ENDPOINT))
        kept = from_item(item) if item else {}
        if "failing_since" not in kept:
            return None
        disabled = kept.get("disabled_at")
        return Trouble(
            datetime.fromisoformat(kept["failing_since"]),
            datetime.fromisoformat(disabled) if disabled else None,
            kept.get("because", ""),
        )

    async def note(self, sink: str, trouble: Trouble | None, *, before: Trouble | None) -> bool:
        """
        Remember what is wrong with the sink's endpoint, if it still is as `before` says.

        Its item stays, and says nothing while the endpoint is well.
        """
        item = _key(sink, _ENDPOINT) | to_item({"sink": sink, **_told(trouble)})
        told = _told(before)
        as_before = " AND ".join(
            f"#{name} = :{name}" if name in told else f"attribute_not_exists({name})"
            for name in ("failing_since", "disabled_at")
        )
        compared = {name: told[name] for name in ("failing_since", "disabled_at") if name in told}
        try:
            taken = await self._table.put_if(as_before, item, "note an endpoint", **compared)
        except LedgerConflict:
            return False
        return taken is None


def _told(trouble: Trouble | None) -> dict[str, str]:
    """It as the item's fields; none for an endpoint that is well."""
    if trouble is None:
        return {}
    told = {"failing_since": stamp(trouble.since)}
    if trouble.disabled_at is not None:
        told |= {"disabled_at": stamp(trouble.disabled_at), "because": trouble.because}
    return told


def attempt_item(sink: str, event_id: str, at: datetime) -> Item:
    """The item that says that a sink was given an event, and when."""
    return _key(sink, event_id) | to_item(
        {
            "sink": sink,
            "event_id": event_id,
            "delivered_at": stamp(at),
            "expires_at": _expiry(at),
        }
    )


def _expiry(at: datetime) -> int:
    return int((at + KEPT_FOR).timestamp())


def _key(sink: str, event_id: str) -> Item:
    return to_item({"pk": f"attempt#{sink}#{event_id}", "sk": "attempt"})
