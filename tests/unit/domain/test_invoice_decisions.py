"""Whether a payment gets an invoice, and under which number: each case by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.money import Money
from penstock.domain.observation import InvoiceObservation
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payer, Payment, PaymentStatus, Transaction
from penstock.domain.rules import invoices
from penstock.domain.rules.invoices import Abilities
from penstock.domain.rules.remaking import remake_invoice, why_not_remake
from penstock.testing.builders import payment
from penstock.testing.clock import NOON

PAID = Money(1250, "USD")
SALE = Transaction("SALE1", "sale", PaymentStatus.succeeded, PAID, NOON)
ADA = Payer("PAYER1", "Ada", "ada@example.test")
CAN = Abilities(invoices=True, invoice_refunds=True)
INVOICE, REFUNDS = OperationKind.invoice, OperationKind.invoice_refunds
RESERVED, PENDING, UNKNOWN, SUCCEEDED, DECLINED = (
    OperationState.reserved,
    OperationState.pending,
    OperationState.unknown,
    OperationState.succeeded,
    OperationState.declined,
)
MINUTE = timedelta(seconds=60)


def paid(**rest: object) -> Payment:
    """A payment whose money is there and whose payer is known."""
    given: dict[str, object] = {
        "status": PaymentStatus.succeeded,
        "transactions": (SALE,),
        "payer": ADA,
        "paid": True,
        **rest,
    }
    return payment("acme-SALE1", **given)


def invoice(state: OperationState, **rest: object) -> tuple[Operation, ...]:
    return (replace(Operation("op-1", INVOICE, state), **rest),)  # type: ignore[arg-type]  # fields by name


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


@pytest.mark.parametrize(
    ("identity", "ordinal", "number"),
    [
        ("acme-SALE1", 1, "PS-SALE1"),
        ("acme-SALE1", 2, "PS-SALE1-2"),
        ("acme-" + "A" * 22, 1, "PS-" + "A" * 22),
        ("acme-" + "A" * 20, 2, "PS-" + "A" * 20 + "-2"),
        ("SALE1", 1, "PS-SALE1"),
    ],
)
def test_an_invoice_number_has_25_characters_at_most(
    identity: str, ordinal: int, number: str
) -> None:
    assert number == invoices.invoice_number(identity, ordinal)
    long = invoices.invoice_number("acme-" + "A" * 23, ordinal)
    assert (25, True) == (len(long), long.startswith("PS-"))


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("PS-SALE1", "PS-SALE1-2"),
        ("PS-SALE1-2", "PS-SALE1-3"),
        ("PS-SALE1-99", "PS-SALE1-100"),
        ("PS-SALE1-100", "PS-SALE1-2"),
        ("PS-SALE1-0", "PS-SALE1-2"),
        (None, "PS-SALE1-2"),
    ],
)
def test_the_next_number_counts_on(now: str | None, then: str) -> None:
    assert then == invoices.next_number(paid(invoice_number=now))


@pytest.mark.parametrize(
    ("change", "new_number", "why"),
    [
        ({}, False, None),
        ({"paid": False}, False, "its money is not there: the payment is succeeded"),
        ({"refunded": PAID}, False, invoices.WENT_BACK),
        ({"payer": None}, False, None),
        ({"operations": invoice(SUCCEEDED)}, False, "invoice PS-1 exists and is paid"),
        ({"operations": invoice(PENDING)}, False, "the buyer can still pay invoice PS-1"),
        ({"operations": invoice(UNKNOWN)}, False, "invoice PS-1 is under way (unknown)"),
        ({"operations": invoice(DECLINED)}, False, None),
        (
            {"operations": invoice(DECLINED, reference="INV-1")},
            False,
            "invoice PS-1 was made at the gateway and withheld",
        ),
        ({"operations": invoice(DECLINED, reference="INV-1")}, True, None),
    ],
)
def test_a_person_has_an_invoice_made_where_there_is_none(
    change: dict[str, object], new_number: bool, why: str | None
) -> None:
    found = why_not_remake(paid(**{"invoice_number": "PS-1", **change}), new_number=new_number)

    assert why == (found and found[: len(why or "")])


@pytest.mark.parametrize(
    ("payer", "asked"), [(ADA, False), (None, True), (Payer("PAYER1", "Ada"), True)]
)
def test_an_invoice_that_a_person_wants_is_due_at_once_and_asks_for_a_missing_address(
    payer: Payer | None, asked: bool
) -> None:
    before = paid(payer=payer, invoice_withheld="x", operations=invoice(DECLINED))
    made = remake_invoice(
        before, "they asked", new_number=False, now=NOON, new_id=lambda: "event"
    ).entity
    reserved, reread = made.operation(INVOICE), made.operation(OperationKind.reread)
    assert reserved is not None

    assert (RESERVED, NOON, "they asked") == (reserved.state, reserved.due_at, reserved.reason)
    assert ("PS-SALE1", None) == (made.invoice_number, made.invoice_withheld)
    assert asked is (reread is not None)
    assert reread is None or (NOON, invoices.NO_RECIPIENT) == (reread.due_at, reread.reason)


def test_a_new_number_is_the_next_one() -> None:
    before = paid(invoice_number="PS-SALE1")
    made = remake_invoice(before, "x", new_number=True, now=NOON, new_id=lambda: "event")
    kept = remake_invoice(before, "x", new_number=False, now=NOON, new_id=lambda: "event")

    assert "PS-SALE1-2" == made.entity.invoice_number
    assert "PS-SALE1" == kept.entity.invoice_number


@pytest.mark.parametrize(
    ("reference", "twice", "known", "said"),
    [
        ("INV-1", True, False, True),
        ("INV-1", True, True, False),
        ("INV-1", False, False, False),
        ("INV-0", True, False, False),
        ("INV-2", True, False, False),
    ],
)
def test_an_invoice_of_ours_that_the_buyer_paid_too_is_published_once(
    reference: str, twice: bool, known: bool, said: bool
) -> None:
    before = paid(operations=invoice(SUCCEEDED, reference="INV-1"), invoice_paid_twice=known)
    seen = InvoiceObservation(reference, paid_twice=twice)
    change = invoices.observe_invoice(before, seen, now=NOON, new_id=lambda: "event")

    assert said is (change is not None)
    if change is not None:
        assert ["invoice.paid_twice"] == [str(event.type) for event in change.events]
        assert change.entity.invoice_paid_twice


def test_a_payment_without_an_invoice_has_none_that_was_paid_twice() -> None:
    seen = InvoiceObservation("INV-1", paid_twice=True)

    assert not invoices.is_invoice_of(paid(), seen)
    assert invoices.observe_invoice(paid(), seen, now=NOON, new_id=lambda: "event") is None


NAMES = ("reread", "subscriptions", "invoices", "invoicerefunds")


@pytest.mark.parametrize("name", [*NAMES, "charge"])
def test_a_gateway_can_do_what_its_capabilities_name_and_nothing_else(name: str) -> None:
    can = Abilities.named([name])
    found = (can.reread, can.subscriptions, can.invoices, can.invoice_refunds)

    assert tuple(one == name for one in NAMES) == found
    assert Abilities() == Abilities.named([])
    nothing = Abilities()
    assert not any(
        (nothing.reread, nothing.subscriptions, nothing.invoices, nothing.invoice_refunds)
    )


@pytest.mark.parametrize("payable", [None, "the gateway refused"])
def test_an_invoice_that_is_withheld_says_whether_the_buyer_can_still_pay_it(
    payable: str | None,
) -> None:
    withheld, (fact,) = invoices.withhold(paid(), "no address", payable)

    assert "no address" == withheld.invoice_withheld
    assert {"because": "no address"} | ({"payable": payable} if payable else {}) == fact.data
