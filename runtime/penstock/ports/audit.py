"""The record of what operators did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For type checkers only: an annotation costs no function an import.
    from datetime import date

    from penstock.domain.audit import Begun, Done, Entry
    from penstock.ports.ledger import Place


class Audit(Protocol):
    """
    What operators did. An entry has two lines, each written once and never changed.

    Every method raises LedgerUnavailable when the store gives no answer. The line may have been
    written all the same; writing the same line again is no conflict.
    """

    async def begin(self, begun: Begun) -> None:
        """
        Write that a command begins.

        Raises:
            LedgerConflict: another entry has this place.
        """
        ...

    async def finish(self, begun: Begun, done: Done) -> None:
        """
        Write how the command ended.

        Raises:
            LedgerConflict: the entry has another ending.
        """
        ...

    async def of_day(self, day: date, limit: int, before: Place | None = None) -> Sequence[Entry]:
        """
        Entries that began on a day (UTC), newest first (a consistent read).

        Args:
            before: leave out this place and what is newer.
        """
        ...
