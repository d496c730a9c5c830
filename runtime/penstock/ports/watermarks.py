"""How far each gateway's list of notifications was compared with the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For type checkers only: an annotation costs no function an import.
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Watermark:
    """
    How far a gateway's list of notifications was compared with the ledger.

    Attributes:
        at: when the newest compared notification was made, by the gateway's clock.
        since: when the comparison began; nothing older is looked for.
        looked_back_at: when we last looked further back than usual, by our clock.
        looked_back_to: how far the look back under way got; None while there is none.
    """

    at: datetime
    since: datetime
    looked_back_at: datetime
    looked_back_to: datetime | None = None


class Watermarks(Protocol):
    """
    The watermarks, one per gateway.

    Every method raises LedgerUnavailable when the store gives no answer.
    """

    async def get(self, gateway: str) -> Watermark | None:
        """The gateway's watermark (a consistent read); None before the first comparison."""
        ...

    async def move(self, gateway: str, known: Watermark | None, to: Watermark) -> bool:
        """Replace the known watermark. False if another writer replaced it before."""
        ...
