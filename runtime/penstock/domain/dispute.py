"""A dispute: a buyer or a bank wants money back, and the seller must respond in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from penstock.domain.entity import Entity
from penstock.domain.money import Money
from penstock.domain.ref import EntityKind


class DisputeOutcome(StrEnum):
    """How a dispute ended."""

    seller = "seller"
    """For the seller: the money stays."""
    buyer = "buyer"
    """For the buyer: the money goes back."""
    withdrawn = "withdrawn"
    other = "other"


@dataclass(frozen=True, slots=True)
class DisputeObservation:
    """
    A dispute as the gateway holds it now.

    Attributes:
        reference: the gateway's own id of it.
        status: the gateway's word for where it stands, lower-case.
        reason: the gateway's word for what the buyer says, lower-case.
        amount: what is disputed.
        payments: our ids of the payments it is about.
        respond_by: until when the seller must respond.
        outcome: how it ended; None while it is open.
        as_of: when the gateway last changed it.
    """

    reference: str
    status: str
    opened_at: datetime
    reason: str | None = None
    amount: Money | None = None
    payments: tuple[str, ...] = ()
    respond_by: datetime | None = None
    outcome: DisputeOutcome | None = None
    as_of: datetime | None = None
    links: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute(Entity):
    """
    A dispute as we know it.

    Attributes:
        seen: what we know of it.
        confirmed: whether the gateway's API showed it; False while only a signed body says it.
        unconfirmed_because: why not.
    """

    kind: ClassVar[EntityKind] = EntityKind.dispute

    seen: DisputeObservation
    confirmed: bool
    unconfirmed_because: str | None = None
