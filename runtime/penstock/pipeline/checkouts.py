"""
Checkouts: reads how a checkout stands at the gateway and commits what follows.

    captured ──────────────► its money is observed, as any other
    approved ──────────────► a capture is reserved, once; a message of payments.fifo takes it
    closed, or over ───────► the payment expires
    open ──────────────────► nothing yet

A buyer's return, a notification and the sweep all use it. It captures nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol, runtime_checkable

from penstock.api.checkout import Checkout, CheckoutSeen, Standing
from penstock.api.context import Clock, Ids
from penstock.api.gateway import Gateway
from penstock.domain import rules
from penstock.domain.change import Change, change
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.errors import MissingCapability, Unconfirmable, UnknownGateway
from penstock.pipeline.observe import abilities
from penstock.ports import Ledger

LOOK_AGAIN = timedelta(hours=1)
"""How long the sweep leaves a checkout alone while its capture is under way."""
OVER = "the buyer did not approve it in time"
_NEVER_ANSWERED = "the gateway never answered, and the request was not repeated"


@runtime_checkable
class CheckoutGateway(Gateway, Checkout, Protocol):
    """A gateway whose buyers approve each payment."""


@dataclass(frozen=True, slots=True)
class Checkouts:
    """Reads checkouts and commits what follows; it captures nothing."""

    gateways: Mapping[str, Gateway]
    ledger: Ledger
    clock: Clock
    ids: Ids

    def gateway(self, name: str) -> CheckoutGateway:
        """
        The gateway of that name.

        Raises:
            UnknownGateway: it is not configured here.
            MissingCapability: it has no checkout.
        """
        gateway = self.gateways.get(name)
        if gateway is None:
            raise UnknownGateway("the payment's gateway is not configured here")
        if not isinstance(gateway, CheckoutGateway):
            raise MissingCapability(f"the gateway {name} has no checkout")
        return gateway

    async def read(self, payment: Payment) -> CheckoutSeen | None:
        """
        The payment's own checkout as the gateway holds it; None where it shows none.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: it is another payment's, or takes another amount.
        """
        checkout = payment.approval.checkout if payment.approval else None
        if checkout is None:
            return None
        seen = await self.gateway(payment.gateway).read_checkout(checkout, self.clock.now())
        if seen is not None and (because := foreign(payment, seen)):
            raise Unconfirmable(because)
        return seen

    async def look(self, payment: Payment, *, anew: bool) -> Payment:
        """
        Read the checkout and commit what follows.

        Args:
            anew: whether an approval after a declined capture counts.

        Raises:
            GatewayUnavailable: no answer.
            LedgerConflict: another worker wrote the payment first.
        """
        approval = payment.approval
        if approval is None or approval.expires_at is None:
            return payment
        over = self.clock.now() >= approval.expires_at
        seen = await self.read(payment)
        if seen is None or seen.standing is Standing.closed:
            # Right after it was opened a gateway may not show it yet.
            return await self._over(payment, OVER) if seen or over else payment
        if seen.money is not None:
            return await self._captured(payment, seen)
        if seen.standing is Standing.approved and (
            anew or payment.status is PaymentStatus.approval_pending
        ):
            return await self._approved(payment)
        return await self._over(payment, OVER) if over else payment

    async def due(self, payment: Payment) -> Payment:
        """
        End a checkout whose time is up; the gateway is asked first.

        Raises:
            GatewayUnavailable: no answer.
            LedgerConflict: another worker wrote the payment first.
        """
        operation = payment.operation(OperationKind.checkout)
        if operation is None or not operation.open:
            return payment
        if operation.state is not OperationState.pending:
            return await self._over(payment, _NEVER_ANSWERED)
        if payment.transactions:
            settled = operation.settle(OperationState.succeeded)
            return await self._commit(self._noted(payment, payment.with_operation(settled)))
        capture = rules.open_capture(payment)
        if capture is None or capture.restricted_at:
            payment = await self.look(payment, anew=False)
        latest = payment.operation(OperationKind.checkout)
        if latest is None or rules.open_capture(payment) is None:
            return payment
        later = replace(latest, due_at=self.clock.now() + LOOK_AGAIN)
        return await self._commit(self._noted(payment, payment.with_operation(later)))

    async def _approved(self, payment: Payment) -> Payment:
        decided = rules.reserve_capture(payment, now=self.clock.now(), new_id=self.ids.new)
        return await self._commit(decided) if decided else payment

    async def _captured(self, payment: Payment, seen: CheckoutSeen) -> Payment:
        if seen.money is None or rules.open_capture(payment) is not None:
            # The capture's own message settles it.
            return payment
        decided = rules.captured(
            payment,
            None,
            seen.money,
            can=abilities(self.gateway(payment.gateway)),
            now=self.clock.now(),
            new_id=self.ids.new,
        )
        return await self._commit(decided)

    async def _over(self, payment: Payment, because: str) -> Payment:
        capture = rules.open_capture(payment)
        if payment.transactions or (capture is not None and not capture.restricted_at):
            return payment
        if payment.status is PaymentStatus.expired:
            return payment
        return await self._commit(
            rules.expire(payment, because, now=self.clock.now(), new_id=self.ids.new)
        )

    def _noted(self, before: Payment, after: Payment) -> Change[Payment]:
        return change(before, after, now=self.clock.now(), new_id=self.ids.new)

    async def _commit(self, decided: Change[Payment]) -> Payment:
        await self.ledger.commit(decided)
        return decided.entity


def foreign(payment: Payment, seen: CheckoutSeen) -> str | None:
    """Why a checkout's money does not count for a payment; None where it does."""
    checkout = payment.approval.checkout if payment.approval else None
    if seen.reference != checkout:
        return "the gateway shows another checkout than the payment's"
    if seen.payment_id != payment.id:
        return "the gateway shows the checkout with another payment's id"
    if seen.money is not None and seen.money.transaction.amount != payment.order.amount:
        return "the gateway shows another amount than the payment's"
    return None
