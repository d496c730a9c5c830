"""Whatever the rules publish holds under its own schema; nothing is said that no schema knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import jsonschema_rs
import pytest

from penstock.domain import rules
from penstock.domain.change import Change, Fact, change
from penstock.domain.events import Event, EventType
from penstock.domain.money import Money
from penstock.domain.observation import Contradicted, Observation
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import (
    Order,
    Payer,
    Payment,
    PaymentStatus,
    Plan,
    Transaction,
)

CONTRACTS = Path(__file__).parents[2] / "contracts"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
_numbers = count(1)


def new_id() -> str:
    return f"id-{next(_numbers)}"


def validator(kind: EventType) -> jsonschema_rs.Validator:
    schemas = [json.loads(path.read_text()) for path in CONTRACTS.glob("events/**/*.json")]
    registry = jsonschema_rs.Registry([(schema["$id"], schema) for schema in schemas])
    schema = json.loads((CONTRACTS / f"events/{kind.value}.json").read_text())
    return jsonschema_rs.validator_for(schema, registry=registry, validate_formats=True)


def observation(status: PaymentStatus, *, full: bool = True, email: bool = True) -> Observation:
    sale = Transaction("S-1", "sale", status, Money(1250, "USD"), NOON)
    if not full:
        return Observation(sale)
    return Observation(
        sale,
        subscription="I-1",
        plan=Plan("P-1", "Gold"),
        payer=Payer("PAYER1", "Ann", "ann@example.org" if email else None),
        reference="order-1",
        links={"gateway": "https://gateway.test/S-1"},
    )


def seen(
    status: PaymentStatus, before: Payment | None = None, *, full: bool = True, email: bool = True
) -> Change:
    state = observation(status, full=full, email=email)
    return rules.observe(
        before, "acme-S-1", "acme", state, invoicing=True, now=NOON, new_id=new_id
    )


def contradicted() -> Change:
    claim = Contradicted(("amount",), observation(PaymentStatus.succeeded))
    return rules.contradict(None, "acme-S-1", "acme", claim, now=NOON, new_id=new_id)


def charged(status: PaymentStatus, state: OperationState, reason: str | None) -> Change:
    accepted = rules.accept(
        "p-1",
        "acme",
        Order(Money(5, "JPY"), metadata={"a": "b"}),
        operation_id="op-1",
        now=NOON,
        new_id=new_id,
    ).payment
    operation = accepted.operation(OperationKind.charge)
    assert operation is not None
    settled = operation.settle(state, reference="ch-1", reason=reason)
    return rules.settle(accepted, settled, status, now=NOON, new_id=new_id, reason=reason)


def invoiced(*kinds: EventType) -> Change:
    paid = seen(PaymentStatus.succeeded).payment
    operation = paid.operation(OperationKind.invoice)
    assert operation is not None
    settled = operation.settle(OperationState.succeeded, reference="INV-1")
    facts = [Fact(kind) for kind in kinds]
    return rules.settle(paid, settled, paid.status, now=NOON, new_id=new_id, facts=facts)


def payable() -> Change:
    paid = seen(PaymentStatus.succeeded).payment
    withheld, facts = rules.withhold(paid, "it cannot be recorded", "nor cancelled")
    return change(paid, withheld, facts, now=NOON, new_id=new_id)


CHANGES: dict[str, tuple[Callable[[], Change], list[EventType]]] = {
    "paid": (lambda: seen(PaymentStatus.succeeded), [EventType.payment_succeeded]),
    "paid, little known": (
        lambda: seen(PaymentStatus.succeeded, full=False),
        [EventType.payment_succeeded, EventType.invoice_withheld],
    ),
    "paid, no address": (
        lambda: seen(PaymentStatus.succeeded, email=False),
        [EventType.payment_succeeded, EventType.invoice_withheld],
    ),
    "pending": (lambda: seen(PaymentStatus.pending), [EventType.payment_pending]),
    "refunded at once": (
        lambda: seen(PaymentStatus.refunded),
        [EventType.payment_refunded, EventType.invoice_withheld],
    ),
    "refunded in part later": (
        lambda: seen(
            PaymentStatus.partially_refunded,
            replace(seen(PaymentStatus.succeeded).payment, operations=()),
        ),
        [EventType.payment_refunded, EventType.invoice_withheld],
    ),
    "refunded in parts": (
        lambda: rules.observe(
            seen(PaymentStatus.partially_refunded).payment,
            "acme-S-1",
            "acme",
            replace(observation(PaymentStatus.partially_refunded), refunded=Money(250, "USD")),
            invoicing=True,
            now=NOON,
            new_id=new_id,
        ),
        [EventType.payment_refunded],
    ),
    "reversed": (
        lambda: seen(PaymentStatus.reversed),
        [EventType.payment_reversed, EventType.invoice_withheld],
    ),
    "contradicted": (contradicted, [EventType.payment_contradicted]),
    "charged": (
        lambda: charged(PaymentStatus.succeeded, OperationState.succeeded, None),
        [EventType.payment_succeeded],
    ),
    "declined": (
        lambda: charged(PaymentStatus.declined, OperationState.declined, "no funds"),
        [EventType.payment_declined],
    ),
    "parked": (
        lambda: charged(PaymentStatus.parked, OperationState.unknown, "it broke"),
        [EventType.payment_parked],
    ),
    "withheld, and payable": (payable, [EventType.invoice_withheld]),
    "invoiced": (
        lambda: invoiced(EventType.invoice_paid, EventType.invoice_paid_twice),
        [EventType.invoice_paid, EventType.invoice_paid_twice],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_rules_publish_holds_under_its_schema(name: str):
    make, kinds = CHANGES[name]
    events = make().events

    assert kinds == [event.type for event in events]
    for event in events:
        wire = json.loads(event.dumps())
        validator(event.type).validate(wire)
        assert event == Event.loads(json.dumps(wire))
        assert "ann@example.org" not in event.dumps()


def test_every_event_type_is_published_by_some_rule():
    assert set(EventType) == {kind for _, kinds in CHANGES.values() for kind in kinds}


def test_a_schema_refuses_the_event_of_another_type():
    (event,) = charged(PaymentStatus.succeeded, OperationState.succeeded, None).events

    for kind in set(EventType) - {event.type}:
        assert not validator(kind).is_valid(event.cloud_event())
