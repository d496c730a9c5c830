"""Changes that the rules make of payments, disputes, subscriptions and notifications."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from penstock.domain import rules
from penstock.domain.change import Change, Fact, change
from penstock.domain.delivery import Evidence, Notification
from penstock.domain.dispute import Dispute, DisputeObservation
from penstock.domain.events import EventType
from penstock.domain.lifecycle import Lifecycle, Said, said
from penstock.domain.money import Money
from penstock.domain.observation import Contradicted, InvoiceObservation, Observation
from penstock.domain.operation import Operation, OperationKind, OperationState, Terms
from penstock.domain.payment import Order, Payer, Payment, PaymentStatus, Plan, Transaction
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.record import Became
from penstock.domain.subscription import Subscription, SubscriptionObservation, SubscriptionStatus

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
CAN = rules.Abilities(reread=True, invoices=True, invoice_refunds=True)
_numbers = count(1)


def new_id() -> str:
    return f"id-{next(_numbers)}"


def back(identity: str, kind: str, minor: int) -> Transaction:
    return Transaction(
        identity, kind, PaymentStatus.refunded, Money(minor, "USD"), NOON + timedelta(days=1)
    )


def observation(
    status: PaymentStatus, *refunds: Transaction, email: bool = True, **rest: Any
) -> Observation:
    return Observation(
        Transaction("S-1", "sale", status, Money(1250, "USD"), NOON),
        **{
            "subscription": "I-1",
            "plan": Plan("P-1", "Gold"),
            "payer": Payer("PAYER1", "Ann", "ann@example.org" if email else None),
            "reference": "order-1",
            "links": {"gateway": "https://gateway.test/S-1"},
            "refunds": refunds,
            "fee": Money(66, "USD"),
            "net": Money(1184, "USD"),
            **rest,
        },
    )


def seen(*observations: Observation) -> Change[Payment]:
    """The last of several looks at one payment."""
    found: Change[Payment] | None = None
    for one in observations:
        before = found.entity if found else None
        found = rules.observe(before, "acme-S-1", "acme", one, can=CAN, now=NOON, new_id=new_id)
    assert found is not None
    return found


PAID = observation(PaymentStatus.succeeded)


def contradicted() -> Change[Payment]:
    claim = Contradicted(("amount",), PAID)
    found = rules.contradict(None, "acme-S-1", "acme", claim, "n-1", now=NOON, new_id=new_id)
    assert found is not None
    return found


def charged(
    status: PaymentStatus, state: OperationState, reason: str | None = None
) -> Change[Payment]:
    accepted = rules.accept(
        "p-1", "acme", Order(Money(5, "JPY"), metadata={"a": "b"}), now=NOON, new_id=new_id
    ).entity
    operation = accepted.operation(OperationKind.charge)
    assert operation is not None
    settled = operation.settle(state, reference="ch-1", reason=reason)
    return rules.settle(accepted, settled, status, now=NOON, new_id=new_id, reason=reason)


def asked_back() -> tuple[Payment, Operation]:
    terms = Terms(Money(500, "USD"), "0" * 64, "damaged", "sorry")
    reserved = rules.reserve_refund(
        seen(PAID).entity, "k-1", terms, due_at=NOON, now=NOON, new_id=new_id
    ).entity
    return reserved, reserved.operations[-1]


def sent_back() -> Change[Payment]:
    reserved, refund = asked_back()
    settled = refund.settle(OperationState.succeeded, reference="R-1")
    return rules.refund_moved(
        reserved, settled, back("R-1", "refund", 500), CAN, now=NOON, new_id=new_id
    )


def not_sent_back() -> Change[Payment]:
    return rules.refund_failed(*asked_back(), "never", now=NOON, new_id=new_id)


def left_to_people() -> Change[Payment]:
    return rules.refund_parked(*asked_back(), "nobody knows", now=NOON, new_id=new_id)


def owed() -> tuple[Subscription, Operation]:
    subscription = of_subscription(said(Lifecycle.created, "WH-1", NOON)).entity
    terms = Terms(Money(500, "USD"), "0" * 64, "the card was replaced", "the card was replaced")
    operation = Operation(
        subscription.operation_id(OperationKind.collect, "k-1"), OperationKind.collect, terms=terms
    )
    return subscription, operation


def not_collected() -> Change[Subscription]:
    subscription, operation = owed()
    declined = operation.settle(OperationState.declined, reason="never")
    return rules.collection_settled(subscription, declined, now=NOON, new_id=new_id)


def collection_left_to_people() -> Change[Subscription]:
    subscription, operation = owed()
    lost = operation.lose(NOON, "nobody knows")
    return rules.collection_parked(subscription, lost, now=NOON, new_id=new_id)


def invoiced() -> Change[Payment]:
    paid = seen(PAID).entity
    operation = paid.operation(OperationKind.invoice)
    assert operation is not None
    settled = operation.settle(OperationState.succeeded, reference="INV-1")
    facts = [Fact(EventType.invoice_paid)]
    return rules.settle(paid, settled, paid.status, now=NOON, new_id=new_id, facts=facts)


def paid_twice() -> Change[Payment]:
    invoice = InvoiceObservation("INV-1", paid_twice=True)
    found = rules.observe_invoice(invoiced().entity, invoice, now=NOON, new_id=new_id)
    assert found is not None
    return found


def payable() -> Change[Payment]:
    paid = seen(PAID).entity
    withheld, facts = rules.withhold(paid, "it cannot be recorded", "nor cancelled")
    return change(paid, withheld, facts, now=NOON, new_id=new_id)


DISPUTED = DisputeObservation(
    "PP-D-1",
    "open",
    NOON,
    reason="unauthorised",
    amount=Money(9600, "USD"),
    payments=("acme-S-1",),
    respond_by=NOON + timedelta(days=10),
    links={"dispute": "https://gateway.test/PP-D-1"},
)
BARE = DisputeObservation("PP-D-1", "open", NOON)


def disputed(latest: DisputeObservation, before: Dispute | None = None) -> Change[Dispute]:
    found = rules.observe_dispute(before, "acme-PP-D-1", "acme", latest, now=NOON, new_id=new_id)
    assert found is not None
    return found


def claimed() -> Change[Dispute]:
    found = rules.claim_dispute(
        None,
        "acme-PP-D-1",
        "acme",
        DISPUTED,
        "the gateway's API refuses to show it (403)",
        rereads=True,
        now=NOON,
        new_id=new_id,
    )
    assert found is not None
    return found


def of_subscription(
    says: Said | None = None,
    payment: Payment | None = None,
    before: Subscription | None = None,
) -> Change[Subscription]:
    month = BillingCycle(Interval(IntervalUnit.month), Money(1250, "USD"))
    shown = SubscriptionObservation(
        "I-1",
        SubscriptionStatus.active,
        NOON,
        plan=Plan("P-1", "Gold"),
        cycles=(month,),
        merchant_reference="customer-12",
        subscriber=Payer("PAYER1", "Ann", "ann@example.org"),
        next_billing_at=NOON + timedelta(days=30),
        outstanding=Money(1250, "USD"),
        failures=1,
        links={"approve": "https://gateway.test/approve", "gateway": "https://gateway.test/I-1"},
    )
    found = rules.observe_subscription(
        before,
        "acme-I-1",
        "acme",
        shown,
        rules.Learned(says=says, payment=payment),
        policy=rules.AccessPolicy(),
        now=NOON,
        new_id=new_id,
    )
    assert found is not None
    return found


def recorded(became: Became, **rest: Any) -> Change[Any]:
    notification = Notification(
        id="WH-1",
        gateway="acme",
        type="BILLING.PLAN.CREATED",
        entity=None,
        resource={},
        occurred_at=NOON,
        evidence=Evidence.signed,
        delivery_id="d-1",
        transmission="t-1",
        digest="0" * 64,
        **rest,
    )
    return rules.record(
        None,
        "acme/WH-1",
        notification,
        became,
        now=NOON,
        new_id=new_id,
        because="nothing acts on it",
        subject=None,
        confirmed=False,
    )


def nothing_more(**fields: Any) -> Observation:
    return Observation(
        Transaction("S-1", "sale", fields.pop("status"), Money(1250, "USD"), NOON), **fields
    )


PARTLY = observation(PaymentStatus.partially_refunded, back("R-1", "refund", 250))
TAKEN = observation(
    PaymentStatus.reversed, back("R-1", "refund", 250), back("R-2", "reversal", 1000)
)
