"""Read a payment again at its gateway, and apply what its state lacks."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.change import change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.errors import LedgerConflict, UnknownPayment
from penstock.operators.audited import Audited, said
from penstock.ports import Ledger

_WRITES = 10


@dataclass(frozen=True, slots=True)
class Reprocessing:
    """
    What the command committed; the sweep executes it.

    Attributes:
        payment: as it stands now.
        asked: the operations that the gateway is asked about.
        left: the operations in doubt that only a call that may move money could look up.
    """

    payment: Payment
    asked: tuple[Operation, ...]
    left: tuple[Operation, ...]

    @property
    def effect(self) -> str:
        """What the command did, in one line."""
        kinds = ", ".join(one.kind.value for one in self.asked) or "nothing"
        return f"to be asked by the sweep: {kinds}"


@dataclass(frozen=True, slots=True)
class Reprocess:
    """`penstock payments reprocess`."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    audited: Audited

    async def __call__(
        self, payment_id: str, because: str, *, dry_run: bool = False
    ) -> Reprocessing:
        """
        Make every look-up of the payment at its gateway due now.

        The fetched state wins: steps, refunds, access and the invoice follow from it, and news is
        published.

        Raises:
            UnknownPayment: the ledger does not hold it.
            CommandRefused: the reason is empty or too long.
            LedgerConflict: other workers keep writing the payment; run the command again.
        """
        because = said(because)
        if dry_run:
            return self._seen(rules.ask_now(await self._payment(payment_id), self.clock.now()))
        async with self.audited("payments reprocess", [f"payment#{payment_id}"], because) as trail:
            for _ in range(_WRITES):
                before, now = await self._payment(payment_id), self.clock.now()
                after = rules.ask_now(before, now)
                try:
                    await self.ledger.commit(change(before, after, now=now, new_id=self.ids.new))
                except LedgerConflict:
                    continue
                done = self._seen(after)
                trail.before = {"status": before.status.value}
                trail.effect = done.effect
                return done
            raise LedgerConflict("other workers keep writing the payment; run the command again")

    async def _payment(self, payment_id: str) -> Payment:
        payment = await self.ledger.load(Payment, payment_id)
        if payment is None:
            raise UnknownPayment(
                "there is no payment of that id; one whose webhook was lost is found by the gap "
                "detector within 15 minutes"
            )
        return payment

    def _seen(self, payment: Payment) -> Reprocessing:
        now = self.clock.now()
        asked = tuple(
            one
            for one in payment.operations
            if one.open and one.due_at is not None and one.due_at <= now
        )
        left = tuple(
            one
            for one in payment.operations
            if one.kind is OperationKind.refund and one.state is OperationState.unknown
        )
        return Reprocessing(payment, asked, left)
