"""Waits for the effect of letters that were sent back, so that a command can report it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from penstock.api.context import Clock
from penstock.domain.delivery import Delivery
from penstock.operators.content import REJECTED
from penstock.operators.dead_letters import LettersOf
from penstock.operators.knowledge import Knowledge
from penstock.operators.letters import Letter

_EVERY = 1.0
_CLOCKS = timedelta(minutes=1)
"""How far the queue's clock may be behind ours."""
_LOOK = 5
"""Looks into the ledger per look at the dead letters, which hides them for a moment."""


@dataclass(frozen=True, slots=True)
class Effects:
    """
    Waits until the work of a letter has ended.

    Attributes:
        again: whether it was parked or rejected before.
    """

    letters: LettersOf
    knowledge: Knowledge
    clock: Clock
    again: bool = True

    async def wait(self, sent: Sequence[Letter], seconds: float) -> dict[str, str]:
        """
        What became of each letter within that time, by the letter's id.

        Raises:
            LedgerUnavailable, ChannelUnavailable: they gave no answer; the letters are sent back
                all the same.
        """
        begun = self.clock.now() - _CLOCKS
        until = self.clock.now() + timedelta(seconds=seconds)
        found: dict[str, str] = {}
        looks = 0
        while waiting := [one for one in sent if one.id not in found]:
            looks += 1
            over = self.clock.now() >= until
            for letter in waiting:
                known = await self.knowledge(letter.queue, letter.content)
                if known.ended and known.mark != letter.known.mark:
                    found[letter.id] = known.text
                elif over:
                    found[letter.id] = self._open(letter, known.text)
            if over or looks % _LOOK == 0:
                found |= await self._parked_again(waiting, begun)
            if not over:
                await self.clock.sleep(_EVERY)
        return found

    async def _parked_again(self, waiting: Sequence[Letter], begun: datetime) -> dict[str, str]:
        """Letters of which another copy has become a dead letter."""
        there = (await self.letters.list()).letters
        word = "rejected" if self.letters.queue == REJECTED else "parked"
        return {
            sent.id: f"{word}{' again' if self.again else ''}: {one.reason}"
            for sent in waiting
            for one in there
            if one.id != sent.id
            and (one.since is None or one.since >= begun)
            and (one.group, one.message.body) == (sent.group, sent.message.body)
        }

    def _open(self, letter: Letter, known: str) -> str:
        if isinstance(letter.content.asked, Delivery):
            return "not rejected or parked again; the ledger does not know deliveries by their id"
        return f"no end seen yet: {known}"
