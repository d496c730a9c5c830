"""Recording: each authentic notification is an entity; its id makes a repeat a duplicate."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.delivery import Evidence, Notification
from penstock.domain.record import Became, Record
from penstock.domain.ref import Ref
from penstock.errors import LedgerConflict
from penstock.pipeline.publish import Publish
from penstock.ports import Ledger


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a notification is kept.

    Attributes:
        name: the record's id.
        held: what is there already.
    """

    name: str
    held: Record | None


@dataclass(frozen=True, slots=True)
class Recording:
    """
    Keeps notifications.

        <gateway>/<event id>             the notification
        <gateway>/<event id>~<hash>      another body under the same id, or one that the API
                                         contradicts: it must not keep out the genuine one
    """

    ledger: Ledger
    publish: Publish
    clock: Clock
    ids: Ids

    async def place(self, notification: Notification) -> Place:
        """Where the notification is to be kept, and what is there already."""
        name = record_id(notification)
        held = await self.ledger.load(Record, name)
        if held is None or _is(held, notification):
            return Place(name, held)
        variant = _variant(notification)
        return Place(variant, await self.ledger.load(Record, variant))

    async def apart(self, notification: Notification) -> Place:
        """Where a notification is kept that the API contradicts: beside the genuine one."""
        if notification.evidence is Evidence.fetched:
            # The gateway's API shows both, so neither is forged.
            return await self.place(notification)
        variant = _variant(notification)
        return Place(variant, await self.ledger.load(Record, variant))

    async def __call__(
        self,
        place: Place,
        notification: Notification,
        became: Became,
        *,
        because: str | None = None,
        subject: Ref | None = None,
        confirmed: bool = False,
    ) -> None:
        """
        Record what became of a notification, once, and publish it where nothing else does.

        Raises:
            ChannelUnavailable: the topic did not take it; it stays unsent, and the sweep sends it.
        """
        if place.held is not None and place.held.became is became:
            await self.publish.unsent(place.held)
            return
        decided = rules.record(
            place.held,
            place.name,
            notification,
            became,
            now=self.clock.now(),
            new_id=self.ids.new,
            because=because,
            subject=subject or notification.subject,
            confirmed=confirmed,
        )
        try:
            await self.ledger.commit(decided)
        except LedgerConflict:
            # The same notification at the same moment: use what the other worker committed.
            return
        await self.publish.unsent(decided.entity)


def _is(held: Record, notification: Notification) -> bool:
    # One that was fetched from the API has no body to compare, whichever of the two came first.
    if notification.evidence is Evidence.fetched or not held.digest:
        return True
    return held.digest == notification.digest


def record_id(notification: Notification) -> str:
    """The record's id of a notification."""
    return f"{notification.gateway}/{notification.id}"


def _variant(notification: Notification) -> str:
    sent = f"{notification.transmission}/{notification.digest}"
    return f"{record_id(notification)}~{sha256(sent.encode()).hexdigest()[:16]}"
