"""
Charge: a message of payments.fifo moves its money once, whatever crashes on the way.

    reserved ─────────────────────────► submit ─► the gateway's answer ─► settle
                                        (a gateway without keys is looked up first, if it can be)
    paid, as a notification told ─────► settle; nothing is sent
    restricted ───────────────────────► left as it is until a release
    submitting, lease runs ───────────► come back when it ends
    submitting, lease over; unknown ──► look up ─┬ found ─────► settle
                                                 └ not found ─► once the lease is over the same
                                                                key again, if the gateway keeps
                                                                keys; else park
                                                                (declined then: look up again)
    the gateway will never say it ────► park
    succeeded, declined ──────────────► nothing to do but to publish what is unsent
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from penstock.api.answers import (
    ChargeAnswer,
    Critical,
    Declined,
    LookupAnswer,
    NotFound,
    Refused,
    Unanswered,
)
from penstock.api.charges import ChargeRequest, Charges, Lookup
from penstock.api.context import Clock, Ids
from penstock.api.gateway import Gateway
from penstock.domain import rules
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.errors import (
    ChargeCritical,
    GatewayUnavailable,
    MissingCapability,
    PaymentConflict,
    Unconfirmable,
    UnknownGateway,
)
from penstock.pipeline import correlation
from penstock.pipeline.batch import Handled
from penstock.pipeline.charge_answers import ChargeAnswers, told
from penstock.pipeline.gate import RESTRICTED, Gate
from penstock.pipeline.operation_work import OperationWork, wait_for_lease
from penstock.pipeline.orders import ChargeMessage
from penstock.pipeline.publish import Publish
from penstock.ports import Ledger, Message


@dataclass(frozen=True, slots=True)
class Charge:
    """
    The stage: the gateway that a message names takes the money.

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

    async def __call__(self, message: Message) -> Handled:
        """
        Bring one payment to its end, or as far as it goes now.

        Raises:
            PermanentError: people must look; the payment says why.
            TransientError: not decided; the message comes back.
        """
        return await self.take(ChargeMessage.loads(message.body))

    async def take(self, order: ChargeMessage) -> Handled:
        """
        The same, for a message that is read.

        Raises:
            PermanentError: people must look; the payment says why.
            TransientError: not decided; the message comes back.
        """
        correlation.bind(entity=order.id)
        gateway = charges(self.gateways, order.provider)
        payment = await self._payment(order)
        if not payment.is_for(order.order) or payment.gateway != order.provider:
            raise PaymentConflict("the payment's id exists with another order")
        payment = await self._advance(payment, gateway)
        await self.publish.unsent(payment)
        charge = payment.operation(OperationKind.charge)
        if charge and charge.restricted_at:
            return Handled(payment.id, RESTRICTED, because=charge.reason)
        return Handled(payment.id, payment.status.value)

    async def settle_by_lookup(self, payment: Payment) -> Payment:
        """
        Ask the gateway what became of a lost or undecided charge.

        For the sweep: it never submits. Only a message submits, and that message is on the
        queue, or parked until an operator redrives it.

        Raises:
            GatewayUnavailable: no answer.
        """
        operation = _charge_of(payment)
        gateway = charges(self.gateways, payment.gateway)
        if operation.leased(self.clock.now()):
            return payment
        if known := told(payment):
            return await self._answers.settle(payment, operation, known)
        if not isinstance(gateway, Lookup):
            because = "the gateway cannot be asked"
            return await self._answers.leave(payment, operation, because, ask_again=False)
        answer = await _look_up(payment, operation, gateway)
        if isinstance(answer, Critical):
            return await self._answers.leave(payment, operation, answer.because, ask_again=True)
        if isinstance(answer, NotFound):
            because = "the gateway does not know it"
            return await self._answers.leave(payment, operation, because, ask_again=True)
        return await self._answers.settle(payment, operation, answer)

    async def _payment(self, order: ChargeMessage) -> Payment:
        known = await self.ledger.load(Payment, order.id)
        if known is not None:
            return known
        first = rules.accept(
            order.id,
            order.provider,
            order.order,
            now=self.clock.now(),
            new_id=self.ids.new,
        )
        await self.ledger.commit(first)
        return first.entity

    async def _advance(self, payment: Payment, gateway: Charges) -> Payment:
        operation = _charge_of(payment)
        if operation.state is OperationState.submitting:
            wait_for_lease(operation, self.clock.now(), "the charge")
        if operation.open and (known := told(payment)):
            # An earlier request landed late, and its notification was here before its answer.
            return await self._answers.settle(payment, operation, known)
        match operation.state:
            case OperationState.succeeded | OperationState.declined:
                return payment
            case OperationState.reserved:
                return await self._first(payment, operation, gateway)
            case OperationState.pending | OperationState.submitting | OperationState.unknown:
                return await self._resume(payment, operation, gateway)
            case _:
                assert_never(operation.state)

    async def _first(self, payment: Payment, operation: Operation, gateway: Charges) -> Payment:
        """
        Submit a charge that this ledger has not submitted.

        A ledger that was restored from a backup may have forgotten that it did. A gateway that
        keeps keys then answers the same; one that does not is looked up first.
        """
        if not gateway.idempotent_charges:
            found = await _look_up(payment, operation, gateway)
            if not isinstance(found, NotFound):
                return await self._answers.settle(payment, operation, found)
        return await self._submit(payment, operation, gateway)

    async def _resume(self, payment: Payment, operation: Operation, gateway: Charges) -> Payment:
        """Go on with a charge that was sent before: settle what is found, or send it again."""
        found = await _look_up(payment, operation, gateway)
        if not isinstance(found, NotFound):
            return await self._answers.settle(payment, operation, found)
        # What the gateway does not show yet may still be on its way to it.
        wait_for_lease(operation, self.clock.now(), "the charge")
        if gateway.idempotent_charges:
            return await self._submit(payment, operation, gateway)
        because = "the answer was lost, and the gateway cannot say whether money moved"
        lost = operation.lose(self.clock.now(), because)
        await self._answers.park(payment, lost, ChargeCritical(because))

    async def _submit(self, payment: Payment, operation: Operation, gateway: Charges) -> Payment:
        kept = await self.gate.kept(payment, operation)
        if kept is not None:
            return await self._answers.commit(payment, kept, payment.status, payment.reason)
        submitted = operation.submit(self.clock.now(), self.lease)
        payment = await self._answers.commit(payment, submitted, PaymentStatus.accepted, None)
        answer = await gateway.charge(_request(payment, submitted))
        # A gateway without keys was looked up just before its first try.
        doubted = gateway.idempotent_charges or submitted.attempts > 1
        if doubted and isinstance(answer, Declined | Refused):
            answer = await _doubted(payment, submitted, gateway, answer)
        return await OperationWork(self.ledger).settle(
            payment, submitted, lambda latest: self._answers.settle(latest, submitted, answer)
        )

    @property
    def _answers(self) -> ChargeAnswers:
        return ChargeAnswers(self.ledger, self.publish, self.clock, self.ids)


def charges(gateways: Mapping[str, Gateway], name: str) -> Charges:
    """
    The gateway of that name, if it takes charges.

    Raises:
        UnknownGateway: no gateway of that name is configured.
        MissingCapability: it takes no charges.
    """
    gateway = gateways.get(name)
    if gateway is None:
        raise UnknownGateway("the message names a gateway that is not configured here")
    if not isinstance(gateway, Charges):
        raise MissingCapability(f"the gateway {gateway.name} takes no charges")
    return gateway


def _charge_of(payment: Payment) -> Operation:
    operation = payment.operation(OperationKind.charge)
    if operation is None:
        raise PaymentConflict("the payment's id belongs to one the gateway began itself")
    return operation


async def _doubted(
    payment: Payment, operation: Operation, gateway: Charges, answer: ChargeAnswer
) -> ChargeAnswer:
    """
    The answer to a declined try: an earlier one may have moved the money.

    A gateway may decline because it has charged the order already (409). A ledger that was
    restored from a backup does not know of the earlier try, so the first is looked up, too.
    """
    try:
        found = await _look_up(payment, operation, gateway)
    except GatewayUnavailable as exc:
        return Unanswered(f"it was turned down, and an earlier attempt is in doubt: {exc}")
    return answer if isinstance(found, NotFound) else found


async def _look_up(
    payment: Payment, operation: Operation, gateway: Charges
) -> LookupAnswer | Critical:
    """
    What the gateway shows of a charge.

    `NotFound`, too, where it cannot be asked; `Critical` where it will never say it.
    """
    if not isinstance(gateway, Lookup):
        return NotFound()
    try:
        return await gateway.look_up(_request(payment, operation))
    except Unconfirmable as exc:
        return Critical(f"the charge cannot be looked up: {exc}")


def _request(payment: Payment, operation: Operation) -> ChargeRequest:
    return ChargeRequest(operation.id, payment.id, payment.order)
