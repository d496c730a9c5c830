"""What we did with a delivery: a closed set, matched to the end wherever it is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Applied:
    """It changed what we know of `entity`."""

    entity: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """We knew it already; what a crash left open of `entity` was resumed."""

    entity: str | None


@dataclass(frozen=True, slots=True)
class Ignored:
    """Authentic, and nothing to us."""

    because: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """It has no effect, and people shall know why."""

    because: str


Outcome = Applied | Duplicate | Ignored | Rejected
