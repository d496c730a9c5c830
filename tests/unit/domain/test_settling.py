"""Settling an operation of a payment: its status, whether it is paid, and what is published."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.change import Fact
from penstock.domain.events import EventType
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payer, PaymentStatus
from penstock.domain.rules import operations
from penstock.testing.builders import order, payment
from penstock.testing.clock import NOON

SECOND = timedelta(seconds=1)
CHARGE = Operation("op-1", OperationKind.charge)
SAID = {
    PaymentStatus.succeeded: "payment.succeeded",
    PaymentStatus.declined: "payment.declined",
    PaymentStatus.pending: "payment.pending",
    PaymentStatus.parked: "payment.parked",
}


def new_id() -> str:
    return "event"


def test_an_accepted_payment_has_its_order_its_payer_and_a_charge_to_send() -> None:
    ada = Payer("customer-7", "Ada")
    change = operations.accept(
        *("pay-1", "acme", order(payer=ada)),
        now=NOON,
        new_id=new_id,
        due_at=NOON,
        token="t-1",  # noqa: S106 - an id
    )
    one = change.entity
    (charge,) = one.operations

    assert (None, ()) == (change.expected, change.events)
    assert ("pay-1", "acme", PaymentStatus.accepted, NOON, ada, "t-1", False) == (
        *(one.id, one.gateway, one.status, one.created_at, one.payer, one.token, one.paid),
    )
    assert (one.operation_id(OperationKind.charge), OperationKind.charge, NOON) == (
        *(charge.id, charge.kind, charge.due_at),
    )


def test_a_charge_that_a_message_carries_is_not_due() -> None:
    one = operations.accept("pay-1", "acme", order(), now=NOON, new_id=new_id).entity

    assert (None, None, None) == (one.operations[0].due_at, one.token, one.due_at)


@pytest.mark.parametrize("status", list(PaymentStatus))
@pytest.mark.parametrize("was", [PaymentStatus.accepted, PaymentStatus.pending])
def test_a_status_is_published_when_it_is_new_and_one_that_merchants_wait_for(
    was: PaymentStatus, status: PaymentStatus
) -> None:
    settled = replace(CHARGE, state=OperationState.unknown)
    before = payment(status=was, operations=(CHARGE,), reason="before")
    change = operations.settle(before, settled, status, now=NOON, new_id=new_id, reason="because")

    news = [SAID[status]] if status in SAID and status is not was else []
    assert news == [str(event.type) for event in change.events]
    assert (status, "because", (settled,)) == (
        *(change.entity.status, change.entity.reason, change.entity.operations),
    )
    assert (status is PaymentStatus.succeeded) is change.entity.paid


def test_what_was_paid_stays_paid_and_a_callers_own_facts_are_all_that_is_published() -> None:
    before = payment(paid=True)
    said = [Fact(EventType.invoice_paid)]
    declined = PaymentStatus.declined
    change = operations.settle(before, CHARGE, declined, now=NOON, new_id=new_id, facts=said)
    silent = operations.settle(before, CHARGE, declined, now=NOON, new_id=new_id, facts=[])

    assert (True, ["invoice.paid"]) == (change.entity.paid, [str(e.type) for e in change.events])
    assert (None, ()) == (change.entity.reason, silent.events)


@pytest.mark.parametrize(("due", "then"), [(None, None), (9, 10), (10, 10), (11, 11)])
def test_what_is_deferred_is_not_due_sooner_and_what_a_message_carries_stays_so(
    due: int | None, then: int | None
) -> None:
    due_at = None if due is None else NOON + due * SECOND
    before = payment(operations=(replace(CHARGE, due_at=due_at),))
    change = operations.defer(before, NOON + 10 * SECOND, now=NOON, new_id=new_id)

    assert (None if then is None else NOON + then * SECOND) == change.entity.operations[0].due_at
    assert () == change.events


def test_an_operation_takes_the_place_of_the_one_with_its_id() -> None:
    one, other = replace(CHARGE, id="op-0"), replace(CHARGE, id="op-2")
    submitted = CHARGE.submit(NOON, SECOND)
    before = payment(operations=(one, CHARGE, other))

    assert (one, submitted, other) == operations.with_operation(before, submitted).operations
    assert (one, CHARGE, other, replace(CHARGE, id="op-3")) == (
        before.with_operation(replace(CHARGE, id="op-3")).operations
    )
