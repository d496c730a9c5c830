"""Sweep: what a crash left behind: unsent messages and events, lost and expired operations."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.errors import PenstockError, TransientError
from penstock.pipeline import correlation
from penstock.pipeline.accept import Accept
from penstock.pipeline.batch import MARGIN
from penstock.pipeline.charge import Charge
from penstock.pipeline.invoice import Invoicing
from penstock.pipeline.publish import Publish
from penstock.ports import Ledger

SIDE_BY_SIDE = 8
"""Payments looked at at a time: a gateway that hangs must not take every place in the line."""
AGAIN = timedelta(seconds=60)
"""How long what could not be helped is left alone: others that are due go before it."""


def _forever() -> float:
    return float("inf")


@dataclass(frozen=True, slots=True)
class Swept:
    """What the sweep did for one payment; `error` when it could not."""

    payment_id: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """
    The stage that the schedule calls: every payment whose `due_at` has come.

    Attributes:
        item_timeout: seconds one payment may take; shorter than a lease.
    """

    ledger: Ledger
    accept: Accept
    charge: Charge
    invoicing: Invoicing
    publish: Publish
    clock: Clock
    ids: Ids
    item_timeout: float

    async def __call__(
        self, limit: int = 100, remaining: Callable[[], float] = _forever
    ) -> list[Swept]:
        """
        Look at up to `limit` due payments; one that fails does not stop the others.

        Args:
            remaining: seconds until the host ends us; no payment begins unless it can end.
        """
        room = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(payment_id: str) -> Swept | None:
            async with room:
                if remaining() <= self.item_timeout + MARGIN:
                    return None
                return await self._one(payment_id)

        due = await self.ledger.due(self.clock.now(), limit)
        swept = await asyncio.gather(*(one(payment_id) for payment_id in due))
        return [found for found in swept if found is not None]

    async def _one(self, payment_id: str) -> Swept:
        with correlation.item(entity=payment_id):
            return await self._told(payment_id)

    async def _told(self, payment_id: str) -> Swept:
        began = self.clock.monotonic()
        error = await self._tried(self._resume(payment_id))
        # Whoever wrote it meanwhile knows better when it is due, so a conflict is no error.
        await self._tried(self._defer(payment_id))
        structlog.get_logger().info(
            "stage.finished",
            stage="sweep",
            entity=payment_id,
            outcome="resumed" if error is None else "retry",
            status="done" if error is None else "retry",
            because=error,
            ms=round((self.clock.monotonic() - began) * 1000, 1),
        )
        return Swept(payment_id, error)

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
            # A bug of ours met at one payment: all others are still to be looked at. The text
            # may hold a payload, so the type alone is told.
            return f"unexpected {type(exc).__name__}"
        return None

    async def _resume(self, payment_id: str) -> None:
        # What is already true is told first, and neither waits for the other: a topic that is
        # away keeps no operation open, an operation that fails holds back no event.
        untold = False
        try:
            await self.publish(payment_id)
        except TransientError:
            untold = True
        payment = await self.ledger.load(payment_id)
        if payment is None:
            return
        charge = payment.operation(OperationKind.charge)
        if charge is not None and _due(charge, self.clock):
            payment = await self._charge(payment, charge)
        payment = await self.invoicing(payment)
        if payment.unsent or untold:
            await self.publish(payment_id)

    async def _defer(self, payment_id: str) -> None:
        """Send what is due still to the end of the line, or it would be first for ever."""
        now = self.clock.now()
        payment = await self.ledger.load(payment_id)
        if payment is not None and payment.due_at is not None and payment.due_at <= now:
            deferred = rules.defer(payment, now + AGAIN, now=now, new_id=self.ids.new)
            await self.ledger.commit(deferred)

    async def _charge(self, payment: Payment, charge: Operation) -> Payment:
        if charge.state is OperationState.reserved:
            await self.accept.send(payment)
            return payment
        return await self.charge.settle_by_lookup(payment)


def _due(operation: Operation, clock: Clock) -> bool:
    return operation.open and operation.due_at is not None and operation.due_at <= clock.now()
