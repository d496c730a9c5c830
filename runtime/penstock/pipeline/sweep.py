"""
Sweep: what a crash left behind, and what is to be asked again.

    look ──► send ─────────► resume, each gateway's in its own line ──► look again, every 5 s
             unsent events   lost charges and other operations, checkouts
             and messages    that are over, open invoices, doubts about an
                             entity, what follows from another

What is known already is sent before anything is asked, for all that is due: no gateway's answer
keeps it waiting. A run goes on until nothing is due any more, or its time is over.
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
"""What can be looked up without a call that may move money; that goes on while restricted."""
AGAIN = timedelta(seconds=60)
"""How long what could not be done is left alone: others that are due go before it."""
LONGEST = timedelta(minutes=15)
"""The same, where somebody names a longer time."""


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
        Look at what is due until nothing is; an entity that fails does not stop the others.

        Args:
            limit: only so many entities, those that are due longest.
            remaining: seconds until the host ends us; no entity begins unless it can end.
        """
        run = SweepRun(self, self.ledger, self.clock, self.item_timeout, remaining)
        await run.go(limit)
        swept = [run.swept[ref] for ref in run.found if ref in run.swept]
        if not run.time() and (run.left or not run.looked):
            notices.sweep_out_of_time(run.left)
        notices.sweep_finished(len(swept), sum(one.error is not None for one in swept), run.left)
        return swept

    async def send(self, ref: Ref) -> tuple[str, Exception | None]:
        """Send what is known already; the entity's gateway, and why it could not be sent."""
        entity: AnyEntity | None = None

        async def sent() -> None:
            nonlocal entity
            entity = await self._sent(ref)

        failed = await self._tried(sent())
        return entity.gateway if entity else "", failed

    async def _sent(self, ref: Ref) -> AnyEntity | None:
        """Events that have not left, and the messages of what has not begun."""
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
        """Whether a restriction still keeps it; then the next look at it comes later."""
        if operation.restricted_at is None:
            return False
        kept = await self.gate.kept(entity, operation)
        if kept is None:
            return False
        if operation.state is OperationState.reserved or operation.kind not in _LOOKED_UP:
            after = rules.with_operation(entity, kept)
            now = self.clock.now()
            await self.ledger.commit(change(entity, after, now=now, new_id=self.ids.new))
        return True

    async def resume(self, ref: Ref) -> Exception | None:
        """Do all that is due for an entity; what went wrong, if it did."""
        began = self.clock.monotonic()
        failed = await self._tried(self._finished(ref))
        named = failed.retry_after if isinstance(failed, TransientError) else None
        await self.defer(ref, named or 0.0)
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
        """Leave an entity that is due still alone for a while: others go before it."""
        # A writer in between knows better when it is due, so a conflict is no error.
        await self._tried(self._deferred(ref, timedelta(seconds=seconds)))

    async def _tried(self, work: Awaitable[None]) -> Exception | None:
        """Do the work; what it failed with, if it did."""
        try:
            async with asyncio.timeout(self.item_timeout):
                await work
        except (PenstockError, TimeoutError) as exc:
            return exc
        except Exception as exc:
            # A bug of ours met at one entity: all others are still to be looked at.
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
        """What the gateway is asked again: a charge's end, how the entity stands."""
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
        """Whether it was begun and its end is to be asked for; one released is to be sent."""
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
