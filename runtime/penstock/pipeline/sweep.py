"""
Sweep: finishes what a crash left behind, and asks again what is undecided.

    look ──► send ─────────► resume, each gateway's in its own line ──► look again, every 5 s
             unsent events   lost charges and other operations, checkouts
             and messages    that are over, open invoices, doubts about an
                             entity, what follows from another

For all due entities, events and messages are sent before any gateway is asked, so that they do not
wait for its answer. A run goes on until nothing is due any more, or its time is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.change import AnyEntity, change
from penstock.domain.dispute import Dispute
from penstock.domain.operation import BY_MESSAGE, Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.ref import Ref
from penstock.domain.subscription import Subscription
from penstock.errors import PenstockError, TransientError
from penstock.pipeline import notices
from penstock.pipeline.accept import Accept
from penstock.pipeline.checkouts import Checkouts
from penstock.pipeline.dispatch import Dispatch
from penstock.pipeline.finish import Finish
from penstock.pipeline.gate import Gate
from penstock.pipeline.hand_over import HandOver
from penstock.pipeline.lost_payments import LostPayments
from penstock.pipeline.sweep_run import SweepRun, Swept, told
from penstock.ports import Ledger

_LOOKED_UP = (OperationKind.charge, OperationKind.capture)
"""Operations that can be looked up without moving money, so also while restricted."""
AGAIN = timedelta(seconds=60)
"""How long a failed entity is left alone: other due entities go first."""
LONGEST = timedelta(minutes=15)
"""The longest that a failed entity is left alone, if the other side names a time."""


def _forever() -> float:
    return float("inf")


@dataclass(frozen=True, slots=True)
class Sweep:
    """
    The stage that the schedule calls: every entity whose `due_at` has come.

    Attributes:
        item_timeout: seconds one entity may take; shorter than a lease.
    """

    ledger: Ledger
    accept: Accept
    hand_over: HandOver
    dispatch: Dispatch
    checkouts: Checkouts
    finish: Finish
    lost_payments: LostPayments
    clock: Clock
    ids: Ids
    item_timeout: float
    gate: Gate

    async def __call__(
        self, limit: int | None = None, remaining: Callable[[], float] = _forever
    ) -> list[Swept]:
        """
        Work through all due entities; a failure of one does not stop the others.

        Args:
            limit: at most this many entities, longest due first.
            remaining: seconds until the host ends; no entity begins unless it can end.
        """
        run = SweepRun(self, self.ledger, self.clock, self.item_timeout, remaining)
        await run.go(limit)
        swept = [run.swept[ref] for ref in run.found if ref in run.swept]
        if not run.time() and (run.left or not run.looked):
            notices.sweep_out_of_time(run.left)
        notices.sweep_finished(len(swept), sum(one.error is not None for one in swept), run.left)
        return swept

    async def send(self, ref: Ref) -> tuple[str, Exception | None]:
        """Send events and messages. Returns the entity's gateway, and the error if one failed."""
        entity: AnyEntity | None = None

        async def sent() -> None:
            nonlocal entity
            entity = await self._sent(ref)

        failed = await self._tried(sent())
        return entity.gateway if entity else "", failed

    async def _sent(self, ref: Ref) -> AnyEntity | None:
        """Send unsent events, and the messages of operations that have not begun."""
        entity = await self.finish.publish(ref)
        if not isinstance(entity, Payment | Subscription):
            return entity
        for operation in entity.operations:
            if not (operation.to_send and _due(operation, self.clock)):
                continue
            if await self._kept(entity, operation):
                # A commit makes what is in hand stale; the next run sends the rest.
                return entity
            if isinstance(entity, Payment) and operation.kind is OperationKind.charge:
                await self.accept.send(entity)
            elif operation.kind in BY_MESSAGE:
                await self.hand_over(entity, operation)
        return entity

    async def _kept(self, entity: Payment | Subscription, operation: Operation) -> bool:
        """Whether a restriction still holds it; then the next look comes later."""
        if operation.restricted_at is None:
            return False
        kept = await self.gate.kept(entity, operation)
        if kept is None:
            return False
        if operation.lost_at is None or operation.kind not in _LOOKED_UP:
            after = rules.with_operation(entity, kept)
            now = self.clock.now()
            await self.ledger.commit(change(entity, after, now=now, new_id=self.ids.new))
        return True

    async def resume(self, ref: Ref) -> Exception | None:
        """Do all that is due for an entity. Returns the error, if there was one."""
        began = self.clock.monotonic()
        failed = await self._tried(self._finished(ref))
        named = failed.retry_after if isinstance(failed, TransientError) else None
        await self.defer(ref, named or AGAIN.total_seconds())
        error = failed and told(failed)
        structlog.get_logger().info(
            "stage.finished",
            stage="sweep",
            entity=ref.id,
            outcome="resumed" if error is None else "retry",
            status="done" if error is None else "retry",
            because=error,
            ms=round((self.clock.monotonic() - began) * 1000, 1),
        )
        return failed

    async def defer(self, ref: Ref, seconds: float) -> None:
        """Leave an entity that is still due alone for a while: others go first."""
        # A writer in between knows better when it is due, so a conflict is no error.
        await self._tried(self._deferred(ref, timedelta(seconds=seconds)))

    async def _tried(self, work: Awaitable[None]) -> Exception | None:
        """Do the work. Returns its error, if it failed."""
        try:
            async with asyncio.timeout(self.item_timeout):
                await work
        except (PenstockError, TimeoutError) as exc:
            return exc
        except Exception as exc:
            # A bug that one entity meets must not stop the others.
            notices.stage_failed("sweep", exc)
            return exc
        return None

    async def _finished(self, ref: Ref) -> None:
        entity = await self.ledger.find(ref)
        if entity is None:
            return
        await self._asked(entity)
        await self.finish(ref)

    async def _asked(self, entity: AnyEntity) -> None:
        """Ask the gateway again: about operations, and about the entity."""
        if isinstance(entity, Payment):
            charge = entity.operation(OperationKind.charge)
            if charge and await self._to_ask(entity, charge):
                entity = await self.dispatch.charge.settle_by_lookup(entity)
            for operation in entity.operations:
                if operation.kind in BY_MESSAGE and await self._to_ask(entity, operation):
                    entity = await self.dispatch.resume(entity, operation)
            checkout = entity.operation(OperationKind.checkout)
            if checkout and _due(checkout, self.clock):
                entity = await self.checkouts.due(entity)
        if isinstance(entity, Subscription):
            look = entity.operation(OperationKind.access)
            if look and _due(look, self.clock):
                await self._looked_at(entity)
            return
        doubt = entity.operation(OperationKind.reread)
        if doubt and isinstance(entity, Payment | Dispute) and _due(doubt, self.clock):
            await self.finish.observe.again(entity)

    async def _to_ask(self, entity: Payment, operation: Operation) -> bool:
        """Whether the gateway is asked about the operation; a released one is sent instead."""
        if operation.state is OperationState.reserved or not _due(operation, self.clock):
            return False
        return operation.restricted_at is None or await self.gate(entity) is not None

    async def _looked_at(self, subscription: Subscription) -> None:
        try:
            await self.lost_payments(subscription)
        finally:
            # Access ends on time even while the gateway does not list its payments.
            await self.finish.observe_subscription.due(subscription)

    async def _deferred(self, ref: Ref, named: timedelta) -> None:
        now = self.clock.now()
        entity = await self.ledger.find(ref)
        if entity is not None and entity.due_at is not None and entity.due_at <= now:
            until = now + min(max(AGAIN, named), LONGEST)
            await self.ledger.commit(rules.defer(entity, until, now=now, new_id=self.ids.new))


def _due(operation: Operation, clock: Clock) -> bool:
    return operation.open and operation.due_at is not None and operation.due_at <= clock.now()
