"""One check of a plugin and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """What became of a check."""

    passed = "passed"
    failed = "failed"
    skipped = "skipped"


@dataclass(frozen=True, slots=True)
class Checked:
    """
    One check.

    Attributes:
        part: what it belongs to: `package`, `types`, or a class of the kit.
        because: why it failed or was skipped, in one line; empty for one that passed.
    """

    part: str
    check: str
    result: Result
    because: str = ""


def verdict(part: str, check: str, wrong: str) -> Checked:
    """A check that passes where nothing is wrong."""
    return Checked(part, check, Result.failed if wrong else Result.passed, wrong)
