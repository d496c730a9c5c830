"""The facts of a subscription's life that notifications report; small: `receive` loads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_MOMENT = "%Y-%m-%dT%H:%M:%S"


class Lifecycle(StrEnum):
    """A fact of a subscription's life that a notification reports."""

    created = "created"
    activated = "activated"
    resumed = "resumed"
    suspended = "suspended"
    cancelled = "cancelled"
    expired = "expired"
    revised = "revised"
    payment_failed = "payment_failed"


_STATUSES = {Lifecycle.activated: "active", Lifecycle.resumed: "active"}


@dataclass(frozen=True, slots=True)
class Said:
    """
    A lifecycle fact, as a notification says it.

    Attributes:
        key: the same for every copy of the fact, different for every other fact.
        at: since when the subscription has the status; None for what is no status.
    """

    fact: Lifecycle
    key: str
    at: datetime | None = None


def said(fact: Lifecycle, event: str, at: datetime | None) -> Said:
    """
    What a notification says.

    A status begins once, so the moment it began identifies its fact, however it is reported; a
    subscription is created once; anything else is known by the gateway's event id. Activated and
    resumed are two names for one fact: it became active at that moment.
    """
    if fact is Lifecycle.created:
        return Said(fact, fact.value)
    if at is not None and fact not in (Lifecycle.payment_failed, Lifecycle.revised):
        status = _STATUSES.get(fact, fact.value)
        return Said(fact, f"{status}@{moment(at)}", at)
    return Said(fact, f"{fact.value}#{event}")


def told_at(key: str) -> str:
    """The moment in a key, in a form that sorts; empty for a fact that is known by its event."""
    return key.partition("@")[2]


def moment(at: datetime) -> str:
    """A moment in the form of those in keys."""
    return f"{at:{_MOMENT}}"
