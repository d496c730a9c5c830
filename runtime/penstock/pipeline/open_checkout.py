"""
Open a checkout once, whatever crashes on the way: its buyer approves it. No money moves.

    reserved ───────────────► submit ─► the gateway's answer ─► settle
    submitting, lease runs ─► 503: come back when it ends
    lease over; unknown ────► the same operation id again, as long as the gateway keeps it;
                              then another id: no buyer was sent to the first checkout
    pending, settled ───────► the same answer again

Only a repeat of the request submits, because only its answer can carry the approval URL.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from penstock import problems
from penstock.api.answers import NotSent, Refused, Unanswered
from penstock.api.checkout import CheckoutRequest, OpenAnswer, Opened
from penstock.api.context import Clock, Ids
from penstock.api.subscriptions import Invalid
from penstock.domain import rules
from penstock.domain.approval import Approval, payment_token
from penstock.domain.caller import Caller
from penstock.domain.change import Change, change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Order, Payment
from penstock.domain.secret import new_secret, secret_digest
from penstock.errors import (
    GatewayUnavailable,
    LedgerConflict,
    PaymentConflict,
    RequestRefused,
)
from penstock.pipeline import correlation
from penstock.pipeline.accept import payment_id
from penstock.pipeline.checkouts import CheckoutGateway, Checkouts
from penstock.pipeline.operation_work import before_lease_ends, wait_for_lease
from penstock.pipeline.subscribing import field_refused
from penstock.ports import Ledger

MOST_OPENED = 4
"""How many operation ids one payment's checkout may have had."""
_FORGOTTEN = "the gateway has forgotten the request by now"


@dataclass(frozen=True, slots=True)
class OpenCheckout:
    """
    The stage behind `POST /payments` for a gateway whose buyers approve.

    Attributes:
        lease: longer than one request may take, so that no worker is at it once it expired.
        api_url: the public address that buyers return to.
        brand: the merchant's name, as the gateway's page shows it.
    """

    checkouts: Checkouts
    ledger: Ledger
    clock: Clock
    ids: Ids
    lease: timedelta
    api_url: str
    brand: str | None = None

    async def __call__(
        self, idempotency_key: str, provider: str, order: Order, caller: Caller
    ) -> Payment:
        """
        Open a checkout; the same key with the same request opens one, however often it is sent.

        Raises:
            MissingCapability: the gateway has no checkout.
            PaymentConflict: the key was used for another request.
            RequestRefused: 422; the gateway refuses a field's value, or the request.
            TransientError: not opened, or not known to be; repeat the same request.
        """
        gateway = self.checkouts.gateway(provider)
        identity = payment_id(idempotency_key, caller.client)
        payment = await self._committed(identity, provider, order, caller)
        same = payment.is_for(order) and payment.gateway == provider
        if not same or payment.approval is None:
            raise PaymentConflict("the Idempotency-Key was used for another request")
        correlation.bind(entity=payment.id)
        payment = await self._advance(payment, gateway)
        approval = payment.approval
        if approval is not None and approval.refused is not None:
            raise field_refused(approval.refused, approval.because or "")
        return payment

    async def _committed(
        self, identity: str, provider: str, order: Order, caller: Caller
    ) -> Payment:
        known = await self.ledger.load(Payment, identity)
        if known is not None:
            return known
        secret = new_secret(self.ids.new)
        decided = rules.begin_checkout(
            identity,
            provider,
            order,
            Approval(secret_digest(secret), return_secret=secret),
            now=self.clock.now(),
            new_id=self.ids.new,
            token=caller.token_id,
        )
        try:
            return await self._commit(decided)
        except LedgerConflict:
            # The same request at the same moment: use what the other one committed.
            known = await self.ledger.load(Payment, identity)
            if known is None:
                raise
            return known

    async def _advance(self, payment: Payment, gateway: CheckoutGateway) -> Payment:
        operation = payment.operation(OperationKind.checkout)
        if operation is None or not operation.open or operation.state is OperationState.pending:
            return payment
        now = self.clock.now()
        wait_for_lease(operation, now, "the checkout")
        payment, operation = self._fresh(payment, operation, gateway, now)
        submitted = replace(operation.submit(now, self.lease), began_at=operation.began_at or now)
        payment = await self._noted(payment, submitted)
        asked = gateway.open_checkout(self._request(payment, submitted))
        answer = await before_lease_ends(asked, submitted, self.clock.now())
        return await self._settle(payment, submitted, answer)

    def _fresh(
        self, payment: Payment, operation: Operation, gateway: CheckoutGateway, now: datetime
    ) -> tuple[Payment, Operation]:
        """The operation to submit: a new one if the gateway has forgotten the old one."""
        kept = timedelta(seconds=gateway.checkout_keys_kept)
        if operation.began_at is None or now < operation.began_at + kept:
            return payment, operation
        kind = OperationKind.checkout
        number = sum(one.kind is kind for one in payment.operations) + 1
        if number > MOST_OPENED:
            raise RequestRefused(
                problems.KEY_TOO_OLD, "the provider never answered it; use a new key"
            )
        payment = payment.with_operation(
            operation.settle(OperationState.declined, reason=_FORGOTTEN)
        )
        due_at = rules.given_up_at(payment)
        return payment, Operation(payment.operation_id(kind, number), kind, due_at=due_at)

    def _request(self, payment: Payment, operation: Operation) -> CheckoutRequest:
        secret = payment.approval.return_secret if payment.approval else None
        back = f"{self.api_url}/returns/{payment_token(payment.id, secret or '')}"
        return CheckoutRequest(
            operation.id,
            payment.id,
            payment.order,
            return_url=back,
            cancel_url=f"{back}/cancelled",
            brand=self.brand,
        )

    async def _settle(self, payment: Payment, operation: Operation, answer: OpenAnswer) -> Payment:
        now, new_id = self.clock.now(), self.ids.new
        due_at = rules.given_up_at(payment)
        match answer:
            case Opened(reference, approval_url, expires_at):
                return await self._commit(
                    rules.opened(
                        payment,
                        operation,
                        reference,
                        approval_url,
                        expires_at,
                        now=now,
                        new_id=new_id,
                    )
                )
            case Invalid(field, because):
                return await self._commit(
                    rules.refuse_checkout(
                        payment, operation, field, because, now=now, new_id=new_id
                    )
                )
            case Refused(because):
                # A person must look at the account or its permissions. Then the same key works.
                await self._noted(payment, operation.release(because, due_at))
                raise RequestRefused(problems.PROVIDER_REFUSED, because)
            case NotSent(because, retry_after):
                await self._noted(payment, operation.release(because, due_at))
                raise GatewayUnavailable(because, retry_after=retry_after)
            case Unanswered(because):
                lost = operation.lose(now, because, due_at)
                await self._noted(payment, lost)
                wait = ((lost.lease_until or now) - now).total_seconds()
                raise GatewayUnavailable(because, retry_after=max(wait, 1))
            case _:
                assert_never(answer)

    async def _noted(self, payment: Payment, operation: Operation) -> Payment:
        after = payment.with_operation(operation)
        return await self._commit(
            change(payment, after, now=self.clock.now(), new_id=self.ids.new)
        )

    async def _commit(self, decided: Change[Payment]) -> Payment:
        await self.ledger.commit(decided)
        return decided.entity
