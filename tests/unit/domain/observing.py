"""Looks at a payment, one after another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.payment import Implied, Payer, Payment, PaymentStatus, Plan, Transaction
from penstock.testing.clock import NOON

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
PAID = Money(1250, "USD")
SUCCEEDED, PENDING, DECLINED, REFUNDED, PARTLY = (
    PaymentStatus.succeeded,
    PaymentStatus.pending,
    PaymentStatus.declined,
    PaymentStatus.refunded,
    PaymentStatus.partially_refunded,
)
CAN = rules.Abilities(reread=True)


def sale(status: PaymentStatus = SUCCEEDED, **rest: object) -> Observation:
    seen = Observation(Transaction("SALE1", "sale", status, PAID, NOON))
    return replace(seen, **rest)  # type: ignore[arg-type]  # fields by name


def back(status: PaymentStatus, name: str = "R1") -> Transaction:
    return Transaction(name, "refund", status, Money(500, "USD"), NOON)


def observe(
    before: Payment | None,
    seen: Observation,
    *implies: Implied,
    now: datetime = NOON,
    can: rules.Abilities = CAN,
) -> Change[Payment]:
    return rules.observe(
        *(before, "acme-SALE1", "acme", seen),
        can=can,
        now=now,
        new_id=lambda: "event",
        implies=implies,
    )


def types(change: Change[Payment]) -> list[str]:
    return [str(event.type) for event in change.events]


ADA = Payer("PAYER1", "Ada", "ada@example.test")
FULL = sale(
    PARTLY,
    subscription="I-1",
    plan=Plan("P-1", "Gold"),
    payer=ADA,
    reference="order-7",
    links={"sale": "https://gateway.test/1"},
    refunds=(back(REFUNDED),),
    reason="REVIEW",
    hold="held",
    fee=Money(66, "USD"),
    net=Money(1184, "USD"),
    as_of=NOON,
)
