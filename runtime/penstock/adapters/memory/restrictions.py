"""Restrictions in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from penstock.domain.ref import Ref
from penstock.domain.restriction import Restriction


class MemoryRestrictions:
    """Restrictions by key, and what each holds."""

    def __init__(self) -> None:
        self._put: dict[str, Restriction] = {}
        self._once: set[tuple[str, datetime]] = set()
        self._held: dict[str, dict[str, Ref]] = {}

    async def list(self) -> Sequence[Restriction]:
        """All of them."""
        return [self._put[key] for key in sorted(self._put)]

    async def put(self, restriction: Restriction) -> Restriction | None:
        """Restrict. Returns the restriction in force; None if this one was lifted."""
        one = (restriction.key, restriction.since)
        if restriction.key not in self._put and one not in self._once:
            self._put[restriction.key] = restriction
            self._once.add(one)
        return self._put.get(restriction.key)

    async def lift(self, key: str, since: datetime) -> Restriction | None:
        """Remove the restriction of that moment."""
        known = self._put.get(key)
        return self._put.pop(key) if known is not None and known.since == since else None

    async def note(self, key: str, ref: Ref) -> None:
        """Note that a restriction holds something of an entity."""
        self._held.setdefault(key, {})[str(ref)] = ref

    async def held(self, key: str, limit: int) -> Sequence[Ref]:
        """The entities noted for a restriction."""
        noted = self._held.get(key, {})
        return [noted[one] for one in sorted(noted)[:limit]]

    async def forget(self, key: str, ref: Ref) -> None:
        """Remove a note."""
        self._held.get(key, {}).pop(str(ref), None)
