"""
Capture: takes the money that a buyer approved once, whatever crashes on the way.

    reserved ─────────────────────────► submit ─► the gateway's answer ─► settle
    restricted ───────────────────────► left as it is until a release
    submitting, lease runs ───────────► come back when it ends
    submitting, lease over; unknown ──► read the checkout ─┬ captured ─► settle
                                                           ├ approved ─► the same id again
                                                           └ open, closed ─► given up, expired
    succeeded, declined ──────────────► nothing to do but to publish what is unsent

A gateway captures a checkout once, whatever the id: after a declined try, read it again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NoReturn, assert_never

from penstock.api.answers import Critical, Declined, NotSent, Refused, Unanswered
from penstock.api.checkout import (
    CaptureAnswer,
    Captured,
    CaptureRequest,
    CheckoutSeen,
    Closed,
    NotApproved,
    Standing,
)
from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.operation import SETTLED, Operation, OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.errors import (
    ChargeCritical,
    ChargeRefused,
    GatewayUnavailable,
    NotShownYet,
    PaymentConflict,
    PermanentError,
    Unconfirmable,
)
from penstock.pipeline import correlation, notices
from penstock.pipeline.batch import Handled
from penstock.pipeline.checkouts import OVER, Checkouts, foreign
from penstock.pipeline.gate import RESTRICTED, Gate
from penstock.pipeline.observe import abilities
from penstock.pipeline.operation_work import OperationWork, wait_for_lease
from penstock.pipeline.orders import ActionMessage
from penstock.pipeline.publish import Publish
from penstock.ports import Ledger


@dataclass(frozen=True, slots=True)
class Capture:
    """
    The stage of the action `capture`.

    Attributes:
        lease: longer than one message may take, so that no worker is at it once it expired.
    """

    checkouts: Checkouts
    ledger: Ledger
    publish: Publish
    clock: Clock
    ids: Ids
    lease: timedelta
    gate: Gate

    async def __call__(self, asked: ActionMessage) -> Handled:
        """
        Bring one capture to its end, or as far as it goes now.

        Raises:
            PermanentError: people must look; the payment says why.
            TransientError: not decided; the message comes back.
        """
        correlation.bind(entity=asked.id)
        payment = await self.ledger.load(Payment, asked.id)
        operation = payment.operation_by_id(asked.operation) if payment else None
        if payment is None or operation is None or payment.gateway != asked.provider:
            raise PaymentConflict("there is no such capture of a payment of that gateway")
        payment = await self._advance(payment, operation)
        await self.publish.unsent(payment)
        after = payment.operation_by_id(operation.id)
        if after and after.restricted_at:
            return Handled(payment.id, RESTRICTED, because=after.reason)
        return Handled(payment.id, payment.status.value)

    async def resume(self, payment: Payment, operation: Operation) -> Payment:
        """
        Find out what became of a lost capture, for the sweep. Only a message submits one.

        Raises:
            GatewayUnavailable: no answer.
        """
        if operation.leased(self.clock.now()):
            return payment
        settled = await self._read(payment, operation)
        if settled is None and operation.restricted_at:
            # Not captured and still restricted: the sweep looks at it less and less often.
            again = operation.restrict(self.clock.now(), operation.reason or RESTRICTED)
            return await self._noted(payment, again, payment.status, payment.reason)
        return settled or payment

    async def _advance(self, payment: Payment, operation: Operation) -> Payment:
        if operation.state in SETTLED:
            return payment
        if operation.state is not OperationState.reserved:
            if operation.state is OperationState.submitting:
                wait_for_lease(operation, self.clock.now(), "the capture")
            settled = await self._read(payment, operation)
            if settled is not None:
                return settled
            # A request that the gateway does not show yet may still be on its way to it.
            wait_for_lease(operation, self.clock.now(), "the capture")
        return await self._submit(payment, operation)

    async def _read(self, payment: Payment, operation: Operation) -> Payment | None:
        """The payment settled by what the gateway shows; None where it may be captured still."""
        seen = await self.checkouts.read(payment)
        answer = _as_answer(seen)
        return None if answer is None else await self._settle(payment, operation, answer)

    async def _submit(self, payment: Payment, operation: Operation) -> Payment:
        kept = await self.gate.kept(payment, operation)
        if kept is not None:
            return await self._noted(payment, kept, payment.status, payment.reason)
        now = self.clock.now()
        submitted = replace(operation.submit(now, self.lease), began_at=operation.began_at or now)
        payment = await self._noted(payment, submitted, payment.status, payment.reason)
        answer = await self.checkouts.gateway(payment.gateway).capture_checkout(
            _request(payment, submitted)
        )
        if isinstance(answer, Declined | NotApproved | Closed | Refused):
            answer = await self._doubted(payment, answer)
        return await OperationWork(self.ledger).settle(
            payment, submitted, lambda latest: self._settle(latest, submitted, answer)
        )

    async def _doubted(self, payment: Payment, answer: CaptureAnswer) -> CaptureAnswer:
        """
        The answer to a declined try: an earlier one may have captured the money.

        So it may be at the first, if the ledger was restored from a backup.
        """
        try:
            seen = await self.checkouts.read(payment)
        except (GatewayUnavailable, Unconfirmable) as exc:
            return Unanswered(f"it was turned down, and an earlier attempt is in doubt: {exc}")
        return Captured(seen) if seen is not None and seen.money is not None else answer

    async def _settle(
        self, payment: Payment, operation: Operation, answer: CaptureAnswer
    ) -> Payment:
        now, new_id = self.clock.now(), self.ids.new
        match answer:
            case Captured(seen):
                return await self._captured(payment, operation, seen)
            case Declined(because):
                return await self._commit(
                    rules.declined(payment, operation, because, now=now, new_id=new_id)
                )
            case NotApproved():
                return await self._commit(
                    rules.not_approved(payment, operation, now=now, new_id=new_id)
                )
            case Closed(because):
                return await self._commit(rules.expire(payment, because, now=now, new_id=new_id))
            case NotSent(because, retry_after):
                released = operation.release(because)
                await self._noted(payment, released, payment.status, payment.reason)
                raise GatewayUnavailable(because, retry_after=retry_after)
            case Unanswered(because):
                lost = operation.lose(now, because)
                await self._noted(payment, lost, PaymentStatus.unknown, because)
                notices.operation_unknown(payment, lost)
                raise GatewayUnavailable(because)
            case Refused(because):
                released = operation.release(because)
                await self._park(payment, released, ChargeRefused(because))
            case Critical(because):
                lost = operation.lose(now, because)
                notices.operation_unknown(payment, lost)
                await self._park(payment, lost, ChargeCritical(because))
            case _:
                assert_never(answer)

    async def _captured(
        self, payment: Payment, operation: Operation, seen: CheckoutSeen
    ) -> Payment:
        if seen.money is None:
            raise NotShownYet("the gateway shows no capture yet")
        if because := foreign(payment, seen):
            # Fail closed: money that is not certainly this payment's does not make it succeed.
            lost = operation.lose(self.clock.now(), because)
            await self._park(payment, lost, ChargeCritical(because))
        return await self._commit(
            rules.captured(
                payment,
                operation,
                seen.money,
                can=abilities(self.checkouts.gateway(payment.gateway)),
                now=self.clock.now(),
                new_id=self.ids.new,
            )
        )

    async def _park(
        self, payment: Payment, operation: Operation, cause: PermanentError
    ) -> NoReturn:
        parked = await self._noted(payment, operation, PaymentStatus.parked, str(cause))
        await self.publish.unsent(parked)
        raise cause

    async def _noted(
        self, payment: Payment, operation: Operation, status: PaymentStatus, reason: str | None
    ) -> Payment:
        return await self._commit(
            rules.settle(
                payment,
                operation,
                status,
                now=self.clock.now(),
                new_id=self.ids.new,
                reason=reason,
            )
        )

    async def _commit(self, decided: Change[Payment]) -> Payment:
        await self.ledger.commit(decided)
        return decided.entity


def _as_answer(seen: CheckoutSeen | None) -> CaptureAnswer | None:
    """What a checkout that is read says of a capture; None where it may be captured still."""
    if seen is None or seen.standing is Standing.closed:
        return Closed(OVER)
    if seen.money is not None:
        return Captured(seen)
    return NotApproved() if seen.standing is Standing.open else None


def _request(payment: Payment, operation: Operation) -> CaptureRequest:
    checkout = payment.approval.checkout if payment.approval else None
    if checkout is None or operation.reference != checkout:
        raise PaymentConflict("the capture is not of the payment's checkout")
    return CaptureRequest(operation.id, payment.id, checkout, payment.order)
