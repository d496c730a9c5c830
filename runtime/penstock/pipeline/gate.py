"""
Gate: asked before every new call that moves or documents money.

    not restricted ──► the stage submits
    restricted ──────► the operation stays as it is, noted in the list that a release walks; its
                       message is acknowledged

Requests that were sent before are still looked up, and facts are still recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from penstock.api.context import Clock
from penstock.domain.operation import Operation
from penstock.domain.restriction import Restrictable, Restriction, keys
from penstock.ports import Restrictions

RESTRICTED = "restricted"
"""A stage's word for an operation that a restriction keeps."""
KNOWN_FOR = timedelta(seconds=5)
"""The greatest age of the list that a decision uses."""


@dataclass(slots=True)
class Gate:
    """The restrictions as this host last read them; if it cannot, nothing is submitted."""

    restrictions: Restrictions
    clock: Clock
    _known: Mapping[str, Restriction] = field(default_factory=dict[str, Restriction], init=False)
    _read_at: datetime | None = field(default=None, init=False)

    async def __call__(self, entity: Restrictable) -> Restriction | None:
        """
        What restricts an entity, if anything does.

        Raises:
            LedgerUnavailable: the list could not be read.
        """
        known = await self._list()
        return next((known[key] for key in keys(entity) if key in known), None)

    async def kept(self, entity: Restrictable, operation: Operation) -> Operation | None:
        """
        The operation as a restriction keeps it, to be committed; None where it may be submitted.

        Raises:
            LedgerUnavailable: no answer; then it must not be submitted.
        """
        if operation.restricted_at is not None:
            # It was held before and may have been released just now: then not on an old list.
            self._read_at = None
        found = await self(entity)
        return None if found is None else await self.keep(entity, operation, found)

    async def keep(
        self, entity: Restrictable, operation: Operation, restriction: Restriction
    ) -> Operation:
        """
        The operation as that restriction keeps it, to be committed.

        The note is written first: a release must find it, and a needless note is harmless.

        Raises:
            LedgerUnavailable: no answer.
        """
        await self.restrictions.note(restriction.key, entity.ref)
        return operation.restrict(self.clock.now(), restriction.says)

    async def _list(self) -> Mapping[str, Restriction]:
        now = self.clock.now()
        # A clock that was set back must not make an old list a fresh one.
        if self._read_at is None or not self._read_at <= now < self._read_at + KNOWN_FOR:
            self._known = {one.key: one for one in await self.restrictions.list()}
            self._read_at = now
        return self._known
