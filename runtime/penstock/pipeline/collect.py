"""
Collect: takes what the buyer of a subscription owes once, whatever crashes on the way.

    reserved ─────────────────────────► the gateway ─► settle, and read the subscription again
    restricted ───────────────────────► left as it is until a release
    submitting, lease runs ───────────► come back when it ends
    submitting, lease over; unknown ──► the same request again under the same id; after the
                                        gateway's window, or if the answer does not tell what
                                        happened: park

The money itself is a payment of the subscription; its own notification reports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NoReturn, assert_never

from penstock.api.answers import CollectAnswer, Critical, Declined, NotSent, Succeeded, Unanswered
from penstock.api.collecting import CollectRequest, Collects
from penstock.api.context import Clock, Ids
from penstock.api.gateway import Gateway
from penstock.domain import rules
from penstock.domain.change import Change, change
from penstock.domain.operation import SETTLED, Operation, OperationKind, OperationState
from penstock.domain.subscription import Subscription
from penstock.errors import (
    ChargeCritical,
    GatewayUnavailable,
    MissingCapability,
    PaymentConflict,
    UnknownPayment,
)
from penstock.pipeline import correlation, notices
from penstock.pipeline.batch import Handled
from penstock.pipeline.gate import RESTRICTED, Gate
from penstock.pipeline.operation_work import (
    FORGOTTEN,
    OperationWork,
    forgotten,
    lost_since,
    wait_for_lease,
)
from penstock.pipeline.orders import ActionMessage
from penstock.pipeline.publish import Publish
from penstock.ports import Ledger


@dataclass(frozen=True, slots=True)
class Collect:
    """
    The stage: the gateway of a subscription takes what is owed.

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
        Bring one collection to its end, or as far as it goes now.

        Raises:
            PermanentError: people must look; the operation says why.
            TransientError: not decided; the message comes back.
        """
        correlation.bind(entity=asked.id)
        subscription = await self.ledger.load(Subscription, asked.id)
        if subscription is None:
            raise UnknownPayment("the message names a subscription that the ledger does not hold")
        operation = subscription.operation_by_id(asked.operation)
        if operation is None or operation.kind is not OperationKind.collect:
            raise PaymentConflict("the subscription holds no collection of that id")
        if operation.state not in SETTLED:
            wait_for_lease(operation, self.clock.now(), "the collection")
            subscription = await self._submit(subscription, operation)
        await self.publish.unsent(subscription)
        after = subscription.operation_by_id(operation.id) or operation
        outcome = RESTRICTED if after.restricted_at else f"collect {after.state.value}"
        return Handled(subscription.id, outcome, because=after.reason)

    async def _submit(self, subscription: Subscription, operation: Operation) -> Subscription:
        gateway = self.gateways.get(subscription.gateway)
        if not isinstance(gateway, Collects):
            raise MissingCapability("the subscription's gateway collects nothing when told to")
        kept = await self.gate.kept(subscription, operation)
        if kept is not None:
            return await self._commit(subscription, operation, kept)
        now = self.clock.now()
        if forgotten(operation, gateway.collect_window, now):
            await self._park(subscription, operation, FORGOTTEN)
        # Its message repeats it, so the sweep has nothing to do for it.
        submitted = replace(
            operation.submit(now, self.lease),
            due_at=None,
            began_at=operation.began_at or now,
            lost_at=lost_since(operation, now),
        )
        subscription = await self._commit(subscription, operation, submitted)
        answer = await gateway.collect(_request(subscription, submitted))
        return await self._settle(subscription, submitted, answer)

    async def _settle(
        self, subscription: Subscription, operation: Operation, answer: CollectAnswer
    ) -> Subscription:
        now = self.clock.now()
        match answer:
            case Succeeded(reference):
                settled = operation.settle(OperationState.succeeded, reference=reference)
                return await self._over(subscription, operation, settled)
            case Declined(because):
                settled = operation.settle(OperationState.declined, reason=because)
                return await self._over(subscription, operation, settled)
            case NotSent(because, retry_after):
                released = replace(operation.release(because), lost_at=operation.lost_at)
                await self._commit(subscription, operation, released)
                raise GatewayUnavailable(because, retry_after=retry_after)
            case Unanswered(because):
                lost = replace(operation.lose(now, because), due_at=None)
                await self._commit(subscription, operation, lost)
                notices.operation_unknown(subscription, lost)
                raise GatewayUnavailable(because)
            case Critical(because):
                await self._park(subscription, operation, because)
            case _:
                assert_never(answer)

    async def _park(
        self, subscription: Subscription, operation: Operation, because: str
    ) -> NoReturn:
        now = self.clock.now()
        lost = replace(operation.lose(now, because), due_at=None)
        parked = await OperationWork(self.ledger).commit(
            subscription,
            operation,
            lambda latest: rules.collection_parked(latest, lost, now=now, new_id=self.ids.new),
        )
        notices.operation_unknown(subscription, lost)
        await self.publish.unsent(parked)
        raise ChargeCritical(because)

    async def _over(
        self, subscription: Subscription, was: Operation, settled: Operation
    ) -> Subscription:
        now = self.clock.now()
        return await OperationWork(self.ledger).commit(
            subscription,
            was,
            lambda latest: rules.collection_settled(latest, settled, now=now, new_id=self.ids.new),
        )

    async def _commit(
        self, subscription: Subscription, was: Operation, becomes: Operation
    ) -> Subscription:
        def decide(latest: Subscription) -> Change[Subscription]:
            after = rules.with_operation(latest, becomes)
            return change(latest, after, now=self.clock.now(), new_id=self.ids.new)

        return await OperationWork(self.ledger).commit(subscription, was, decide)


def _request(subscription: Subscription, operation: Operation) -> CollectRequest:
    terms = operation.terms
    if terms is None:
        raise PaymentConflict("a collection without terms")
    reference = subscription.id.removeprefix(f"{subscription.gateway}-")
    return CollectRequest(
        operation.id,
        reference,
        terms.amount,
        terms.note or "",
        doubted=operation.lost_at is not None,
    )
