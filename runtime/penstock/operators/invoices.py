"""Make a payment's invoice after all, though Penstock withheld it."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.audit import Facts
from penstock.domain.change import Change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.errors import CommandRefused, UnknownPayment
from penstock.operators.audited import Audited, said
from penstock.ports import Ledger


@dataclass(frozen=True, slots=True)
class InvoiceReserved:
    """
    What the command committed; the sweep makes the invoice at its next run.

    Attributes:
        payment: as it stands now.
        number: the number that the invoice will have.
        asks_first: whether the gateway is asked for the payer's e-mail address before.
        already: whether the same command reserved it before; then nothing was changed.
    """

    payment: Payment
    number: str
    asks_first: bool
    already: bool = False

    @property
    def effect(self) -> str:
        """What the command did, in one line."""
        before = " before" if self.already else ""
        return f"invoice {self.number} reserved{before}; the sweep makes it"


@dataclass(frozen=True, slots=True)
class Request:
    """
    A command that may be repeated, however late.

    Attributes:
        name: the same for each repeat, and of no other command.
        number: the payment's invoice number when it was first asked for; empty for none.
    """

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class MakeInvoice:
    """`penstock invoices make`."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    audited: Audited

    async def __call__(
        self,
        payment_id: str,
        because: str,
        *,
        new_number: bool = False,
        asked: Request | None = None,
        dry_run: bool = False,
    ) -> InvoiceReserved:
        """
        Reserve a payment's invoice anew. Run again before the sweep has begun it, with the same
        reason, it changes nothing.

        Args:
            because: why, for people who look at the payment; at most 300 characters.
            new_number: take the next number, where the gateway has another invoice under this one.
            asked: the request, which is then known for good: its repeat changes nothing, whatever
                has become of the invoice, and takes no other number.

        Raises:
            UnknownPayment: there is no payment of that id.
            CommandRefused: the invoice must not be made; says why and what to do.
            LedgerConflict: another worker changed the payment at the same moment; try again.
        """
        because = said(because)
        subjects = [f"payment#{payment_id}"]
        if dry_run:
            before = await self._payment(payment_id)
            decided = self._decide(before, because, asked, new_number=new_number)
            return _reserved(decided.entity if decided else before, already=decided is None)
        async with self.audited("invoices make", subjects, because) as trail:
            before = await self._payment(payment_id)
            trail.before = _invoice(before)
            decided = self._decide(before, because, asked, new_number=new_number)
            if decided is not None:
                await self.ledger.commit(decided)
            made = _reserved(decided.entity if decided else before, already=decided is None)
            trail.after = _invoice(made.payment)
            trail.effect = made.effect
            return made

    async def _payment(self, payment_id: str) -> Payment:
        payment = await self.ledger.load(Payment, payment_id)
        if payment is None:
            raise UnknownPayment("there is no payment of that id")
        return payment

    def _decide(
        self, before: Payment, because: str, asked: Request | None, *, new_number: bool
    ) -> Change[Payment] | None:
        """What to commit; None where the same command was committed before."""
        known = before.operation(OperationKind.invoice)
        if known is not None and asked is not None and known.command == asked.name:
            return None
        if new_number and asked is not None and asked.number != (before.invoice_number or ""):
            was, now = asked.number or "none", before.invoice_number
            raise CommandRefused(
                f"the invoice is not made: its number was {was} when you first asked, and is {now}"
                " now; look at the payment, then use a new key"
            )
        if known is not None and _not_begun(known) and known.reason == because:
            return None
        refused = rules.why_not_remake(before, new_number=new_number)
        if refused is not None:
            raise CommandRefused(f"the invoice is not made: {refused}")
        return rules.remake_invoice(
            before,
            because,
            new_number=new_number,
            command=asked.name if asked else None,
            now=self.clock.now(),
            new_id=self.ids.new,
        )


async def number_of(ledger: Ledger, payment_id: str) -> str:
    """The number of a payment's invoice; empty where it has none, or is not there."""
    payment = await ledger.load(Payment, payment_id)
    return (payment.invoice_number if payment else None) or ""


def _not_begun(operation: Operation) -> bool:
    return operation.state is OperationState.reserved and not operation.attempts


def _reserved(payment: Payment, *, already: bool) -> InvoiceReserved:
    asking = payment.operation(OperationKind.reread)
    return InvoiceReserved(
        payment=payment,
        number=payment.invoice_number or "",
        asks_first=asking is not None and asking.due_at == payment.updated_at,
        already=already,
    )


def _invoice(payment: Payment) -> Facts:
    """How the invoice stands, for the audit trail."""
    operation = payment.operation(OperationKind.invoice)
    return {
        "number": payment.invoice_number or "none",
        "withheld": payment.invoice_withheld or "no",
        "state": operation.state.value if operation else "none",
    }
