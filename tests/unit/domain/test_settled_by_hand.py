"""What a person's word changes of an operation and its payment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState, Terms
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from penstock.domain.rules.collections import collection_parked, collection_settled
from penstock.domain.rules.invoices import Abilities
from penstock.domain.rules.resolving import resolve
from penstock.testing.builders import payment
from penstock.testing.clock import NOON
from tests.unit.domain.doubt import (
    ADA,
    CHARGE,
    DECLINED,
    INVOICE,
    PENDING,
    REFUND,
    RESERVED,
    SECOND,
    SUCCEEDED,
    UNKNOWN,
    subscription,
)

TERMS = Terms(Money(500, "USD"), "digest", reason="owed")


@pytest.mark.parametrize(
    ("state", "look", "due", "published"),
    [
        (SUCCEEDED, RESERVED, 0, []),
        (DECLINED, RESERVED, 0, ["collection.failed"]),
        (SUCCEEDED, SUCCEEDED, None, []),
        (PENDING, RESERVED, 0, []),
        (UNKNOWN, RESERVED, 0, []),
    ],
)
def test_a_collection_that_ended_has_its_subscription_read_now(
    state: OperationState, look: OperationState, due: int | None, published: list[str]
) -> None:
    access = Operation(
        "a", OperationKind.access, look, due_at=NOON + 99 * SECOND if due == 0 else None
    )
    before = replace(subscription(), operations=(access,))
    settled = Operation("c", OperationKind.collect, state, reason="no funds", terms=TERMS)
    change = collection_settled(before, settled, now=NOON, new_id=lambda: "event")

    assert (None if due is None else NOON) == change.entity.operations[0].due_at
    assert settled == change.entity.operations[1]
    assert published == [str(event.type) for event in change.events]
    bare = collection_settled(subscription(), settled, now=NOON, new_id=lambda: "event")
    assert (settled,) == bare.entity.operations


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (TERMS, {"id": "c", "amount": {"minor": 500, "currency": "USD"}, "reason": "owed"}),
        (replace(TERMS, reason=None), {"id": "c", "amount": {"minor": 500, "currency": "USD"}}),
        (None, {"id": "c"}),
    ],
)
def test_a_collection_that_is_left_to_people_is_published_with_its_terms(
    terms: Terms | None, said: dict[str, object]
) -> None:
    lost = Operation("c", OperationKind.collect, UNKNOWN, reason="no answer", terms=terms)
    change = collection_parked(subscription(), lost, now=NOON, new_id=lambda: "event")
    (event,) = change.events

    assert ("collection.parked", said, "no answer") == (
        *(event.type, event.data["collection"], event.data["because"]),
    )
    assert (lost,) == change.entity.operations


CAN = Abilities(invoices=True, invoice_refunds=True, subscriptions=True)
SALE = Transaction("SALE1", "sale", PaymentStatus.succeeded, Money(1250, "USD"), NOON)
PAID = payment(
    status=PaymentStatus.succeeded, reason="kept", paid=True, transactions=(SALE,), payer=ADA
)
LOST = {
    kind: Operation(f"op-{kind.value}", kind, UNKNOWN, attempts=1, terms=terms)
    for kind, terms in (
        (CHARGE, None),
        (REFUND, TERMS),
        (OperationKind.capture, None),
        (INVOICE, None),
        (OperationKind.invoice_refunds, None),
    )
}


def by_hand(
    before: Payment, one: Operation, reference: str | None, **rest: bool
) -> Change[Payment]:
    change = resolve(
        *(before.with_operation(one), one),
        succeeded=rest.get("succeeded", True),
        evidence="seen",
        reference=reference,
        can=CAN,
        now=NOON,
        new_id=lambda: "event",
    )
    assert isinstance(change.entity, Payment)
    return change  # type: ignore[return-value]  # the payment that it was


@pytest.mark.parametrize(
    ("kind", "step", "amount"),
    [(CHARGE, "charge", 1250), (OperationKind.capture, "sale", 1250), (REFUND, "refund", 500)],
)
@pytest.mark.parametrize("reference", [None, ""])
def test_what_succeeded_has_an_id_at_the_gateway_and_moved_its_amount(
    kind: OperationKind, step: str, amount: int, reference: str | None
) -> None:
    before = PAID if kind is REFUND else payment(status=PaymentStatus.approval_pending)
    done = by_hand(before, LOST[kind], "GW-1").entity

    moved = done.transactions[-1]
    assert ("GW-1", step, amount, NOON) == (moved.id, moved.kind, moved.amount.minor, moved.at)
    settled = done.operation(kind)
    assert settled is not None
    assert (SUCCEEDED, "GW-1", "seen") == (settled.state, settled.reference, settled.reason)
    with pytest.raises(ValueError, match=f"a {kind.value} that succeeded has an id"):
        by_hand(before, LOST[kind], reference)


def test_an_invoice_that_a_person_found_is_paid_and_gets_the_refunds_recorded() -> None:
    back = replace(
        SALE, id="R1", kind="refund", status=PaymentStatus.refunded, amount=TERMS.amount
    )
    before = replace(
        PAID, transactions=(SALE, back), refunded=TERMS.amount, invoice_withheld="a doubt"
    )
    change = by_hand(before, LOST[INVOICE], "INV-1")
    one = change.entity

    assert (["invoice.paid"], None) == ([str(e.type) for e in change.events], one.invoice_withheld)
    assert (PaymentStatus.succeeded, "kept", True) == (one.status, one.reason, one.paid)
    assert one.operation(OperationKind.invoice_refunds) is not None


@pytest.mark.parametrize(
    ("kind", "status", "reason", "events"),
    [
        (CHARGE, PaymentStatus.declined, "seen", ["payment.declined"]),
        (REFUND, PaymentStatus.succeeded, "kept", ["refund.failed"]),
        (INVOICE, PaymentStatus.succeeded, "kept", ["invoice.withheld"]),
        (OperationKind.invoice_refunds, PaymentStatus.succeeded, "kept", []),
    ],
)
def test_what_failed_is_declined_with_the_evidence(
    kind: OperationKind, status: PaymentStatus, reason: str, events: list[str]
) -> None:
    change = by_hand(PAID, LOST[kind], None, succeeded=False)
    settled = change.entity.operation(kind)
    assert settled is not None

    assert (DECLINED, "seen") == (settled.state, settled.reason)
    assert (status, reason) == (change.entity.status, change.entity.reason)
    assert events == [str(event.type) for event in change.events]
    withheld = "seen" if kind is INVOICE else None
    assert withheld == change.entity.invoice_withheld


def test_refunds_on_an_invoice_are_noted_as_a_person_says() -> None:
    kind = OperationKind.invoice_refunds
    before = replace(PAID, refunded=TERMS.amount)
    done = by_hand(before, LOST[kind], None).entity
    failed = by_hand(before, LOST[kind], None, succeeded=False).entity

    assert (TERMS.amount, None) == (done.invoice_refunded, done.invoice_refund_refused)
    assert (None, TERMS.amount) == (failed.invoice_refunded, failed.invoice_refund_refused)


@pytest.mark.parametrize(
    ("succeeded", "state", "events"),
    [(True, SUCCEEDED, []), (False, DECLINED, ["collection.failed"])],
)
def test_a_collection_is_settled_as_a_person_says(
    succeeded: bool, state: OperationState, events: list[str]
) -> None:
    one = Operation("c", OperationKind.collect, UNKNOWN, terms=TERMS)
    change = resolve(
        *(replace(subscription(), operations=(one,)), one),
        succeeded=succeeded,
        evidence="seen",
        reference=None,
        can=CAN,
        now=NOON,
        new_id=lambda: "event",
    )
    (settled,) = change.entity.operations

    assert (state, "seen") == (settled.state, settled.reason)
    assert events == [str(event.type) for event in change.events]
