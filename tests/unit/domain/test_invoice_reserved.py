"""Which observations reserve an invoice, and its number."""

from dataclasses import replace

import pytest

from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.observation import InvoiceObservation
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import PaymentStatus
from tests.unit.domain.sold import observe, sale, types


def test_the_first_money_reserves_one_invoice_and_says_so_once():
    change = observe(None, sale(PaymentStatus.succeeded))

    invoice = change.entity.operation(OperationKind.invoice)
    assert (["payment.succeeded"], None, "PS-SALE1") == (
        types(change),
        change.expected,
        change.entity.invoice_number,
    )
    assert invoice is not None
    assert OperationState.reserved is invoice.state


def test_without_a_recipient_there_is_no_invoice_and_an_event_says_why():
    change = observe(None, sale(PaymentStatus.succeeded, email=None))

    assert ["payment.succeeded", "invoice.withheld"] == types(change)
    assert rules.NO_RECIPIENT == change.events[1].data["because"]
    assert change.entity.operation(OperationKind.invoice) is None


def test_a_refund_stops_an_invoice_that_was_not_begun():
    paid = observe(None, sale(PaymentStatus.succeeded)).entity

    change = observe(paid, sale(PaymentStatus.refunded))

    invoice = change.entity.operation(OperationKind.invoice)
    assert ["payment.refunded", "invoice.withheld"] == types(change)
    assert invoice is not None
    assert OperationState.declined is invoice.state


@pytest.mark.parametrize("status", [PaymentStatus.pending, PaymentStatus.declined])
def test_no_money_no_invoice_and_no_word_of_one(status: PaymentStatus):
    change = observe(None, sale(status))

    assert [f"payment.{status.value}"] == types(change)
    assert change.entity.operation(OperationKind.invoice) is None


def test_pending_money_that_arrives_is_invoiced_then():
    pending = observe(None, sale(PaymentStatus.pending)).entity

    change = observe(pending, sale(PaymentStatus.succeeded))

    assert ["payment.succeeded"] == types(change)
    assert change.entity.operation(OperationKind.invoice) is not None


def test_a_gateway_that_makes_no_invoices_reserves_none():
    change = observe(None, sale(PaymentStatus.succeeded), invoicing=False)

    assert ((), ["payment.succeeded"]) == (change.entity.operations, types(change))


def test_an_invoice_is_neither_paid_twice_nor_cancelled_unless_the_gateway_says_so():
    seen = InvoiceObservation("INV-1")

    assert (False, False) == (seen.paid_twice, seen.cancelled)


def test_an_invoice_number_is_short_enough_and_always_the_same():
    assert "PS-9UG43882HX7271132" == rules.invoice_number("paypal-9UG43882HX7271132")
    assert len(rules.invoice_number("paypal-" + "X" * 64)) == 25


@pytest.mark.parametrize("minor", [0, -1250])
def test_a_sale_without_a_sum_gets_no_invoice_and_an_event_says_why(minor: int):
    nothing = sale(PaymentStatus.succeeded)
    nothing = replace(
        nothing, transaction=replace(nothing.transaction, amount=Money(minor, "USD"))
    )

    change = observe(None, nothing)

    assert (["payment.succeeded", "invoice.withheld"], rules.NO_SUM, ()) == (
        types(change),
        change.entity.invoice_withheld,
        change.entity.operations,
    )


def test_two_sales_whose_ids_end_alike_have_invoice_numbers_of_their_own():
    assert rules.invoice_number("paypal-A-17") != rules.invoice_number("paypal-B-17")
