"""What operators have restricted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For type checkers only: an annotation costs no function an import.
    from penstock.domain.ref import Ref
    from penstock.domain.restriction import Restriction


class Restrictions(Protocol):
    """
    What operators have restricted, and the entities whose operations that holds.

    Every method raises LedgerUnavailable when the store gives no answer.
    """

    async def list(self) -> Sequence[Restriction]:
        """All restrictions, by their keys (a consistent read)."""
        ...

    async def put(self, restriction: Restriction) -> Restriction:
        """Restrict. Returns the restriction in force: an earlier one stays."""
        ...

    async def lift(self, key: str) -> Restriction | None:
        """Remove a restriction. Returns the one that was in force; its notes stay."""
        ...

    async def note(self, key: str, ref: Ref) -> None:
        """Note that a restriction holds an operation of an entity."""
        ...

    async def held(self, key: str, limit: int) -> Sequence[Ref]:
        """The entities noted for the restriction of that key (a consistent read)."""
        ...

    async def forget(self, key: str, ref: Ref) -> None:
        """Remove a note."""
        ...
