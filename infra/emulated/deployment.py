"""Making an account what the program says, one resource at a time."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.emulated.kind import Clients, Kind
from infra.emulated.live import LIVE
from infra.emulated.state import Remembers, Row
from infra.emulated.table import TABLE
from infra.graph.monitor import Declared, Made
from infra.graph.values import Unrealisable, digest, open_secrets


@dataclass(slots=True)
class Tally:
    """How many resources were made, changed, replaced, left alone and dropped."""

    made: int = 0
    changed: int = 0
    replaced: int = 0
    same: int = 0
    dropped: int = 0


class Deployment:
    """
    One run: `register` each resource the program names, then `finish`.

    Whatever is interrupted is completed by the next run: every handler adopts what exists.
    """

    def __init__(
        self, clients: Clients, state: Remembers, table: Mapping[str, Kind] = TABLE
    ) -> None:
        self.tally = Tally()
        self._clients = clients
        self._table = table
        self._state = state
        self._rows = self._state.load()
        self._named: set[str] = set()
        self._lock = threading.Lock()
        self._orders = count(max((row.order for row in self._rows.values()), default=0) + 1)

    def register(self, declared: Declared) -> Made:
        """
        Make one resource what the program says; what has not changed is not touched.

        Raises:
            Unrealisable: its type or a property is not known, or AWS refused it.
        """
        kind = self._kind(declared)
        inputs = _with_default_tags(kind, declared)
        digests = {name: digest(value) for name, value in inputs.items()}
        with self._lock:
            if declared.urn in self._named:
                raise Unrealisable(f"{declared}: the program names it twice")
            self._named.add(declared.urn)
            row = self._rows.get(declared.urn)
            order = row.order if row else next(self._orders)
        if row and _same(kind, row, digests, declared.protect):
            self._count("same")
            return Made(row.id, {name: row.outputs[name] for name in kind.computed})
        if row is None and declared.adopts:
            self._refuse_absent(declared)
        try:
            made = self._put(kind, declared, open_secrets(inputs), row, digests)
        except (ClientError, BotoCoreError, ValueError, KeyError) as exc:
            raise Unrealisable(f"{declared}: {_refusal(exc)}") from exc
        if missing := kind.computed - made.outputs.keys():
            raise Unrealisable(f"{declared}: its handler returned no {', '.join(sorted(missing))}")
        kept = {name: inputs[name] for name in kind.kept}
        new = Row(
            declared.urn,
            declared.type,
            made.id,
            order,
            declared.protect,
            digests,
            {**kept, **made.outputs},
            declared.retained,
        )
        self._state.save(new)
        with self._lock:
            self._rows[declared.urn] = new
        return made

    def finish(self) -> None:
        """
        Drop what the program names no more, the latest made first.

        Raises:
            Unrealisable: one of them is protected, or AWS refused.
        """
        gone = [row for urn, row in self._rows.items() if urn not in self._named]
        held = {(row.type, row.id) for urn, row in self._rows.items() if urn in self._named}
        for row in sorted(gone, key=lambda row: row.order, reverse=True):
            # The same thing under another logical name is not gone.
            if (row.type, row.id) not in held:
                self._drop(row)
                self._count("dropped")
            self._state.forget(row.urn)
            del self._rows[row.urn]

    def _refuse_absent(self, declared: Declared) -> None:
        """An import of what is not there fails, as the engine's does: it makes nothing."""
        if LIVE[declared.type].ask(self._clients, declared.adopts, {}) is None:
            raise Unrealisable(f"{declared}: there is no {declared.adopts}: restore into it first")

    def _kind(self, declared: Declared) -> Kind:
        kind = self._table.get(declared.type)
        if kind is None:
            raise Unrealisable(f"{declared}: no handler knows this type")
        if unknown := declared.inputs.keys() - kind.properties:
            raise Unrealisable(
                f"{declared}: its handler does not know the property {', '.join(sorted(unknown))}"
            )
        return kind

    def _put(
        self,
        kind: Kind,
        declared: Declared,
        inputs: Mapping[str, Any],
        row: Row | None,
        digests: Mapping[str, str | None],
    ) -> Made:
        if row is None:
            self._count("made")
            return kind.put(self._clients, inputs, None)
        if any(row.digests.get(name) != digests.get(name) for name in kind.replacing):
            # Names are taken: the old one goes first.
            self._drop(row)
            self._count("replaced")
            return kind.put(self._clients, inputs, None)
        self._count("changed")
        return kind.put(self._clients, inputs, row.id)

    def _drop(self, row: Row) -> None:
        name = row.urn.rsplit("::", 1)[-1]
        if row.protect:
            raise Unrealisable(f"{row.type} {name} is protected: it is not deleted")
        if row.retained:
            return
        try:
            self._table[row.type].drop(self._clients, row.id, row.outputs)
        except (ClientError, BotoCoreError) as exc:
            raise Unrealisable(f"{row.type} {name}: {_refusal(exc)}") from exc

    def _count(self, what: str) -> None:
        with self._lock:
            setattr(self.tally, what, getattr(self.tally, what) + 1)


def _same(kind: Kind, row: Row, digests: Mapping[str, str | None], protect: bool) -> bool:
    return (
        row.digests == digests
        and None not in digests.values()
        and row.protect == protect
        # A handler that has learnt to return more is asked again.
        and kind.computed | kind.kept <= row.outputs.keys()
    )


def _with_default_tags(kind: Kind, declared: Declared) -> Mapping[str, Any]:
    """Nobody but the provider merges its default tags into a resource's."""
    if "tags" not in kind.properties or not (text := declared.provider.get("defaultTags")):
        return declared.inputs
    # A provider's configuration is all texts, JSON inside.
    defaults = (json.loads(text) if isinstance(text, str) else text).get("tags", {})
    return {**declared.inputs, "tags": {**defaults, **declared.inputs.get("tags", {})}}


def _refusal(exc: Exception) -> str:
    """Why AWS refused; its message is about the request's shape, not its secrets."""
    match exc:
        case ClientError():
            return str(exc)
        case KeyError():
            return f"{exc.args[0]} is missing"
        case _:
            return str(exc) or type(exc).__name__
