"""
Finish: completes what a commit began: its events, the follow operations, its invoice.

    send events ──► read again what follows ──► invoice ──► send its events ──► commit

The published mark and the end of a follow are committed with the invoice's next step, or at the
end: each commit is a write that costs money. A crash before that repeats the reads and the sends,
whose copies have the same ids.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from penstock.api.context import Clock
from penstock.domain import rules
from penstock.domain.change import AnyEntity
from penstock.domain.dispute import Dispute
from penstock.domain.lifecycle import Lifecycle, said
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payment
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.signup import SignUp
from penstock.errors import NotShownYet, PenstockError
from penstock.pipeline.invoice import Invoicing
from penstock.pipeline.observe import Observe
from penstock.pipeline.publish import Publish
from penstock.pipeline.subscription import ObserveSubscription
from penstock.ports import Ledger

_SHOWN_AFTER = timedelta(days=1)
"""How long a gateway may take to show a subscription that it says it opened."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Completes an entity's commit: for the worker that committed, and the sweep after a crash."""

    ledger: Ledger
    publish: Publish
    observe: Observe
    observe_subscription: ObserveSubscription
    invoicing: Invoicing
    clock: Clock

    async def __call__(self, ref: Ref) -> None:
        """
        Publish, follow, make the invoice, publish what that caused.

        Raises:
            PenstockError: one of these failed; the others were tried all the same. The caller or
                the sweep tries again.
        """
        entity = await self.ledger.find(ref)
        if entity is not None:
            await self.resume(entity)

    async def resume(self, entity: AnyEntity) -> None:
        """The same, for an entity that was read or committed just now."""
        kept = ahead = entity
        failed: PenstockError | None = None
        try:
            # Publish first what is already true: the rest may take a while.
            ahead = await self.publish.sent(kept)
            ahead, failed = await self._follow(ahead)
            if isinstance(ahead, Payment):
                made = await self.invoicing(ahead)
                # Both at once: what is committed below must be of the version it is based on.
                kept, ahead = (kept if made is ahead else made), made
                ahead = await self.publish.sent(ahead)
        except PenstockError as exc:
            failed = failed or exc
        await self.publish.written(kept, ahead)
        if failed is not None:
            raise failed

    async def _follow(self, entity: AnyEntity) -> tuple[AnyEntity, PenstockError | None]:
        """
        Have the entities that this one's operations name re-read, each once.

        Idempotent: each is read as it is now, whatever happened before. A follow that succeeded is
        removed, not settled: a state of more than 1 KB costs twice as much to write.
        """
        failed: PenstockError | None = None
        for operation in entity.operations:
            if operation.kind is OperationKind.follow and operation.open:
                try:
                    await self._told(Ref.parse(operation.reference or ""), entity)
                except PenstockError as exc:
                    # The invoice does not wait for it.
                    failed = failed or exc
                    continue
                others = tuple(op for op in entity.operations if op.id != operation.id)
                entity = replace(entity, operations=others)
        return entity, failed

    async def _told(self, target: Ref, source: AnyEntity) -> None:
        """
        Have the target follow the current version of its source.

        Another worker may have committed a newer version of the source, and had the target follow
        that, before we wrote ours. Then our own next commit is refused.
        """
        while True:
            await self._followed(target, source)
            latest = await self.ledger.find(source.ref)
            if latest is None or _bearing(latest) == _bearing(source):
                return
            source = latest

    async def _followed(self, target: Ref, source: AnyEntity) -> None:
        if target.kind is EntityKind.subscription:
            await self._subscription(target, source)
            return
        # A payment from before Penstock stays unknown: a dispute must not make it an invoice.
        found = await self.ledger.find(target)
        # What one account says touches no payment of another.
        if isinstance(found, Payment | Dispute) and found.gateway == source.gateway:
            again = await self.observe.again(found)
            if isinstance(source, Dispute) and isinstance(again, Payment):
                # Access may depend on it.
                again = await self.observe.disputed(again, source.seen.outcome is None)
            await self.resume(again)

    async def _subscription(self, target: Ref, source: AnyEntity) -> None:
        # The source's operation stays open until the events have left, so the sweep finds it.
        learned = rules.Learned(
            payment=source if isinstance(source, Payment) else None,
            says=said(Lifecycle.created, "", None) if isinstance(source, SignUp) else None,
            followed=True,
        )
        found = await self.observe_subscription(target, source.gateway, learned)
        if found is None and self._just_opened(source):
            raise NotShownYet("the gateway does not show the new subscription yet")
        if found is None:
            await self(target)
        else:
            await self.resume(found)

    def _just_opened(self, source: AnyEntity) -> bool:
        age = self.clock.now() - source.updated_at
        return isinstance(source, SignUp) and age < _SHOWN_AFTER


def _bearing(source: AnyEntity) -> object:
    """The part of an entity that its followers take over."""
    match source:
        case Payment():
            return rules.standing(source)
        case Dispute():
            return source.seen.outcome is None
        case _:
            return None
