"""
Dead letters: look at them, send them back to their queue, or drop them.

    redrive     a copy to the queue, under the letter's id ─► delete the letter

A redrive that is killed between the two leaves the letter, and the next one sends another copy:
stages handle duplicates. A letter that is sent back and parked again within five minutes is not
dropped by the queue, because each copy has an id of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from penstock.api.context import Clock
from penstock.domain.delivery import Delivery
from penstock.operators.audited import Audited, said
from penstock.operators.content import REJECTED
from penstock.operators.knowledge import Knowledge
from penstock.operators.letters import Letter, Selection, read_letter
from penstock.operators.passes import Walk, walk
from penstock.ports import DeadLetters, Message

Progress = Callable[[int], None]
"""A callback that gets the number of letters looked at."""


def _quiet(looked_at: int) -> None:
    """No progress is shown."""


class Became(StrEnum):
    """What a command did with one letter."""

    sent_back = "sent back"
    dropped = "dropped"
    refused = "refused"
    failed = "failed"
    planned = "would be"
    """A dry run: it would have been sent back, or dropped."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One selected letter, what became of it, and why."""

    letter: Letter
    became: Became
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """
    What a command saw and did.

    Attributes:
        letters: all letters that it saw, in order within a group.
        decided: the selected letters.
        missing: selected ids without a letter that could be seen.
        with_others: how many another command holds, or held when it was killed.
        unseen: how many letters wait behind ten others of their group.
    """

    letters: Sequence[Letter] = ()
    decided: Sequence[Decided] = ()
    missing: Sequence[str] = ()
    with_others: int = 0
    unseen: int = 0

    def of(self, became: Became) -> list[Decided]:
        """The letters with that result."""
        return [one for one in self.decided if one.became is became]

    @property
    def effect(self) -> str:
        """What was done, in one line."""
        told = [
            f"{len(found)} {one.value}{f' {found[0].because}' if one is Became.planned else ''}"
            for one in Became
            if (found := self.of(one))
        ]
        return ", ".join(told) or "nothing was selected"


@dataclass(frozen=True, slots=True)
class LettersOf:
    """
    Commands on one queue's dead letters; of `rejected`, on all that it holds.

    Attributes:
        patience: seconds to wait for a letter before the queue counts as seen: less than one
            asks some of SQS's servers only.
    """

    queue: str
    dead: DeadLetters
    knowledge: Knowledge
    clock: Clock
    patience: float = 1.0

    async def list(self, progress: Progress = _quiet) -> Report:
        """
        Every dead letter that can be seen; none is removed.

        Raises:
            ChannelUnavailable: the queue gave no answer.
        """
        work = _Work(self, Selection(), Became.planned, progress)
        return work.report(await walk(self.dead, work.look, self.patience))

    async def redrive(
        self,
        selection: Selection,
        because: str,
        audited: Audited,
        *,
        dry_run: bool = False,
        progress: Progress = _quiet,
    ) -> Report:
        """
        Send letters back to the queue that they came from, in order within their group.

        A letter is refused if the ledger knows that its work is done.

        Raises:
            CommandRefused: nothing is selected, or there is no reason.
            ChannelUnavailable: the dead-letter queue gave no answer. What was sent back stays so;
                run the command again.
        """
        command = "rejected reverify" if self.queue == REJECTED else "dlq redrive"
        return await self._do(
            command, Became.sent_back, selection, because, audited, dry_run, progress
        )

    async def drop(
        self,
        selection: Selection,
        because: str,
        audited: Audited,
        *,
        dry_run: bool = False,
        progress: Progress = _quiet,
    ) -> Report:
        """
        Delete letters; this cannot be undone.

        Raises:
            CommandRefused: nothing is selected, or there is no reason.
            ChannelUnavailable: the dead-letter queue gave no answer.
        """
        return await self._do(
            "dlq drop", Became.dropped, selection, because, audited, dry_run, progress
        )

    async def _do(
        self,
        command: str,
        becomes: Became,
        selection: Selection,
        because: str,
        audited: Audited,
        dry_run: bool,
        progress: Progress,
    ) -> Report:
        because = said(because)
        work = _Work(self, selection.checked(), becomes, progress)
        if dry_run:
            return work.report(await walk(self.dead, work.plan, self.patience))
        subjects = [f"queue#{self.queue}{'' if self.queue == REJECTED else '-dlq'}"]
        if self.queue == "payments" and selection.group:
            subjects.append(f"payment#{selection.group}")
        async with audited(command, subjects, because) as trail:
            try:
                done = work.report(await walk(self.dead, work.do, self.patience))
            finally:
                trail.after = work.facts()
            trail.effect = done.effect
        return done


@dataclass(slots=True)
class _Work:
    """What one command does with each message, and what it has done."""

    of: LettersOf
    selection: Selection
    becomes: Became
    progress: Progress
    letters: list[Letter] = field(default_factory=list[Letter])
    decided: list[Decided] = field(default_factory=list[Decided])
    _sent: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Group and body of what was sent back: parked again it has another id."""

    async def look(self, message: Message) -> bool:
        """Read a message and leave it."""
        await self._read(message)
        return False

    async def plan(self, message: Message) -> bool:
        """Decide on a message and leave it."""
        letter = await self._selected(message)
        if letter is not None:
            refused = self._refused(letter)
            became = Became.refused if refused else Became.planned
            self.decided.append(Decided(letter, became, refused or self.becomes.value))
        return False

    async def do(self, message: Message) -> bool:
        """Decide on a message and do it. Returns whether the letter may be deleted."""
        identity = (message.group, message.body)
        if identity in self._sent:
            # Its cause is still there: sent back again and again, the command would not end.
            return False
        letter = await self._selected(message)
        if letter is None:
            return False
        refused = self._refused(letter)
        if refused:
            self.decided.append(Decided(letter, Became.refused, refused))
            return False
        if self.becomes is Became.sent_back:
            await self.of.dead.send_back(message)
            self._sent.add(identity)
        self.decided.append(Decided(letter, self.becomes))
        return True

    def report(self, walked: Walk) -> Report:
        """All of it."""
        undone = [
            Decided(one, Became.failed, walked.failed[one.id])
            for one in self.letters
            if one.id in walked.failed
        ]
        failed = {one.letter.id for one in undone}
        # Sent back and not deleted: a copy may come twice, and the letter is there still.
        done = [one for one in self.decided if one.letter.id not in failed]
        return Report(
            tuple(self.letters),
            (*done, *undone),
            tuple(self.selection.missing(self.letters)),
            walked.with_others,
            walked.unseen,
        )

    def facts(self) -> dict[str, str | int | bool]:
        """For the audit trail: what each letter was, without its content."""
        return {
            one.letter.id: f"{one.became.value}: {one.letter.content.what} "
            f"{one.letter.content.subject or one.letter.group}"
            for one in self.decided[:_AUDITED]
        }

    async def _selected(self, message: Message) -> Letter | None:
        letter = await self._read(message)
        return letter if self.selection.takes(letter, self._now) else None

    async def _read(self, message: Message) -> Letter:
        letter = await read_letter(self.of.queue, message, self.of.knowledge)
        self.letters.append(letter)
        self.progress(len(self.letters))
        return letter

    @property
    def _now(self) -> datetime:
        return self.of.clock.now()

    def _refused(self, letter: Letter) -> str | None:
        """Why a letter is not sent back; a letter may always be dropped."""
        if self.becomes is not Became.sent_back:
            return None
        if self.of.queue == REJECTED:
            return None if isinstance(letter.content.asked, Delivery) else _NO_DELIVERY
        if letter.known.succeeded:
            return f"the ledger knows that it is done: {letter.known.text}; drop it instead"
        return None


_AUDITED = 50
"""Letters that an entry of the audit trail names."""
_NO_DELIVERY = (
    "it was verified, and the gateway's API contradicted it, so there is nothing to verify "
    "again; read the payment again instead: see `penstock payments reprocess --help`"
)
