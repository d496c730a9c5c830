"""What the ledger knows of a message's work."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.domain.delivery import Delivery, Notification
from penstock.domain.events import Event
from penstock.domain.operation import SETTLED, Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.record import Became, Record
from penstock.domain.subscription import Subscription
from penstock.operators.content import SINK, Content
from penstock.pipeline.deliver import attempt_key
from penstock.pipeline.orders import Action, ActionMessage, ChargeMessage
from penstock.pipeline.recording import record_id
from penstock.ports import Attempts, Ledger


@dataclass(frozen=True, slots=True)
class Known:
    """
    What the ledger knows.

    Attributes:
        text: on one line: `charge succeeded, attempt 2`.
        succeeded: whether the work is done, so that the message must not be sent again.
        ended: whether its outcome is known, good or bad.
        mark: changes with every change of the work.
    """

    text: str
    succeeded: bool = False
    ended: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Looks up the work of messages."""

    ledger: Ledger
    attempts: Attempts

    async def __call__(self, queue: str, told: Content) -> Known:
        """
        What is known of a message's work.

        Raises:
            LedgerUnavailable: the ledger gave no answer.
        """
        match told.asked:
            case ChargeMessage(id=identity):
                return await self._charge(identity)
            case ActionMessage() as asked:
                return await self._action(asked)
            case Notification() as asked:
                return await self._notification(asked)
            case Event(id=identity):
                key = attempt_key(identity, told.replay)
                return await self._delivery(queue.removeprefix(SINK), key)
            case Delivery():
                return Known("not verified: the ledger knows nothing of it")
            case None:
                return Known("it cannot be read, so nothing is known of it")

    async def _charge(self, identity: str) -> Known:
        payment = await self.ledger.load(Payment, identity)
        charge = payment.operation(OperationKind.charge) if payment else None
        if payment is None:
            return Known("no payment has this id")
        if charge is None:
            return Known(f"the payment is {payment.status.value} and was never charged by us")
        return _operation(charge, payment)

    async def _action(self, asked: ActionMessage) -> Known:
        kind = Subscription if asked.action is Action.collect else Payment
        entity = await self.ledger.load(kind, asked.id)
        operation = entity.operation_by_id(asked.operation) if entity else None
        if entity is None or operation is None:
            return Known(f"no {asked.action.value} has this id")
        return _operation(operation, entity)

    async def _notification(self, asked: Notification) -> Known:
        record = await self.ledger.load(Record, record_id(asked))
        if record is None:
            return Known("not recorded", mark="none")
        done = record.became is not Became.parked
        return Known(f"recorded as {record.became.value}", done, done, str(record.version))

    async def _delivery(self, sink: str, key: str) -> Known:
        if await self.attempts.delivered(sink, key):
            return Known(f"{sink} has had it", succeeded=True, ended=True, mark="delivered")
        return Known(f"{sink} has not had it")


def _operation(operation: Operation, entity: Payment | Subscription) -> Known:
    text = f"{operation.kind.value} {operation.state.value}"
    if operation.attempts:
        text += f", attempt {operation.attempts}"
    if operation.restricted_at is not None:
        text += f", {operation.reason}"
    ended = operation.state in SETTLED or operation.state is OperationState.pending
    return Known(
        text,
        succeeded=operation.state is OperationState.succeeded,
        # A restriction ends the message's work; the release begins it anew.
        ended=ended or operation.restricted_at is not None,
        mark=str(entity.version),
    )
