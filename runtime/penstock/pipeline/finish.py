"""Finish: what a commit began, brought to its end: its events, its invoice, what follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.change import AnyEntity, change
from penstock.domain.dispute import Dispute
from penstock.domain.lifecycle import Lifecycle, said
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Payment
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.signup import SignUp
from penstock.errors import GatewayUnavailable
from penstock.pipeline.invoice import Invoicing
from penstock.pipeline.observe import Observe
from penstock.pipeline.publish import Publish
from penstock.pipeline.subscription import ObserveSubscription
from penstock.ports import Ledger

_SHOWN_AFTER = timedelta(days=1)
"""How long a gateway may take to show a subscription that it says it opened."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Resumes an entity; the worker that committed calls it, and the sweep after a crash."""

    ledger: Ledger
    publish: Publish
    observe: Observe
    observe_subscription: ObserveSubscription
    invoicing: Invoicing
    clock: Clock
    ids: Ids

    async def __call__(self, ref: Ref) -> None:
        """
        Publish, follow, make the invoice, publish what that caused.

        Raises:
            TransientError: not now; the caller comes back, or the sweep does.
        """
        # What is already true is published before the invoice is tried, which may take a while.
        entity = await self.publish(ref)
        if isinstance(entity, Payment):
            before = entity.sequence
            entity = await self.invoicing(entity)
            if entity.sequence > before:
                await self.publish(ref)
        if entity is not None:
            await self.follow(entity)

    async def follow(self, entity: AnyEntity) -> None:
        """
        Have the entities that this one's operations name re-read, each once.

        Idempotent: they are asked how they stand, whatever happened before.
        """
        for operation in entity.operations:
            if operation.kind is OperationKind.follow and operation.open:
                latest = await self._told(Ref.parse(operation.reference or ""), entity)
                await self._settled(latest, operation)

    async def _told(self, target: Ref, source: AnyEntity) -> AnyEntity | None:
        """
        Have the target follow its source, as the source is when that is done; returns it.

        Another worker may have committed newer news of the source, and had the target follow
        that, before we wrote what we had loaded.
        """
        while True:
            await self._followed(target, source)
            latest = await self.ledger.find(source.ref)
            if latest is None or _bearing(latest) == _bearing(source):
                return latest
            source = latest

    async def _followed(self, target: Ref, source: AnyEntity) -> None:
        if target.kind is EntityKind.subscription:
            await self._subscription(target, source)
            return
        # A payment from before Penstock stays unknown: a dispute must not make it an invoice.
        found = await self.ledger.find(target)
        if isinstance(found, Payment | Dispute):
            await self.observe.again(found)
            await self._disputed(target, source)
            await self(target)

    async def _subscription(self, target: Ref, source: AnyEntity) -> None:
        learned = rules.Learned(payment=source if isinstance(source, Payment) else None)
        if isinstance(source, SignUp):
            learned = rules.Learned(says=said(Lifecycle.created, "", None))
        found = await self.observe_subscription(target, source.gateway, learned)
        if found is None and self._just_opened(source):
            raise GatewayUnavailable("the gateway does not show the new subscription yet")
        await self(target)

    def _just_opened(self, source: AnyEntity) -> bool:
        age = self.clock.now() - source.updated_at
        return isinstance(source, SignUp) and age < _SHOWN_AFTER

    async def _disputed(self, target: Ref, source: AnyEntity) -> None:
        """Note on a payment whether the dispute about it is open: access may depend on it."""
        latest = await self.ledger.find(target)
        if not isinstance(source, Dispute) or not isinstance(latest, Payment):
            return
        await self.observe.disputed(latest, source.seen.outcome is None)

    async def _settled(self, latest: AnyEntity | None, operation: Operation) -> None:
        if latest is None or operation not in latest.operations:
            return
        # Taken out, not settled: a state of more than 1 KB costs twice as much to write.
        others = tuple(op for op in latest.operations if op.id != operation.id)
        after = replace(latest, operations=others)
        await self.ledger.commit(change(latest, after, now=self.clock.now(), new_id=self.ids.new))


def _bearing(source: AnyEntity) -> object:
    """What others take over from it."""
    match source:
        case Payment():
            return rules.standing(source)
        case Dispute():
            return source.seen.outcome is None
        case _:
            return None
