"""What we did with a notification: a closed set, matched to the end wherever it is read."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.domain.change import AnyEntity
from penstock.domain.ref import Ref


@dataclass(frozen=True, slots=True)
class Applied:
    """It had its effect on `entity`, or agreed with it; `confirmed` by the gateway's API."""

    entity: AnyEntity
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Duplicate:
    """It was known already; what a crash left open of `subject` is resumed."""

    subject: Ref


@dataclass(frozen=True, slots=True)
class Recorded:
    """Authentic, but it changes nothing that is kept: recorded and published as it is."""

    because: str
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The gateway's API contradicts it: it has no effect, and people are told why."""

    because: str
    subject: Ref


Outcome = Applied | Duplicate | Recorded | Rejected
