"""Accept: a payment that the API is asked for is committed first, then sent to its queue."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.caller import DEFAULT_CLIENT, Caller
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Order, Payment
from penstock.errors import LedgerConflict, MissingCapability, PaymentConflict
from penstock.pipeline.keys import dedup_id, derived_id
from penstock.pipeline.orders import ChargeMessage
from penstock.ports import Channel, Ledger, Outgoing

UNSENT_AFTER = timedelta(seconds=60)
"""How long an accepted payment may be without its message before the sweep sends it."""


def payment_id(idempotency_key: str, client: str = DEFAULT_CLIENT) -> str:
    """The payment's id, derived from the key and its client: a repeat has the same id."""
    return derived_id("pay", idempotency_key, client)


def attempt(payment: Payment) -> str:
    """
    The deduplication id of the payment's message: its id and how often its charge was begun.

    A queue accepts and drops a message whose id it has seen within five minutes, even after the
    first copy is gone (Amazon SQS, "Exactly-once processing"). With the payment's id alone, the
    request that follows a repair would be lost.
    """
    charge = payment.operation(OperationKind.charge)
    return dedup_id(payment.id, charge) if charge else f"{payment.id}#0"


@dataclass(frozen=True, slots=True)
class Accept:
    """
    The stage behind `POST /payments`.

    Attributes:
        providers: the gateways that take charges.
    """

    ledger: Ledger
    payments: Channel
    clock: Clock
    ids: Ids
    providers: Collection[str]

    async def __call__(
        self, idempotency_key: str, provider: str, order: Order, caller: Caller
    ) -> Payment:
        """
        Accept the payment; the same key with the same request sends its message again.

        A key belongs to the caller's client: a client that changes its token between two requests
        still repeats the same payment.

        Raises:
            MissingCapability: no gateway of that name takes charges.
            PaymentConflict: the key was used for another request.
            ChannelUnavailable: committed but not sent; the sweep will, or a repeat does.
        """
        if provider not in self.providers:
            raise MissingCapability(
                f"provider takes no charges here; use one of: {', '.join(sorted(self.providers))}"
            )
        identity = payment_id(idempotency_key, caller.client)
        payment = await self._committed(identity, provider, order, caller)
        same = payment.is_for(order) and payment.gateway == provider
        if not same or payment.approval is not None:
            raise PaymentConflict("the Idempotency-Key was used for another request")
        await self.send(payment)
        return payment

    async def send(self, payment: Payment) -> None:
        """
        Put the payment's message on the queue, and note that a message carries it now.

        If it is uncertain whether the message was sent, it is sent again under the same
        deduplication id. A new attempt has another one; see `attempt`.

        Raises:
            ChannelUnavailable: the queue did not take it.
        """
        message = ChargeMessage(payment.id, payment.gateway, payment.order)
        await self.payments.send(
            Outgoing(
                message.dumps(),
                group=payment.id,
                dedup=attempt(payment),
                attributes={"gateway": payment.gateway},
            )
        )
        await self._note(payment)

    async def _committed(
        self, identity: str, provider: str, order: Order, caller: Caller
    ) -> Payment:
        known = await self.ledger.load(Payment, identity)
        if known is not None:
            return known
        now = self.clock.now()
        decided = rules.accept(
            identity,
            provider,
            order,
            now=now,
            new_id=self.ids.new,
            due_at=now + UNSENT_AFTER,
            token=caller.token_id,
        )
        try:
            await self.ledger.commit(decided)
        except LedgerConflict:
            # The same request at the same moment: use what the other one committed.
            known = await self.ledger.load(Payment, identity)
            if known is None:
                raise
            return known
        return decided.entity

    async def _note(self, payment: Payment) -> None:
        operation = payment.operation(OperationKind.charge)
        if operation is None or operation.due_at is None or not operation.to_send:
            return
        carried = replace(operation, due_at=None, restricted_at=None)
        decided = rules.settle(
            payment, carried, payment.status, now=self.clock.now(), new_id=self.ids.new
        )
        try:
            await self.ledger.commit(decided)
        except LedgerConflict:
            # Its charge is under way already: nothing is left to note.
            return
