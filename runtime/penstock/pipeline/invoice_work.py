"""The parts that operations on an invoice share: the lease, the wait in doubt, the commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from penstock.api.context import Clock, Ids
from penstock.api.invoices import InvoiceDraft
from penstock.domain import rules
from penstock.domain.change import Fact
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Payer, Payment
from penstock.domain.restriction import Restriction
from penstock.errors import NotShownYet, OperationInFlight
from penstock.pipeline import notices
from penstock.pipeline.gate import Gate
from penstock.ports import Ledger


@dataclass(frozen=True, slots=True)
class InvoiceWork:
    """
    Writes down where an operation on an invoice stands.

    Attributes:
        lease: longer than one message may take.
        unknown_after: how long the gateway must show nothing of a request before it is sent
            again.
    """

    ledger: Ledger
    clock: Clock
    ids: Ids
    lease: timedelta
    unknown_after: timedelta
    gate: Gate

    async def restriction(self, payment: Payment) -> Restriction | None:
        """The restriction that keeps the payment's invoice from being made; None without one."""
        return await self.gate(payment)

    async def keep(
        self, payment: Payment, operation: Operation, restriction: Restriction
    ) -> Payment:
        """Leave the operation as it is until the release; note it once, not at every look."""
        due_at = operation.due_at
        if operation.restricted_at and due_at and due_at > self.clock.now():
            return payment
        kept = await self.gate.keep(payment, operation, restriction)
        return await self.commit(payment, replace(kept, lease_until=None))

    def free(self, operation: Operation) -> None:
        """
        Make sure that no other worker is at the operation.

        Raises:
            OperationInFlight: its lease still runs.
        """
        now = self.clock.now()
        if operation.lease_until is not None and operation.leased(now):
            wait = (operation.lease_until - now).total_seconds()
            raise OperationInFlight("the invoice may still be under way", retry_after=wait)

    async def submit(self, payment: Payment, operation: Operation) -> tuple[Payment, Operation]:
        """Commit that the request is being sent: from now on the gateway may have it."""
        submitted = operation.submit(self.clock.now(), self.lease)
        return await self.commit(payment, submitted), submitted

    async def latest(self, payment: Payment) -> Payment:
        """The payment as last committed; the given one if nothing was committed since."""
        read = await self.ledger.load(Payment, payment.id)
        return payment if read is None or read.version == payment.version else read

    async def lose(self, payment: Payment, operation: Operation, because: str) -> None:
        """Commit that the answer was lost; no worker is at it any more, so the lease ends."""
        lost = replace(operation.lose(self.clock.now(), because), lease_until=None)
        await self.commit(payment, lost)

    async def wait_out(self, payment: Payment, operation: Operation, because: str) -> None:
        """
        Wait while a lost request may still take effect. Returns once it may be sent again.

        The wait begins anew at the first empty look after each attempt: the last attempt is as
        much in doubt as the first was.

        Raises:
            NotShownYet: the wait is not over; says for how many seconds.
        """
        now = self.clock.now()
        since = operation.absent_since
        if since is None:
            since = now
            lost = operation.lose(now, because)
            await self.commit(payment, replace(lost, lease_until=None, absent_since=now))
        left = (since + self.unknown_after - now).total_seconds()
        if left > 0:
            raise NotShownYet(f"{because}: unknown yet", retry_after=left)

    async def commit(
        self, payment: Payment, operation: Operation, facts: Sequence[Fact] = ()
    ) -> Payment:
        """Commit the payment with that operation; news of it becomes events."""
        decided = rules.settle(
            payment,
            operation,
            payment.status,
            now=self.clock.now(),
            new_id=self.ids.new,
            reason=payment.reason,
            facts=facts,
        )
        await self.ledger.commit(decided)
        notices.operation_unknown(payment, operation)
        return decided.entity


def draft_of(payment: Payment) -> InvoiceDraft | None:
    """
    The invoice as the payment decides it: the same each time it is asked for.

    None where the payment has no sale, no payer with an e-mail address, or no number. An invoice
    that was made before its payer was forgotten needs no address any more: the gateway holds it.
    """
    sale, payer = payment.transaction, payment.payer or Payer()
    made = payment.operation(OperationKind.invoice)
    kept = made is not None and made.reference is not None and payment.forgotten_at is not None
    email = payer.email or ("" if kept else None)
    if sale is None or email is None or payment.invoice_number is None:
        return None
    plan = payment.plan
    item = (plan and (plan.name or plan.id)) or payment.order.description or "Payment"
    return InvoiceDraft(
        number=payment.invoice_number,
        transaction=sale.id,
        amount=sale.amount,
        item=item,
        recipient=email,
        paid_on=sale.at,
        payer_name=payer.name,
        payment_id=payment.id,
        order_reference=payment.order.reference,
    )
