"""Make a payment's invoice after all, though Penstock withheld it."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.audit import Facts
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payment
from penstock.errors import CommandRefused, UnknownPayment
from penstock.operators.audited import Audited, Trail, said
from penstock.ports import Ledger


@dataclass(frozen=True, slots=True)
class InvoiceReserved:
    """
    What the command committed; the sweep makes the invoice at its next run.

    Attributes:
        payment: as it stands now.
        number: the number that the invoice will have.
        asks_first: whether the gateway is asked for the payer's e-mail address before.
    """

    payment: Payment
    number: str
    asks_first: bool


@dataclass(frozen=True, slots=True)
class MakeInvoice:
    """`penstock invoices make`."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    audited: Audited

    async def __call__(
        self, payment_id: str, because: str, *, new_number: bool = False
    ) -> InvoiceReserved:
        """
        Reserve a payment's invoice anew.

        Args:
            because: why, for people who look at the payment; at most 300 characters.
            new_number: take the next number, where the gateway has another invoice under this one.

        Raises:
            UnknownPayment: there is no payment of that id.
            CommandRefused: the invoice must not be made; says why and what to do.
            LedgerConflict: another worker changed the payment at the same moment; try again.
        """
        because = said(because)
        subjects = [f"payment#{payment_id}"]
        async with self.audited("invoices make", subjects, because) as trail:
            return await self._make(payment_id, because, new_number=new_number, trail=trail)

    async def _make(
        self, payment_id: str, because: str, *, new_number: bool, trail: Trail
    ) -> InvoiceReserved:
        before = await self.ledger.load(Payment, payment_id)
        if before is None:
            raise UnknownPayment("there is no payment of that id")
        trail.before = _invoice(before)
        refused = rules.why_not_remake(before, new_number=new_number)
        if refused is not None:
            raise CommandRefused(f"the invoice is not made: {refused}")
        decided = rules.remake_invoice(
            before, because, new_number=new_number, now=self.clock.now(), new_id=self.ids.new
        )
        await self.ledger.commit(decided)
        made = decided.entity
        asking = made.operation(OperationKind.reread)
        trail.after = _invoice(made)
        trail.effect = f"invoice {made.invoice_number} reserved; the sweep makes it"
        return InvoiceReserved(
            payment=made,
            number=made.invoice_number or "",
            asks_first=asking is not None and asking.due_at == made.updated_at,
        )


def _invoice(payment: Payment) -> Facts:
    """How the invoice stands, for the audit trail."""
    operation = payment.operation(OperationKind.invoice)
    return {
        "number": payment.invoice_number or "none",
        "withheld": payment.invoice_withheld or "no",
        "state": operation.state.value if operation else "none",
    }
