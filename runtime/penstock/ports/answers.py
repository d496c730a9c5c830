"""What was answered to operators' requests, so that a repeat gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For type checkers only: an annotation costs no function an import.
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """
    A request under an Idempotency-Key, and the try that works on it.

    Attributes:
        key: derived from the client and its key.
        digest: of what is asked.
        claim: names one try; no other try has it.
        until: when the claim ends.
        meant: what the first try was about, where that may change before it is repeated;
            None for a claim that does not say, as code before this field wrote it.
        answer: what was answered; None before.
    """

    key: str
    digest: str
    claim: str
    until: datetime
    meant: str | None = None
    answer: str | None = field(default=None, repr=False)


class Answers(Protocol):
    """
    What was answered to operators' requests; kept for 30 days.

    Every method raises LedgerUnavailable when the store gives no answer.
    """

    async def claim(self, asked: Asked, now: datetime) -> Asked:
        """
        Claim a request, unless it has an answer, another digest, or a claim that has not ended.

        Returns:
            What is kept under the key. It has the claim of `asked` where that was claimed; what is
            meant is then what the first try meant, or `asked` where that is not known.
        """
        ...

    async def keep(self, asked: Asked) -> None:
        """
        Keep what has become of a claim: its answer, or that it ends earlier.

        Raises:
            LedgerConflict: another claim has taken its place.
        """
        ...
