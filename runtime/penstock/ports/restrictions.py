"""What operators have restricted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For type checkers only: an annotation costs no function an import.
    from datetime import datetime

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

    async def put(self, restriction: Restriction) -> Restriction | None:
        """
        Restrict. Returns the restriction in force: an earlier one stays.

        None where this very one, known by its key and moment, was put before and has been lifted:
        it is not put again. That is known for 90 days.
        """
        ...

    async def lift(self, key: str, since: datetime) -> Restriction | None:
        """
        Remove the restriction that was put at that moment, and no other. Returns it, or None if
        it is not in force; its notes stay.
        """
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
