"""A ledger with restrictions, and an operator who runs commands on what a test puts into it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from penstock.adapters.memory import MemoryAudit, MemoryLedger, MemoryRestrictions
from penstock.domain.audit import Entry
from penstock.domain.change import AnyEntity, Change, change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payer, Payment, PaymentStatus, Transaction
from penstock.domain.ref import Ref
from penstock.domain.restriction import RestrictionKind
from penstock.domain.rules import Abilities
from penstock.domain.subscription import Subscription
from penstock.errors import LedgerConflict
from penstock.operators.audited import Audited
from penstock.operators.invoices import MakeInvoice
from penstock.operators.reprocessing import Reprocess
from penstock.operators.resolving import Outcome, Resolve, Resolved
from penstock.operators.restrictions import Release, Released, Restrict, Restricted
from penstock.testing.builders import order, payment
from penstock.testing.clock import NOON, FrozenClock
from penstock.testing.context import CountingIds

SECOND = timedelta(seconds=1)
CHARGE, REFUND, INVOICE = OperationKind.charge, OperationKind.refund, OperationKind.invoice
RESERVED, SUBMITTING, PENDING, UNKNOWN, SUCCEEDED, DECLINED = (
    OperationState.reserved,
    OperationState.submitting,
    OperationState.pending,
    OperationState.unknown,
    OperationState.succeeded,
    OperationState.declined,
)
PAYMENT = RestrictionKind.payment
WHY = "they asked"


class Busy(MemoryLedger):
    """A ledger in which others win the next commits."""

    def __init__(self) -> None:
        super().__init__()
        self.lost = 0
        self.tries = 0

    async def commit(self, change: Change[AnyEntity]) -> None:
        self.tries += 1
        if self.lost > 0:
            self.lost -= 1
            raise LedgerConflict("not at the expected version any more")
        await super().commit(change)


@dataclass
class Office:
    """A ledger, its restrictions, and who works there."""

    ledger: Busy = field(default_factory=Busy)
    restrictions: MemoryRestrictions = field(default_factory=MemoryRestrictions)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    clock: FrozenClock = field(default_factory=FrozenClock)
    ids: CountingIds = field(default_factory=CountingIds)

    @property
    def audited(self) -> Audited:
        return Audited(self.audit, self.clock, self.ids, "local ada")

    async def hold(self, *entities: Payment | Subscription) -> None:
        for one in entities:
            await self.ledger.commit(change(None, one, now=NOON, new_id=self.ids.new))
        self.ledger.tries = 0

    async def payment(self, name: str = "pay-1") -> Payment:
        found = await self.ledger.load(Payment, name)
        assert found is not None
        return found

    async def entry(self) -> Entry:
        *_, last = sorted(
            await self.audit.of_day(NOON.date(), 99), key=lambda one: (one.begun.at, one.begun.id)
        )
        return last

    async def restrict(
        self, kind: RestrictionKind, value: str, *, dry: bool = False
    ) -> Restricted:
        command = Restrict(self.ledger, self.restrictions, self.clock, self.audited)
        return await command(kind, value, WHY, dry_run=dry)

    async def release(
        self,
        kind: RestrictionKind = PAYMENT,
        value: str = "pay-1",
        *,
        dry: bool = False,
        most: int | None = None,
        told: list[int] | None = None,
    ) -> Released:
        command = Release(self.ledger, self.restrictions, self.clock, self.ids, self.audited)
        progress = (lambda done: None) if told is None else told.append
        return await command(kind, value, WHY, dry_run=dry, most=most, progress=progress)

    async def reprocess(self, *, dry: bool = False) -> tuple[str, list[str]]:
        command = Reprocess(self.ledger, self.clock, self.ids, self.audited)
        done = await command("pay-1", WHY, dry_run=dry)
        return done.effect, [one.id for one in done.left]

    async def make(self, because: str = WHY, *, dry: bool = False) -> tuple[str, bool]:
        command = MakeInvoice(self.ledger, self.clock, self.ids, self.audited)
        made = await command("pay-1", because, dry_run=dry)
        return made.effect, made.asks_first

    async def resolve(
        self,
        outcome: Outcome = Outcome.failed,
        *,
        operation: str | None = None,
        reference: str | None = None,
        dry: bool = False,
        ref: Ref | None = None,
    ) -> Resolved:
        command = Resolve(
            self.ledger, self.clock, self.ids, self.audited, {"example": Abilities()}
        )
        return await command(
            *(ref or payment().ref, outcome, WHY),
            operation_id=operation,
            reference=reference,
            dry_run=dry,
        )


def one(kind: OperationKind, state: OperationState = RESERVED, **rest: object) -> Operation:
    return replace(Operation(f"{kind.value}-1", kind, state), **rest)  # type: ignore[arg-type]  # fields by name


def held(name: str) -> Payment:
    return payment(name, operations=(one(CHARGE, restricted_at=NOON),))


ADA = Payer("P-1", "Ada", "ada@example.test")
SALE = Transaction("SALE1", "sale", PaymentStatus.succeeded, order().amount, NOON)


def paid(*operations: Operation, payer: Payer | None = ADA) -> Payment:
    return payment(
        status=PaymentStatus.succeeded,
        paid=True,
        transactions=(SALE,),
        payer=payer,
        operations=operations,
    )
