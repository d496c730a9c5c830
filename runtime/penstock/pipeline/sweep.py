"""Sweep: what a crash left behind: unsent messages and events, lost and expired operations."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from penstock.api.context import Clock
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.errors import PenstockError
from penstock.pipeline import correlation
from penstock.pipeline.accept import Accept
from penstock.pipeline.charge import Charge
from penstock.pipeline.invoice import Invoicing
from penstock.pipeline.publish import Publish
from penstock.ports import Ledger


@dataclass(frozen=True, slots=True)
class Swept:
    """What the sweep did for one payment; `error` when it could not."""

    payment_id: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """The stage that the schedule calls: every payment whose `due_at` has come, one by one."""

    ledger: Ledger
    accept: Accept
    charge: Charge
    invoicing: Invoicing
    publish: Publish
    clock: Clock

    async def __call__(self, limit: int = 100) -> list[Swept]:
        """Look at up to `limit` due payments; one that fails does not stop the others."""
        due = await self.ledger.due(self.clock.now(), limit)
        return [await self._one(payment_id) for payment_id in due]

    async def _one(self, payment_id: str) -> Swept:
        with correlation.item(entity=payment_id):
            return await self._told(payment_id)

    async def _told(self, payment_id: str) -> Swept:
        began = self.clock.monotonic()
        error: str | None = None
        try:
            await self._resume(payment_id)
        except PenstockError as exc:
            error = f"{type(exc).__name__}: {exc}"
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

    async def _resume(self, payment_id: str) -> None:
        payment = await self.ledger.load(payment_id)
        if payment is None:
            return
        charge = payment.operation(OperationKind.charge)
        if charge is not None and _due(charge, self.clock):
            payment = await self._charge(payment, charge)
        # A charge or an invoice that fails now must not hold back what is already true.
        await self.publish(payment_id)
        payment = await self.ledger.load(payment_id) or payment
        payment = await self.invoicing(payment)
        if payment.unsent:
            await self.publish(payment_id)

    async def _charge(self, payment: Payment, charge: Operation) -> Payment:
        if charge.state is OperationState.reserved:
            await self.accept.send(payment)
            return payment
        return await self.charge.settle_by_lookup(payment)


def _due(operation: Operation, clock: Clock) -> bool:
    return operation.open and operation.due_at is not None and operation.due_at <= clock.now()
