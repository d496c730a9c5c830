"""The audit trail: who ran which operator's command, why, and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Facts = Mapping[str, str | int | bool]
"""A few named values of what a command looks at or changes; no personal data, no secret."""


class Ending(StrEnum):
    """How a command ended."""

    done = "done"
    refused = "refused"
    """Nothing was changed: the command must not be done, or there is no such thing."""
    failed = "failed"
    """An error stopped the command; it may have done a part. Repeat it."""


@dataclass(frozen=True, slots=True)
class Begun:
    """
    A command begins: written before it changes anything.

    Attributes:
        id: of the entry, unique.
        at: when it began.
        actor: the caller's ARN on AWS, `token <id>` for the API, `local <user>` without AWS.
        command: as it is typed, without arguments: `payments restrict`.
        subjects: what it is about, as `<kind>#<id>`.
        reason: what the operator said with `--because`.
        before: how the subject was, where the command knows that already.
    """

    id: str
    at: datetime
    actor: str
    command: str
    subjects: tuple[str, ...]
    reason: str | None = None
    before: Facts = field(default_factory=dict[str, "str | int | bool"])


@dataclass(frozen=True, slots=True)
class Done:
    """
    The command has ended.

    Attributes:
        effect: what it did, or why it did not, in one line.
        error: the type of the error that ended it; None for a command that was done.
        before, after: how the subject was and is.
    """

    at: datetime
    ending: Ending
    effect: str
    error: str | None = None
    before: Facts = field(default_factory=dict[str, "str | int | bool"])
    after: Facts = field(default_factory=dict[str, "str | int | bool"])


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One command in the trail.

    Attributes:
        done: None for a command that has not ended: it still runs, or was killed.
    """

    begun: Begun
    done: Done | None = None

    @property
    def before(self) -> Facts:
        """How the subject was before the command."""
        return {**self.begun.before, **(self.done.before if self.done else {})}
