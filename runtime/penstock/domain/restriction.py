"""Restrictions: operators keep something from moving money until they release it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from penstock.domain.payment import Payment
from penstock.domain.subscription import Subscription, subscription_id

Restrictable = Payment | Subscription
"""What holds operations that move or document money."""


class RestrictionKind(StrEnum):
    """What can be restricted."""

    payment = "payment"
    """One payment, by our id."""
    subscription = "subscription"
    """A subscription with its payments, by our id."""
    payer = "payer"
    """All payments and subscriptions of a payer, by the payer's reference."""
    gateway = "gateway"
    """Everything that goes through a gateway, by its name."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """
    No new charge, invoice, refund, capture or collection begins for this.

    Attributes:
        value: the id, reference or name, by the kind.
        since: when its command was first given, which names it among those of its key. A command
            that failed and is repeated puts it later.
        actor: who made it, as the audit trail names them.
        reason: why.
        made_at: when it was put, and took effect; None where older code put it. It does not make
            one another restriction: a repeat of a write may have a later one.
    """

    kind: RestrictionKind
    value: str
    since: datetime
    actor: str
    reason: str = field(repr=False)
    made_at: datetime | None = field(default=None, compare=False)

    @property
    def in_force_since(self) -> datetime:
        """When it took effect, as people are shown it."""
        return self.made_at or self.since

    @property
    def key(self) -> str:
        """`<kind>#<value>`; there is one restriction of a key at most."""
        return f"{self.kind.value}#{self.value}"

    @property
    def says(self) -> str:
        """Why an operation is held, for the payment that shows it."""
        return f"held: the {self.kind.value} is restricted"


def keys(entity: Restrictable) -> Iterator[str]:
    """The keys of all restrictions that would hold an entity's operations."""
    yield f"{entity.kind.value}#{entity.id}"
    yield f"{RestrictionKind.gateway.value}#{entity.gateway}"
    if isinstance(entity, Payment):
        if entity.subscription:
            subscription = subscription_id(entity.gateway, entity.subscription)
            yield f"{RestrictionKind.subscription.value}#{subscription}"
        payers = (entity.payer, entity.order.payer)
    else:
        payers = (entity.seen.subscriber,)
    for payer in payers:
        if payer is not None and payer.reference:
            yield f"{RestrictionKind.payer.value}#{payer.reference}"
