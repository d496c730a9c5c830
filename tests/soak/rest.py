"""What is not at rest yet: messages, dead letters, operations, events that have not left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.e2e.world import World

_MAY_WAIT = frozenset({"access", "checkout"})
"""
Operations that wait for the end of a paid month, for a buyer, or for a shop that gave up: they are
at rest until they are due.

Whether a payment that was promised was made is a question of the reconciliation.
"""


def open_work(world: World, items: Iterable[Mapping[str, Any]]) -> list[str]:
    """All of it in words; nothing once everything has come to rest."""
    return [*_messages(world), *_of_ledger(items)]


def dead(world: World) -> list[str]:
    """The queues that have dead letters."""
    queues = world.platform.outputs["queues"]
    return [
        name for name, one in queues.items() if one.get("dlqUrl") and world.waiting(one["dlqUrl"])
    ]


def _messages(world: World) -> Iterator[str]:
    queues = world.platform.outputs["queues"]
    for name, queue in queues.items():
        if name != "rejected" and (there := world.waiting(queue["url"])):
            yield f"queue {name}: {len(there)} messages"
        letters = world.waiting(queue["dlqUrl"]) if queue.get("dlqUrl") else []
        for reason, count in Counter(map(_reason, letters)).items():
            yield f"dead letters of {name}: {count}: {reason}"


def _reason(letter: Mapping[str, Any]) -> str:
    attributes = letter.get("MessageAttributes") or {}
    return str(attributes.get("reason", {}).get("StringValue", "it has no reason"))


def _of_ledger(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for one in items:
        pk, sk = str(one["pk"]), str(one["sk"])
        if pk.startswith("held#"):
            yield f"{sk}: held by the restriction {pk.removeprefix('held#')}"
        if pk == "restrictions":
            yield f"restriction {sk}: was not released"
        if sk == "state":
            yield from _of_entity(pk, one)


def _of_entity(pk: str, one: Mapping[str, Any]) -> Iterator[str]:
    if one.get("sequence", 0) > one.get("published", 0):
        yield f"{pk}: {one['sequence'] - one.get('published', 0)} events have not left"
    if pk.startswith("signup#") and not one.get("opened"):
        return  # only its client can go on with it, and that gave up
    for operation in one.get("operations", ()):
        state = operation.get("state", "reserved")
        if state in ("succeeded", "declined"):
            continue
        due = operation.get("due_at")
        overdue = due is not None and datetime.fromisoformat(due) < datetime.now(UTC)
        if overdue or operation["kind"] not in _MAY_WAIT:
            reason = operation.get("reason", "")
            yield f"{pk}: its {operation['kind']} is {state}, due {due or 'never'}: {reason}"
