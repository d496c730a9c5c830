"""Publish: an entity's unsent events, all of them, in order, stopping at the first failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from penstock.api.context import Clock, Ids
from penstock.domain.change import AnyEntity, E, change
from penstock.domain.describe import named
from penstock.domain.events import Event
from penstock.domain.ref import Ref
from penstock.errors import LedgerConflict
from penstock.pipeline import correlation
from penstock.ports import Channel, Ledger, Outgoing


@dataclass(frozen=True, slots=True)
class Publish:
    """The stage: from the outbox in the ledger to the events topic."""

    ledger: Ledger
    events: Channel
    clock: Clock
    ids: Ids

    async def __call__(self, ref: Ref) -> AnyEntity | None:
        """
        Send the unsent events one by one. Returns the entity as it is then.

        After a crash before the mark an event is sent twice with one id: the topic or `deliver`
        drops the copy.

        Raises:
            ChannelUnavailable: the topic did not take an event; it and the later ones stay unsent.
        """
        entity = await self.ledger.find(ref)
        return entity if entity is None else await self.unsent(entity)

    async def unsent(self, entity: AnyEntity) -> AnyEntity | None:
        """
        The same, for an entity that was read or committed just now.

        Raises:
            ChannelUnavailable: the topic did not take an event; it and the later ones stay unsent.
        """
        return await self.written(entity, await self.sent(entity))

    async def sent(self, entity: E) -> E:
        """
        Send the unsent events. Returns the entity with the published mark moved; the entity's
        next commit carries it, or `written` does.

        Raises:
            ChannelUnavailable: the topic did not take an event; it and the later ones stay unsent.
        """
        unsent = await self._unsent(entity)
        for event in unsent:
            await self.events.send(
                Outgoing(
                    named(event, entity).dumps(),
                    group=event.entity,
                    dedup=event.id,
                    attributes={
                        "type": str(event.type),
                        "gateway": event.gateway,
                        **correlation.carried(),
                    },
                )
            )
        if not unsent:
            return entity
        return replace(entity, published=unsent[-1].sequence, caused=())

    async def _unsent(self, entity: AnyEntity) -> Sequence[Event]:
        """In order; read only if the commits in hand did not cause all of them."""
        waiting = range(entity.published + 1, entity.sequence + 1)
        if [event.sequence for event in entity.caused] == list(waiting):
            return entity.caused
        return await self.ledger.unsent(entity)

    async def written(self, read: AnyEntity, after: AnyEntity) -> AnyEntity | None:
        """
        Commit marks and ended follows of an entity that no other commit carried.

        Args:
            read: the entity as it is in the ledger.
        """
        if after == read:
            return read
        decided = change(read, after, now=read.updated_at, new_id=self.ids.new)
        try:
            await self.ledger.commit(decided)
        except LedgerConflict:
            # Another worker committed the entity: its own publish, or the sweep, moves the mark.
            return await self.ledger.find(read.ref)
        return decided.entity
