"""
Charge answers: what a gateway says of a charge becomes the payment's state, in one commit.

    told of before ──────────► the payment stays as it was told, whatever the answer
    succeeded ───────────────► one step of money; the payment is paid
    declined ────────────────► the payment is declined
    pending ─────────────────► the sweep asks again
    not sent ────────────────► reserved as before; the message comes back
    unanswered ──────────────► unknown; the message comes back
    refused, critical ───────► parked: people must look
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NoReturn, assert_never

from penstock.api.answers import (
    ChargeAnswer,
    Critical,
    Declined,
    NotSent,
    Pending,
    Refused,
    Succeeded,
    Unanswered,
)
from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.operation import Operation, OperationState
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from penstock.errors import ChargeCritical, ChargeRefused, GatewayUnavailable, PermanentError
from penstock.pipeline import notices
from penstock.pipeline.operation_work import asked_again
from penstock.pipeline.publish import Publish
from penstock.ports import Ledger


@dataclass(frozen=True, slots=True)
class ChargeAnswers:
    """Commits what became of a payment's charge."""

    ledger: Ledger
    publish: Publish
    clock: Clock
    ids: Ids

    async def settle(
        self, payment: Payment, operation: Operation, answer: ChargeAnswer
    ) -> Payment:
        """
        Commit what the gateway answered.

        Raises:
            GatewayUnavailable: the charge was not sent, or its answer is missing.
            PermanentError: people must look; the payment is parked and says why.
        """
        now, known = self.clock.now(), told(payment)
        if known is not None and not _is_another(answer, known.reference):
            # A notification told of its money first, and perhaps of what went back since.
            settled = operation.settle(OperationState.succeeded, reference=known.reference)
            return await self.commit(payment, settled, payment.status, payment.reason)
        match answer:
            case Succeeded(reference):
                settled = operation.settle(OperationState.succeeded, reference=reference)
                moved = Transaction(
                    reference, "charge", PaymentStatus.succeeded, payment.order.amount, now
                )
                paid = replace(payment, transactions=(moved,))
                return await self.commit(paid, settled, PaymentStatus.succeeded, None)
            case Declined(because):
                settled = operation.settle(OperationState.declined, reason=because)
                return await self.commit(payment, settled, PaymentStatus.declined, because)
            case Pending(reference):
                held = operation.hold(
                    now + asked_again(now, operation.began_at), reference=reference, reason=None
                )
                held = replace(held, began_at=operation.began_at or now)
                return await self.commit(payment, held, PaymentStatus.pending, None)
            case NotSent(because, retry_after):
                released = operation.release(because)
                await self.commit(payment, released, PaymentStatus.accepted, because)
                raise GatewayUnavailable(because, retry_after=retry_after)
            case Unanswered(because):
                lost = operation.lose(now, because)
                await self.commit(payment, lost, PaymentStatus.unknown, because)
                raise GatewayUnavailable(because)
            case Refused(because):
                await self.park(payment, operation.release(because), ChargeRefused(because))
            case Critical(because):
                await self.park(payment, operation.lose(now, because), ChargeCritical(because))
            case _:
                assert_never(answer)

    async def leave(
        self, payment: Payment, operation: Operation, because: str, *, ask_again: bool
    ) -> Payment:
        """
        Commit that the gateway shows nothing of a charge: it is unknown, and left to its message.

        A pending one has no message any more, so it is parked.

        Args:
            ask_again: whether the sweep is to ask again; the longer the charge stays unknown, the
                less often.
        """
        now = self.clock.now()
        lost = operation.lose(now, because, now + asked_again(now, operation.lost_at))
        if not ask_again:
            lost = replace(lost, due_at=None)
        match payment.status:
            case PaymentStatus.pending:
                return await self.commit(payment, lost, PaymentStatus.parked, lost.reason)
            case PaymentStatus.parked:
                return await self.commit(payment, lost, PaymentStatus.parked, payment.reason)
            case _:
                return await self.commit(payment, lost, PaymentStatus.unknown, payment.reason)

    async def park(
        self, payment: Payment, operation: Operation, cause: PermanentError
    ) -> NoReturn:
        """
        Commit that people must look at the charge, publish it, and raise the cause.

        Raises:
            PermanentError: the cause.
        """
        parked = await self.commit(payment, operation, PaymentStatus.parked, str(cause))
        await self.publish.unsent(parked)
        raise cause

    async def commit(
        self, payment: Payment, operation: Operation, status: PaymentStatus, reason: str | None
    ) -> Payment:
        """
        Commit the payment with its charge, and tell the operators of a charge that got unknown.

        Raises:
            LedgerConflict: another worker wrote the payment in between.
        """
        decided = rules.settle(
            payment,
            operation,
            status,
            now=self.clock.now(),
            new_id=self.ids.new,
            reason=reason,
        )
        await self.ledger.commit(decided)
        notices.operation_unknown(payment, operation)
        return decided.entity


def told(payment: Payment) -> Succeeded | None:
    """What a notification told of a charge's money, whatever its request is answered."""
    paid = payment.transaction if payment.paid else None
    return Succeeded(paid.id) if paid else None


def _is_another(answer: ChargeAnswer, reference: str) -> bool:
    """Whether an answer names another charge than that."""
    return isinstance(answer, Succeeded | Pending) and answer.reference != reference
