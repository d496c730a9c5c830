"""A dead letter as an operator sees it, and the selection of letters for a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from penstock.domain.parked import REASON, attempts, first_parked_at
from penstock.errors import CommandRefused
from penstock.operators.content import Content, content
from penstock.operators.knowledge import Knowledge, Known
from penstock.ports import Message

SHORTEST_ID = 8
"""Characters of an id that suffice to name a letter."""
_NO_REASON = "received 200 times without an end; SQS moved it, or the sender gave no reason"


@dataclass(frozen=True, slots=True)
class Letter:
    """
    One dead letter.

    Attributes:
        since: when it was first parked; a renewal does not change it.
        attempts: how often it was tried before; None where that is not known.
    """

    queue: str
    message: Message = field(repr=False)
    content: Content
    known: Known
    since: datetime | None
    attempts: int | None

    @property
    def id(self) -> str:
        """The id of this copy; a renewed or parked copy has another."""
        return self.message.id

    @property
    def group(self) -> str:
        """Its message group: the entity's id, mostly."""
        return self.message.group

    @property
    def reason(self) -> str:
        """Why it was parked."""
        return self.message.attributes.get(REASON, _NO_REASON)


async def read_letter(queue: str, message: Message, knowledge: Knowledge) -> Letter:
    """
    Decode a dead letter, and look up what the ledger knows of it.

    Raises:
        LedgerUnavailable: the ledger gave no answer.
    """
    told = content(queue, message)
    return Letter(
        queue,
        message,
        told,
        await knowledge(queue, told),
        first_parked_at(message.attributes, message.sent_at),
        attempts(message.attributes),
    )


@dataclass(frozen=True, slots=True)
class Selection:
    """
    The letters for a command: those that fit every given condition.

    Attributes:
        ids: whole ids, or their first eight characters or more.
        reason: a part of the reason, in any case.
        older_than: for how long it has been a dead letter at least.
        everything: all letters, which must be asked for explicitly.
    """

    ids: Sequence[str] = ()
    reason: str | None = None
    group: str | None = None
    older_than: timedelta | None = None
    everything: bool = False

    def checked(self) -> Selection:
        """
        The selection, checked.

        Raises:
            CommandRefused: it has no condition, or an id is too short to name one letter.
        """
        conditions = (self.ids, self.reason, self.group, self.older_than)
        if not any(conditions) and not self.everything:
            raise CommandRefused(
                "say which: an id, --reason, --group, --older-than, or --all for every one"
            )
        short = [one for one in self.ids if len(one) < SHORTEST_ID]
        if short:
            raise CommandRefused(f"an id has at least {SHORTEST_ID} characters")
        return self

    def takes(self, letter: Letter, now: datetime) -> bool:
        """Whether a letter fits."""
        if self.ids and not any(letter.id.startswith(one) for one in self.ids):
            return False
        if self.reason and self.reason.lower() not in letter.reason.lower():
            return False
        if self.group and letter.group != self.group:
            return False
        if self.older_than is not None:
            return letter.since is not None and now - letter.since >= self.older_than
        return True

    def missing(self, letters: Sequence[Letter]) -> list[str]:
        """The ids that name none of these letters."""
        return [one for one in self.ids if not any(it.id.startswith(one) for it in letters)]
