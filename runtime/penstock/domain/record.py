"""An authentic notification as the ledger keeps it: what it was, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from penstock.domain.entity import Entity
from penstock.domain.ref import EntityKind


class Became(StrEnum):
    """What became of a notification."""

    applied = "applied"
    """It changed an entity, or agreed with it; that entity's events say what."""
    recorded = "recorded"
    """Nothing acts on it; it is published as it is."""
    contradicted = "contradicted"
    """The gateway's API differs."""
    parked = "parked"
    """It cannot be placed or read: it waits in the dead-letter queue for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Entity):
    """
    One authentic notification; its id is `<gateway>/<the gateway's event id>`.

    Attributes:
        type: the gateway's word for what happened.
        resource_type: the gateway's word for what it happened to, and `resource_id` its id.
        summary: the gateway's sentence for people.
        occurred_at: when it happened, as the gateway says.
        became: what became of it, and `because` why.
        subject: the entity it concerns, as `<kind>#<id>`.
        confirmed: whether the gateway's API agreed; PayPal signs only a CRC-32 of the body.
        digest: the SHA-256 of the body it came with; empty when we fetched it.
    """

    kind: ClassVar[EntityKind] = EntityKind.notification

    type: str
    occurred_at: datetime
    became: Became
    digest: str
    resource_type: str | None = None
    resource_id: str | None = None
    summary: str | None = None
    because: str | None = None
    subject: str | None = None
    confirmed: bool = False

    @property
    def payment(self) -> str | None:
        """The id of the payment that it concerns, if it concerns one."""
        kind, _, identity = (self.subject or "").partition("#")
        return identity if kind == EntityKind.payment else None
