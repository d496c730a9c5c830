"""Recording: every authentic notification as an entity of its own; its id is the deduplication."""

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

    async def known(self, notification: Notification) -> Record | None:
        """The notification as it was recorded before, if it was."""
        held = await self.ledger.load(Record, _name(notification))
        if held is None or _is(held, notification):
            return held
        return await self.ledger.load(Record, _variant(notification))

    async def contradicted(self, notification: Notification) -> bool:
        """Whether the very same was contradicted before."""
        held = await self.ledger.load(Record, _variant(notification))
        return held is not None and held.became is Became.contradicted

    async def __call__(
        self,
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
        name = await self._free(notification, became)
        before = await self.ledger.load(Record, name)
        if before is not None and before.became is became:
            await self.publish(before.ref)
            return
        decided = rules.record(
            before,
            name,
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
            # The same notification at the same moment: theirs is as good as ours.
            return
        if decided.events:
            await self.publish(decided.entity.ref)

    async def _free(self, notification: Notification, became: Became) -> str:
        if became is Became.contradicted:
            return _variant(notification)
        held = await self.ledger.load(Record, _name(notification))
        same = held is None or _is(held, notification)
        return _name(notification) if same else _variant(notification)


def _is(held: Record, notification: Notification) -> bool:
    # A copy that was fetched from the API has bytes of its own.
    return notification.evidence is Evidence.fetched or held.digest == notification.digest


def _name(notification: Notification) -> str:
    return f"{notification.gateway}/{notification.id}"


def _variant(notification: Notification) -> str:
    sent = f"{notification.transmission}/{notification.digest}"
    return f"{_name(notification)}~{sha256(sent.encode()).hexdigest()[:16]}"
