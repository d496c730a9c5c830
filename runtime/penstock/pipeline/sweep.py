"""
Sweep: what a crash left behind, and what is to be asked again.

    first   unsent events and unsent messages: what is known already is not kept waiting
    then    lost charges and other operations, checkouts that are over, open invoices, doubts
            about an entity, what follows from another
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
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
from penstock.errors import PenstockError
from penstock.pipeline import correlation
from penstock.pipeline.accept import Accept
from penstock.pipeline.batch import MARGIN
from penstock.pipeline.checkouts import Checkouts
from penstock.pipeline.dispatch import Dispatch
from penstock.pipeline.finish import Finish
from penstock.pipeline.gate import Gate
from penstock.pipeline.hand_over import HandOver
from penstock.pipeline.lost_payments import LostPayments
from penstock.ports import Ledger

SIDE_BY_SIDE = 8
"""Entities looked at at a time: a gateway that hangs must not take every place in the line."""
_LOOKED_UP = (OperationKind.charge, OperationKind.capture)
"""What can be looked up without a call that may move money; that goes on while restricted."""
AGAIN = timedelta(seconds=60)
"""How long what could not be done is left alone: others that are due go before it."""


def _forever() -> float:
    return float("inf")


@dataclass(frozen=True, slots=True)
class Swept:
    """What the sweep did for one entity; `error` when it could not."""

    ref: Ref
    error: str | None = None


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
        self, limit: int = 100, remaining: Callable[[], float] = _forever
    ) -> list[Swept]:
        """
        Look at up to `limit` due entities; one that fails does not stop the others.

        Args:
            remaining: seconds until the host ends us; no entity begins unless it can end.
        """
        due = await self.ledger.due(self.clock.now(), limit)
        unsent = dict(await self._all(due, self._send, remaining))
        # What was not begun in the first round has no time in the second either.
        swept = await self._all(unsent, self._resume, remaining)
        return [Swept(ref, unsent[ref] or error) for ref, error in swept]

    async def _all(
        self,
        refs: Iterable[Ref],
        work: Callable[[Ref], Awaitable[str | None]],
        remaining: Callable[[], float],
    ) -> list[tuple[Ref, str | None]]:
        room = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(ref: Ref) -> tuple[Ref, str | None] | None:
            async with room:
                if remaining() <= self.item_timeout + MARGIN:
                    return None
                with correlation.item(entity=ref.id):
                    return ref, await work(ref)

        done = await asyncio.gather(*(one(ref) for ref in refs))
        return [found for found in done if found is not None]

    async def _send(self, ref: Ref) -> str | None:
        return await self._tried(self._sent(ref))

    async def _sent(self, ref: Ref) -> None:
        """Events that have not left, and the messages of what has not begun."""
        entity = await self.finish.publish(ref)
        if not isinstance(entity, Payment | Subscription):
            return
        for operation in entity.operations:
            if not (operation.to_send and _due(operation, self.clock)):
                continue
            if await self._kept(entity, operation):
                # A commit makes what is in hand stale; the next run sends the rest.
                return
            if isinstance(entity, Payment) and operation.kind is OperationKind.charge:
                await self.accept.send(entity)
            elif operation.kind in BY_MESSAGE:
                await self.hand_over(entity, operation)

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

    async def _resume(self, ref: Ref) -> str | None:
        began = self.clock.monotonic()
        error = await self._tried(self._finished(ref))
        # A writer in between knows better when it is due, so a conflict is no error.
        await self._tried(self._defer(ref))
        structlog.get_logger().info(
            "stage.finished",
            stage="sweep",
            entity=ref.id,
            outcome="resumed" if error is None else "retry",
            status="done" if error is None else "retry",
            because=error,
            ms=round((self.clock.monotonic() - began) * 1000, 1),
        )
        return error

    async def _tried(self, work: Awaitable[None]) -> str | None:
        """Do the work; says why it failed, if it did."""
        try:
            async with asyncio.timeout(self.item_timeout):
                await work
        except PenstockError as exc:
            return f"{type(exc).__name__}: {exc}"
        except TimeoutError:
            return "took longer than its time limit"
        except Exception as exc:
            # A bug of ours met at one entity: all others are still to be looked at. The text
            # may hold a payload, so only the type goes into the log.
            return f"unexpected {type(exc).__name__}"
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

    async def _defer(self, ref: Ref) -> None:
        """What is due still goes to the end of the line, so that it is not always first."""
        now = self.clock.now()
        entity = await self.ledger.find(ref)
        if entity is not None and entity.due_at is not None and entity.due_at <= now:
            deferred = rules.defer(entity, now + AGAIN, now=now, new_id=self.ids.new)
            await self.ledger.commit(deferred)


def _due(operation: Operation, clock: Clock) -> bool:
    return operation.open and operation.due_at is not None and operation.due_at <= clock.now()
