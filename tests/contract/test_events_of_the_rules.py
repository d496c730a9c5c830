"""What the rules publish is valid under its own schema, and every schema has a rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from penstock.domain import rules
from penstock.domain.approval import Approval
from penstock.domain.change import Change, Fact, change
from penstock.domain.delivery import Evidence, Notification
from penstock.domain.dispute import Dispute, DisputeObservation, DisputeOutcome
from penstock.domain.events import Event, EventType
from penstock.domain.lifecycle import Lifecycle, Said, said
from penstock.domain.money import Money
from penstock.domain.observation import Contradicted, InvoiceObservation, Observation
from penstock.domain.operation import Operation, OperationKind, OperationState, RefundTerms
from penstock.domain.payment import (
    Order,
    Payer,
    Payment,
    PaymentStatus,
    Plan,
    Transaction,
)
from penstock.domain.plan import BillingCycle, Interval, IntervalUnit
from penstock.domain.record import Became
from penstock.domain.subscription import (
    Subscription,
    SubscriptionObservation,
    SubscriptionStatus,
)

CONTRACTS = Path(__file__).parents[2] / "contracts"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
CAN = rules.Abilities(reread=True, invoices=True, invoice_refunds=True)
_numbers = count(1)


def new_id() -> str:
    return f"id-{next(_numbers)}"


def validator(kind: str) -> jsonschema_rs.Validator:
    schemas = [json.loads(path.read_text()) for path in CONTRACTS.glob("events/**/*.json")]
    registry = jsonschema_rs.Registry([(schema["$id"], schema) for schema in schemas])
    schema = json.loads((CONTRACTS / f"events/{kind}.json").read_text())
    return jsonschema_rs.validator_for(schema, registry=registry, validate_formats=True)


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
    terms = RefundTerms(Money(500, "USD"), "0" * 64, "damaged", "sorry")
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
    says: Said | None = None, payment: Payment | None = None
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
        None,
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
    )


def nothing_more(**fields: Any) -> Observation:
    return Observation(
        Transaction("S-1", "sale", fields.pop("status"), Money(1250, "USD"), NOON), **fields
    )


SUCCEEDED, REFUNDED, REVERSED = (
    EventType.payment_succeeded,
    EventType.payment_refunded,
    EventType.payment_reversed,
)
PARTLY = observation(PaymentStatus.partially_refunded, back("R-1", "refund", 250))
TAKEN = observation(
    PaymentStatus.reversed, back("R-1", "refund", 250), back("R-2", "reversal", 1000)
)

APPROVAL = Approval("digest", return_secret="s" * 32)


def checkout() -> Payment:
    """A payment that waits for its buyer."""
    order = Order(Money(1250, "USD"), reference="order-1")
    begun = rules.begin_checkout("pay-1", "acme", order, APPROVAL, now=NOON, new_id=new_id).entity
    operation = begun.operation(OperationKind.checkout)
    assert operation is not None
    until = NOON + timedelta(hours=3)
    url = "https://gateway.test/approve"
    return rules.opened(begun, operation, "C-1", url, until, now=NOON, new_id=new_id).entity


def capturing() -> tuple[Payment, Operation]:
    """The same once the buyer has approved it."""
    reserved = rules.reserve_capture(checkout(), now=NOON, new_id=new_id)
    assert reserved is not None
    operation = reserved.entity.operation(OperationKind.capture)
    assert operation is not None
    return reserved.entity, operation


CHANGES: dict[str, tuple[Callable[[], Change[Any]], Sequence[EventType]]] = {
    "paid": (lambda: seen(PAID), [SUCCEEDED]),
    "paid, little known": (
        lambda: seen(nothing_more(status=PaymentStatus.succeeded)),
        [SUCCEEDED, EventType.invoice_withheld],
    ),
    "paid, no address": (
        lambda: seen(observation(PaymentStatus.succeeded, email=False)),
        [SUCCEEDED, EventType.invoice_withheld],
    ),
    "pending": (
        lambda: seen(observation(PaymentStatus.pending, reason="echeck")),
        [EventType.payment_pending],
    ),
    "pending, then declined without a reason": (
        lambda: seen(observation(PaymentStatus.pending), observation(PaymentStatus.declined)),
        [EventType.payment_declined],
    ),
    "held": (
        lambda: seen(observation(PaymentStatus.succeeded, hold="new_seller")),
        [SUCCEEDED, EventType.payment_on_hold],
    ),
    "released": (
        lambda: seen(observation(PaymentStatus.succeeded, hold="new_seller"), PAID),
        [EventType.payment_released],
    ),
    "refunded before it was seen, by no step it names": (
        lambda: seen(observation(PaymentStatus.refunded)),
        [SUCCEEDED, REFUNDED, EventType.invoice_withheld],
    ),
    "refunded in part": (lambda: seen(PAID, PARTLY), [REFUNDED]),
    "refunded in part, then charged back": (
        lambda: seen(PAID, PARTLY, TAKEN),
        [REVERSED, EventType.invoice_withheld],
    ),
    "refunded and charged back between two looks": (
        lambda: seen(PAID, TAKEN),
        [REFUNDED, REVERSED, EventType.invoice_withheld],
    ),
    "charged back in part": (
        lambda: seen(
            PAID, observation(PaymentStatus.partially_refunded, back("R-2", "reversal", 500))
        ),
        [REVERSED],
    ),
    "charged back, and cancelled": (
        lambda: seen(
            PAID,
            observation(PaymentStatus.reversed, back("R-2", "reversal", 1250)),
            observation(
                PaymentStatus.succeeded,
                replace(back("R-2", "reversal", 1250), status=PaymentStatus.declined),
            ),
        ),
        [EventType.payment_restored],
    ),
    "one of two refunds failed": (
        lambda: seen(
            PAID,
            observation(
                PaymentStatus.refunded, back("R-1", "refund", 250), back("R-3", "refund", 1000)
            ),
            observation(
                PaymentStatus.partially_refunded,
                back("R-1", "refund", 250),
                replace(back("R-3", "refund", 1000), status=PaymentStatus.declined),
            ),
        ),
        [EventType.payment_restored],
    ),
    "contradicted": (contradicted, [EventType.payment_contradicted]),
    "charged": (lambda: charged(PaymentStatus.succeeded, OperationState.succeeded), [SUCCEEDED]),
    "declined": (
        lambda: charged(PaymentStatus.declined, OperationState.declined, "no funds"),
        [EventType.payment_declined],
    ),
    "approved and captured": (
        lambda: rules.captured(*capturing(), PAID, can=CAN, now=NOON, new_id=new_id),
        [SUCCEEDED],
    ),
    "approved and declined": (
        lambda: rules.declined(*capturing(), "no funds", now=NOON, new_id=new_id),
        [EventType.payment_declined],
    ),
    "never approved": (
        lambda: rules.expire(checkout(), "too late", now=NOON, new_id=new_id),
        [EventType.payment_expired],
    ),
    "parked": (
        lambda: charged(PaymentStatus.parked, OperationState.unknown, "it broke"),
        [EventType.payment_parked],
    ),
    "withheld, and payable": (payable, [EventType.invoice_withheld]),
    "invoiced": (invoiced, [EventType.invoice_paid]),
    "paid twice": (paid_twice, [EventType.invoice_paid_twice]),
    "disputed": (lambda: disputed(DISPUTED), [EventType.dispute_opened]),
    "disputed, little known": (lambda: disputed(BARE), [EventType.dispute_opened]),
    "a dispute the API does not show": (claimed, [EventType.dispute_opened]),
    "and then does": (
        lambda: disputed(DISPUTED, claimed().entity),
        [EventType.dispute_updated],
    ),
    "resolved before it was seen": (
        lambda: disputed(replace(DISPUTED, outcome=DisputeOutcome.buyer, status="resolved")),
        [EventType.dispute_opened, EventType.dispute_resolved],
    ),
    **{
        f"resolved: {outcome}": (
            lambda outcome=outcome: disputed(
                replace(BARE, outcome=outcome, status="resolved"), disputed(BARE).entity
            ),
            [EventType.dispute_resolved],
        )
        for outcome in DisputeOutcome
    },
    **{
        f"subscription {fact.value}": (
            lambda fact=fact: of_subscription(said(fact, "WH-1", NOON)),
            [EventType(f"subscription.{fact.value}")],
        )
        for fact in Lifecycle
    },
    "asked back and sent back": (sent_back, [REFUNDED]),
    "asked back and refused": (not_sent_back, [EventType.refund_failed]),
    "asked back and forgotten": (left_to_people, [EventType.refund_parked]),
    "subscription met by its payment": (
        lambda: of_subscription(payment=seen(PAID).entity),
        [EventType.subscription_renewed],
    ),
    "subscription whose only payment went back": (
        lambda: of_subscription(payment=seen(observation(PaymentStatus.refunded)).entity),
        [EventType.subscription_renewed, EventType.subscription_access_ended],
    ),
    "recorded": (
        lambda: recorded(
            Became.recorded, resource_type="plan", resource_id="P-1", summary="A plan was created."
        ),
        [EventType.notification_recorded],
    ),
    "recorded, little known": (
        lambda: recorded(Became.parked),
        [EventType.notification_recorded],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_rules_publish_holds_under_its_schema(name: str):
    make, kinds = CHANGES[name]
    events = make().events

    assert list(kinds) == [event.type for event in events]
    for event in events:
        wire = json.loads(event.dumps())
        validator(event.type).validate(wire)
        assert event == Event.loads(json.dumps(wire))
        assert "ann@example.org" not in event.dumps()


@pytest.mark.parametrize("name", CHANGES)
def test_no_field_of_an_event_is_missing_in_its_schema(name: str):
    """
    A schema lets unknown fields pass, so what nobody described would be seen by nobody.
    """
    for event in CHANGES[name][0]().events:
        schema = json.loads((CONTRACTS / f"events/{event.type}.json").read_text())
        part = schema["properties"]["data"]["$ref"].rpartition(":")[2]
        described = json.loads((CONTRACTS / f"events/parts/{part}.json").read_text())["properties"]
        own = schema["properties"]["data"].get("properties", {})

        assert set(event.data) <= {*described, *own}


@pytest.mark.parametrize("name", CHANGES)
def test_every_movement_says_how_much_moved_and_what_is_gone_in_all(name: str):
    for event in CHANGES[name][0]().events:
        if event.type in (REFUNDED, REVERSED, EventType.payment_restored):
            assert 0 < event.data["moved"]["minor"] <= event.data["amount"]["minor"]
        if event.type in (REFUNDED, REVERSED):
            assert event.data["moved"]["minor"] <= event.data["refunded"]["minor"]


def test_every_event_type_is_published_by_some_rule():
    assert set(EventType) == {kind for _, kinds in CHANGES.values() for kind in kinds}


def test_a_schema_refuses_the_event_of_another_type():
    (event,) = charged(PaymentStatus.succeeded, OperationState.succeeded).events

    for kind in set(EventType) - {event.type}:
        assert not validator(kind).is_valid(event.cloud_event())
