"""Sales and refunds as a gateway shows them, observed at noon."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count

from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.payment import Implied, Payer, Payment, PaymentStatus, Transaction

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
_ids = count(1)


def new_id() -> str:
    return f"id-{next(_ids)}"


def sale(status: PaymentStatus, email: str | None = "buyer@example.org") -> Observation:
    transaction = Transaction("SALE1", "sale", status, Money(1250, "USD"), NOON)
    return Observation(transaction, payer=Payer("PAYER1", "Ann", email), subscription="I-1")


def observe(
    before: Payment | None,
    seen: Observation,
    *,
    invoicing: bool = True,
    now: datetime = NOON,
    implies: Sequence[Implied] = (),
) -> Change[Payment]:
    return rules.observe(
        before,
        "acme-SALE1",
        "acme",
        seen,
        can=rules.Abilities(reread=True, invoices=invoicing, invoice_refunds=invoicing),
        now=now,
        new_id=new_id,
        implies=implies,
    )


def types(change: Change[Payment]) -> list[str]:
    return [str(event.type) for event in change.events]
