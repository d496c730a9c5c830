"""
Every operator's command leaves two lines in the audit trail: before it begins, and at its end.

    async with audited("payments restrict", [f"payment#{id}"], because) as trail:
        …
        trail.effect = "restricted: charge held"

A command that is killed leaves its first line only, and is listed as not finished.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from penstock.api.context import Clock, Ids
from penstock.domain.audit import Begun, Done, Ending, Facts
from penstock.errors import (
    CommandRefused,
    OptionRefused,
    PenstockError,
    TransientError,
    UnknownPayment,
)
from penstock.ports import Audit

MOST_WORDS = 300
"""Characters that a reason may have."""
_LONGEST = 500


def said(because: str, option: str = "--because") -> str:
    """
    The reason that an operator gives, without blanks around it.

    Raises:
        OptionRefused: it is empty or too long.
    """
    because = because.strip()
    if not 0 < len(because) <= MOST_WORDS:
        raise OptionRefused(option, f"takes a reason of 1 to {MOST_WORDS} characters")
    return because


@dataclass(slots=True)
class Trail:
    """
    What a command adds to its entry while it runs.

    Attributes:
        effect: what it did, in one line.
        before, after: how the subject was and is; no personal data, no secret.
    """

    effect: str = "done"
    before: Facts = field(default_factory=dict[str, "str | int | bool"])
    after: Facts = field(default_factory=dict[str, "str | int | bool"])


@dataclass(frozen=True, slots=True)
class Audited:
    """
    One actor's way into the audit trail.

    Attributes:
        actor: who runs the commands, as `Begun.actor` has it.
    """

    audit: Audit
    clock: Clock
    ids: Ids
    actor: str

    @asynccontextmanager
    async def __call__(
        self,
        command: str,
        subjects: Sequence[str],
        because: str | None = None,
        before: Facts | None = None,
    ) -> AsyncGenerator[Trail]:
        """
        Run a command between its two lines.

        Nothing is done unless the first line is written. What the command raises is written as
        its ending and raised again; a cancellation ends without a second line.

        Raises:
            LedgerUnavailable: a line could not be written.
        """
        begun = Begun(
            self.ids.new(),
            self.clock.now(),
            self.actor,
            command,
            tuple(subjects),
            because,
            before or {},
        )
        await self.audit.begin(begun)
        trail = Trail()
        try:
            yield trail
        except Exception as exc:
            await self._failed(begun, trail, exc)
            raise
        await self.audit.finish(begun, self._done(trail, Ending.done, trail.effect))

    async def _failed(self, begun: Begun, trail: Trail, exc: Exception) -> None:
        refused = isinstance(exc, CommandRefused | UnknownPayment)
        # An error that is not ours may quote what it failed on: its type has to do.
        words = str(exc) if isinstance(exc, PenstockError) else "a bug, or no answer"
        ending = Ending.refused if refused else Ending.failed
        try:
            await self.audit.finish(begun, self._done(trail, ending, words, type(exc).__name__))
        except TransientError as lost:
            # The command's own error says more; the entry stays as one that has not ended.
            structlog.get_logger().warning("audit.not_finished", because=str(lost), entry=begun.id)

    def _done(self, trail: Trail, ending: Ending, effect: str, error: str | None = None) -> Done:
        return Done(self.clock.now(), ending, effect[:_LONGEST], error, trail.before, trail.after)
