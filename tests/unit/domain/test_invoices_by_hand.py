"""An invoice that a person wants, its number, and one that was paid twice."""

from __future__ import annotations

import pytest

from penstock.domain.observation import InvoiceObservation
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payer
from penstock.domain.rules import invoices
from penstock.domain.rules.invoices import Abilities
from penstock.domain.rules.remaking import remake_invoice, why_not_remake
from penstock.testing.clock import NOON
from tests.unit.domain.invoiced import (
    ADA,
    DECLINED,
    INVOICE,
    PAID,
    PENDING,
    RESERVED,
    SUCCEEDED,
    UNKNOWN,
    invoice,
    paid,
)


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
