"""Whether a payment gets an invoice, and what went back on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.money import Money
from penstock.domain.operation import Operation
from penstock.domain.payment import Payer, Payment, PaymentStatus
from penstock.domain.rules import invoices
from penstock.domain.rules.invoices import Abilities
from penstock.testing.clock import NOON
from tests.unit.domain.invoiced import (
    DECLINED,
    INVOICE,
    PAID,
    PENDING,
    REFUNDS,
    RESERVED,
    SALE,
    SUCCEEDED,
    UNKNOWN,
    invoice,
    paid,
)

CAN = Abilities(invoices=True, invoice_refunds=True)
MINUTE = timedelta(seconds=60)


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({}, None),
        ({"transactions": ()}, invoices.NO_SUM),
        ({"transactions": (replace(SALE, amount=Money(0, "USD")),)}, invoices.NO_SUM),
        ({"transactions": (replace(SALE, amount=Money(1, "USD")),)}, None),
        ({"status": PaymentStatus.pending}, invoices.WENT_BACK),
        ({"status": PaymentStatus.declined}, invoices.WENT_BACK),
        ({"refunded": Money(1249, "USD")}, None),
        ({"refunded": PAID}, invoices.WENT_BACK),
        ({"payer": None}, invoices.NO_RECIPIENT),
        ({"payer": Payer("PAYER1", "Ada")}, invoices.NO_RECIPIENT),
        ({"payer": Payer("PAYER1", "Ada", "")}, invoices.NO_RECIPIENT),
    ],
)
def test_an_invoice_needs_money_that_stayed_and_a_recipient(
    change: dict[str, object], because: str | None
) -> None:
    decided, facts = invoices.decide_invoice(paid(**change), NOON, CAN)
    reserved = decided.operation(INVOICE)

    assert because == invoices.no_invoice(paid(**change)) == decided.invoice_withheld
    assert (because is None) is (reserved is not None)
    assert ([] if because is None else [{"because": because}]) == [one.data for one in facts]


def test_an_invoice_is_reserved_under_its_number_and_due_after_a_minute() -> None:
    decided, _ = invoices.decide_invoice(paid(invoice_withheld="no address"), NOON, CAN)
    reserved = decided.operation(INVOICE)
    assert reserved is not None

    assert ("PS-SALE1", None) == (decided.invoice_number, decided.invoice_withheld)
    assert (RESERVED, NOON + MINUTE) == (reserved.state, reserved.due_at)
    kept = invoices.decide_invoice(paid(invoice_number="PS-7"), NOON, CAN)[0]
    assert "PS-7" == kept.invoice_number


@pytest.mark.parametrize(
    "before", [paid(paid=False), paid(operations=invoice(RESERVED)), paid(invoice_withheld="x")]
)
def test_nothing_is_decided_before_the_money_came_or_where_it_is_decided(before: Payment) -> None:
    can = Abilities() if before.invoice_withheld else CAN

    assert (before, []) == invoices.decide_invoice(before, NOON, can)


def test_a_reason_that_stays_is_said_once() -> None:
    known = paid(payer=None, invoice_withheld=invoices.NO_RECIPIENT)

    assert (known, []) == invoices.decide_invoice(known, NOON, CAN)


def test_money_that_goes_back_withdraws_an_invoice_that_was_not_begun() -> None:
    one = paid(refunded=PAID, operations=invoice(RESERVED, attempts=2, due_at=NOON))
    decided, facts = invoices.decide_invoice(one, NOON, CAN)
    ended = decided.operation(INVOICE)
    assert ended is not None

    assert (DECLINED, invoices.WENT_BACK, 0) == (ended.state, ended.reason, ended.attempts)
    assert 1 == len(facts)


@pytest.mark.parametrize(
    ("operations", "begun"),
    [
        (invoice(UNKNOWN, attempts=1), True),
        (invoice(UNKNOWN, attempts=0), False),
        (invoice(RESERVED, attempts=1), False),
        (invoice(SUCCEEDED, attempts=1), True),
        (invoice(PENDING, attempts=1), True),
        (invoice(DECLINED, attempts=1), True),
    ],
)
def test_an_invoice_whose_create_was_submitted_is_not_decided_anew(
    operations: tuple[Operation, ...], begun: bool
) -> None:
    decided, facts = invoices.decide_invoice(paid(payer=None, operations=operations), NOON, CAN)

    assert begun is (decided.invoice_withheld is None)
    assert begun is (facts == [])


MADE = invoice(SUCCEEDED, attempts=1)


@pytest.mark.parametrize(
    ("change", "can", "due"),
    [
        ({}, CAN, False),
        ({"refunded": Money(1, "USD")}, CAN, True),
        ({"refunded": Money(1, "USD")}, Abilities(invoices=True), False),
        ({"refunded": Money(1, "USD"), "operations": ()}, CAN, False),
        ({"refunded": Money(1, "USD"), "operations": invoice(UNKNOWN, attempts=1)}, CAN, False),
        (
            {
                "refunded": Money(1, "USD"),
                "operations": (*MADE, Operation("op-2", REFUNDS, UNKNOWN)),
            },
            CAN,
            False,
        ),
        (
            {
                "refunded": Money(1, "USD"),
                "operations": (*MADE, Operation("op-2", REFUNDS, SUCCEEDED)),
            },
            CAN,
            True,
        ),
        ({"refunded": PAID, "invoice_refunded": PAID}, CAN, False),
        ({"refunded": None, "invoice_refunded": PAID}, CAN, True),
        ({"refunded": PAID, "invoice_refund_refused": PAID}, CAN, False),
        ({"refunded": Money(1, "USD"), "invoice_refund_refused": PAID}, CAN, True),
        ({"refunded": PAID, "invoice_refund_refused": Money(1, "USD")}, CAN, True),
        ({"refunded": PAID, "operations": invoice(DECLINED, attempts=1)}, CAN, False),
    ],
)
def test_what_went_back_is_brought_onto_an_invoice_that_was_made(
    change: dict[str, object], can: Abilities, due: bool
) -> None:
    before = paid(**{"operations": MADE, **change})
    after = invoices.reserve_refunds(before, NOON, can)
    reserved = [one for one in after.operations if one.kind is REFUNDS and one.due_at]

    assert due is (after != before)
    assert ([NOON + MINUTE] if due else []) == [one.due_at for one in reserved]


def test_refunds_that_are_recorded_or_refused_are_noted_with_their_total() -> None:
    back = paid(refunded=PAID, invoice_refund_refused=Money(1, "USD"))
    recorded = invoices.refunds_recorded(back)

    assert (PAID, None) == (recorded.invoice_refunded, recorded.invoice_refund_refused)
    assert PAID == invoices.refunds_refused(back).invoice_refund_refused
    assert Money(0, "USD") == invoices.refunds_refused(paid()).invoice_refund_refused


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ({}, False),
        ({"refunded": Money(1249, "USD")}, False),
        ({"refunded": PAID}, True),
        ({"refunded": Money(1251, "USD")}, True),
        ({"status": PaymentStatus.declined}, True),
        ({"transactions": (), "refunded": PAID}, False),
    ],
)
def test_the_money_is_gone_when_nothing_is_left(change: dict[str, object], gone: bool) -> None:
    assert gone is invoices.money_is_gone(paid(**change))
