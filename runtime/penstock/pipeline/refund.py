"""
Refund: an operation of a payment sends its money back once, whatever crashes on the way.

    reserved ─────────────────────────► route, kept with the call's lease ─► the gateway ─► settle
    restricted ───────────────────────► left as it is until a release
    submitting, lease runs ───────────► come back when it ends
    submitting, lease over; unknown ──► the same request again under the same id, which is how it
                                        is looked up; after the gateway's window, or if the
                                        answer does not tell what happened: park
    pending ──────────────────────────► ask how it stands, by the gateway's id of it
    succeeded, declined ──────────────► nothing to do but to publish what is unsent

The invoice and the subscription follow through the sweep: their operations are due at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NoReturn, assert_never

from penstock.api.answers import (
    Critical,
    Declined,
    NotSent,
    Pending,
    RefundAnswer,
    Routed,
    Succeeded,
    Unanswered,
)
from penstock.api.context import Clock, Ids
from penstock.api.gateway import Gateway
from penstock.api.refunds import RefundRequest, Refunds
from penstock.domain import rules
from penstock.domain.change import Change, change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from penstock.errors import (
    GatewayUnavailable,
    MissingCapability,
    PaymentConflict,
    RefundUnknown,
    UnknownGateway,
    UnknownPayment,
)
from penstock.pipeline import correlation, notices
from penstock.pipeline.batch import Handled
from penstock.pipeline.gate import RESTRICTED, Gate
from penstock.pipeline.observe import abilities
from penstock.pipeline.operation_work import (
    FORGOTTEN,
    OperationWork,
    asked_again,
    forgotten,
    lost_since,
    wait_for_lease,
)
from penstock.pipeline.orders import ActionMessage
from penstock.pipeline.publish import Publish
from penstock.ports import Ledger


@dataclass(frozen=True, slots=True)
class Refund:
    """
    The stage: the gateway of a payment sends money back.

    Attributes:
        lease: longer than one message may take, so that no worker is at it once it expired.
    """

    gateways: Mapping[str, Gateway]
    ledger: Ledger
    publish: Publish
    clock: Clock
    ids: Ids
    lease: timedelta
    gate: Gate

    async def __call__(self, asked: ActionMessage) -> Handled:
        """
        Bring one refund to its end, or as far as it goes now.

        Raises:
            PermanentError: people must look; the operation says why.
            TransientError: not decided; the message comes back.
        """
        correlation.bind(entity=asked.id)
        payment = await self.ledger.load(Payment, asked.id)
        if payment is None:
            raise UnknownPayment("the refund names a payment that the ledger does not hold")
        operation = payment.operation_by_id(asked.operation)
        if operation is None or operation.kind is not OperationKind.refund:
            raise PaymentConflict("the payment holds no refund of that id")
        gateway = refunding(self.gateways, payment.gateway)
        payment = await self._advance(payment, operation, gateway)
        await self.publish.unsent(payment)
        after = payment.operation_by_id(operation.id) or operation
        outcome = RESTRICTED if after.restricted_at else f"refund {after.state.value}"
        return Handled(payment.id, outcome, because=after.reason)

    async def resume(self, payment: Payment, operation: Operation) -> Payment:
        """
        Ask how a pending refund stands; a lost one is left to its message.

        Raises:
            GatewayUnavailable: no answer.
        """
        if operation.leased(self.clock.now()) or operation.restricted_at:
            return payment
        if operation.state is OperationState.pending:
            gateway = refunding(self.gateways, payment.gateway)
            return await self._read(payment, operation, gateway)
        because = operation.reason or "its worker died; its message asks again"
        lost = replace(operation.lose(self.clock.now(), because), due_at=None)
        return await self._commit(payment, operation, lambda latest: self._with(latest, lost))

    async def _advance(self, payment: Payment, operation: Operation, gateway: Refunds) -> Payment:
        match operation.state:
            case OperationState.succeeded | OperationState.declined:
                return payment
            case OperationState.reserved:
                return await self._submit(payment, operation, gateway)
            case OperationState.pending:
                return await self._read(payment, operation, gateway)
            case OperationState.submitting | OperationState.unknown:
                wait_for_lease(operation, self.clock.now(), "the refund")
                return await self._submit(payment, operation, gateway)
            case _:
                assert_never(operation.state)

    async def _submit(self, payment: Payment, operation: Operation, gateway: Refunds) -> Payment:
        kept = await self.gate.kept(payment, operation)
        if kept is not None:
            return await self._commit(payment, operation, lambda latest: self._with(latest, kept))
        now = self.clock.now()
        path = operation.path
        if operation.began_at and path:
            if forgotten(operation, gateway.refund_window(path), now):
                await self._park(payment, operation, FORGOTTEN)
        else:
            found = await gateway.route_refund(_request(payment, operation))
            match found:
                case Routed(path):
                    pass
                case Declined(because):
                    return await self._failed(payment, operation, because)
                case NotSent(because, retry_after):
                    raise GatewayUnavailable(because, retry_after=retry_after)
                case _:
                    assert_never(found)
        submitted = replace(
            operation.submit(now, self.lease),
            path=path,
            began_at=operation.began_at or now,
            lost_at=lost_since(operation, now),
        )
        payment = await self._commit(
            payment, operation, lambda latest: self._with(latest, submitted)
        )
        answer = await gateway.refund(_request(payment, submitted))
        return await self._settle(payment, submitted, answer)

    async def _read(self, payment: Payment, operation: Operation, gateway: Refunds) -> Payment:
        return await self._settle(
            payment, operation, await gateway.read_refund(_request(payment, operation))
        )

    async def _settle(
        self, payment: Payment, operation: Operation, answer: RefundAnswer
    ) -> Payment:
        now = self.clock.now()
        match answer:
            case Succeeded(reference):
                settled = operation.settle(OperationState.succeeded, reference=reference)
                return await self._moved(payment, operation, settled, PaymentStatus.refunded)
            case Pending(reference):
                due_at = now + asked_again(now, operation.began_at)
                held = operation.hold(due_at, reference=reference, reason=None)
                return await self._moved(payment, operation, held, PaymentStatus.pending)
            case Declined(because):
                return await self._failed(payment, operation, because)
            case NotSent(because, retry_after):
                released = replace(operation.release(because), lost_at=operation.lost_at)
                await self._commit(payment, operation, lambda latest: self._with(latest, released))
                raise GatewayUnavailable(because, retry_after=retry_after)
            case Unanswered(because):
                lost = operation.lose(now, because)
                await self._commit(payment, operation, lambda latest: self._with(latest, lost))
                notices.operation_unknown(payment, lost)
                raise GatewayUnavailable(because)
            case Critical(because):
                await self._park(payment, operation, because)
            case _:
                assert_never(answer)

    async def _moved(
        self, payment: Payment, was: Operation, becomes: Operation, status: PaymentStatus
    ) -> Payment:
        terms, reference, now = was.terms, becomes.reference, self.clock.now()
        if terms is None or reference is None:
            raise PaymentConflict("a refund without terms, or an answer without the refund's id")
        step = Transaction(reference, "refund", status, terms.amount, now)
        can = abilities(self.gateways[payment.gateway])
        return await self._commit(
            payment,
            was,
            lambda latest: rules.refund_moved(
                latest, becomes, step, can, now=now, new_id=self.ids.new
            ),
        )

    async def _failed(self, payment: Payment, operation: Operation, because: str) -> Payment:
        now = self.clock.now()
        return await self._commit(
            payment,
            operation,
            lambda latest: rules.refund_failed(
                latest, operation, because, now=now, new_id=self.ids.new
            ),
        )

    async def _park(self, payment: Payment, operation: Operation, because: str) -> NoReturn:
        now = self.clock.now()
        parked = await self._commit(
            payment,
            operation,
            lambda latest: rules.refund_parked(
                latest, operation, because, now=now, new_id=self.ids.new
            ),
        )
        await self.publish.unsent(parked)
        raise RefundUnknown(because)

    def _with(self, latest: Payment, operation: Operation) -> Change[Payment]:
        after = rules.with_operation(latest, operation)
        return change(latest, after, now=self.clock.now(), new_id=self.ids.new)

    async def _commit(
        self,
        payment: Payment,
        operation: Operation,
        decide: Callable[[Payment], Change[Payment]],
    ) -> Payment:
        return await OperationWork(self.ledger).commit(payment, operation, decide)


def refunding(gateways: Mapping[str, Gateway], name: str) -> Refunds:
    """
    The gateway of that name, if it takes refunds.

    Raises:
        UnknownGateway: no gateway of that name is configured.
        MissingCapability: it takes no refunds.
    """
    gateway = gateways.get(name)
    if gateway is None:
        raise UnknownGateway("the payment's gateway is not configured here")
    if not isinstance(gateway, Refunds):
        raise MissingCapability(f"the gateway {gateway.name} sends no money back when told to")
    return gateway


def _request(payment: Payment, operation: Operation) -> RefundRequest:
    terms, sale = operation.terms, payment.transaction
    if terms is None or sale is None:
        raise PaymentConflict("a refund without terms, or of a payment without money")
    return RefundRequest(
        operation.id,
        payment.id,
        sale.id,
        terms.amount,
        operation.path or "",
        operation.reference,
        terms.note,
        doubted=operation.lost_at is not None,
    )
