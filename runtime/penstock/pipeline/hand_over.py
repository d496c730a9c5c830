"""Hand over: a reserved operation is sent to payments.fifo, which then owns it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.change import AnyEntity, change
from penstock.domain.operation import Operation
from penstock.domain.payment import Payment
from penstock.domain.subscription import Subscription
from penstock.errors import LedgerConflict
from penstock.pipeline.keys import dedup_id
from penstock.pipeline.orders import Action, ActionMessage
from penstock.ports import Channel, Ledger, Outgoing

_TRIES = 3
"""Tries, each lost to another commit; after that the sweep sends it again."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """Sends the messages of operations whose kind is in `BY_MESSAGE`."""

    ledger: Ledger
    payments: Channel
    clock: Clock
    ids: Ids

    async def __call__(self, entity: Payment | Subscription, operation: Operation) -> None:
        """
        Put the operation's message on the queue, and note that a message carries it now.

        The deduplication id holds the operation's id and its number of attempts: the queue drops a
        copy, but not the request that follows a repair.

        Raises:
            ChannelUnavailable: the queue did not take it; the sweep sends it.
        """
        action = Action(operation.kind.value)
        message = ActionMessage(entity.id, entity.gateway, action, operation.id)
        await self.payments.send(
            Outgoing(
                message.dumps(),
                group=entity.id,
                dedup=dedup_id(operation.id, operation),
                attributes={"gateway": entity.gateway},
            )
        )
        await self._note(entity, operation)

    async def _note(self, entity: Payment | Subscription, sent: Operation) -> None:
        if sent.due_at is None or not sent.to_send:
            return
        latest: AnyEntity | None = entity
        for _ in range(_TRIES):
            held = latest.operation_by_id(sent.id) if latest else None
            if latest is None or held != sent:
                # It is under way already: nothing is left to note.
                return
            carried = rules.with_operation(latest, replace(sent, due_at=None, restricted_at=None))
            try:
                await self.ledger.commit(
                    change(latest, carried, now=self.clock.now(), new_id=self.ids.new)
                )
            except LedgerConflict:
                latest = await self.ledger.find(entity.ref)
            else:
                return
