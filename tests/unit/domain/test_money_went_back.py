"""Money that went back of a sale: each part is published once, with its amount."""

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from tests.unit.domain.sold import NOON, observe, sale, types


@pytest.mark.parametrize("status", [PaymentStatus.refunded, PaymentStatus.reversed])
def test_money_that_went_back_whole_gets_no_invoice_and_was_there_once(status: PaymentStatus):
    change = observe(None, sale(status))

    back = "payment.refunded" if status is PaymentStatus.refunded else "payment.reversed"
    assert change.entity.operation(OperationKind.invoice) is None
    assert ["payment.succeeded", back, "invoice.withheld"] == types(change)
    assert ["succeeded", status.value] == [e.data["status"] for e in change.events[:2]]


def refund(number: int, minor: int, currency: str = "USD") -> Transaction:
    paid = Money(minor, currency)
    at = NOON + timedelta(minutes=number)
    return Transaction(f"REFUND{number}", "refund", PaymentStatus.refunded, paid, at)


def moved(change: Change[Payment]) -> list[tuple[str, int, int]]:
    """Each event about moved money: type, amount, new total."""
    return [
        (str(e.type), e.data["moved"]["minor"], e.data.get("refunded", {}).get("minor", 0))
        for e in change.events
        if "moved" in e.data
    ]


def test_a_sale_partly_refunded_before_it_was_seen_succeeded_and_gets_its_invoice():
    part = replace(sale(PaymentStatus.partially_refunded), refunds=(refund(1, 1),))

    change = observe(None, part)

    assert ["payment.succeeded", "payment.refunded"] == types(change)
    assert [("payment.refunded", 1, 1)] == moved(change)
    assert "refunded" not in change.events[0].data
    assert change.entity.operation(OperationKind.invoice) is not None


def test_each_part_of_the_money_that_goes_back_is_published_once_with_its_amount():
    paid = observe(None, sale(PaymentStatus.succeeded)).entity
    part = sale(PaymentStatus.partially_refunded)

    first = observe(paid, replace(part, refunds=(refund(1, 500),)))
    again = observe(first.entity, replace(part, refunds=(refund(1, 500),)))
    silent = observe(again.entity, part)
    second = observe(silent.entity, replace(part, refunds=(refund(2, 250),)))
    rest = observe(second.entity, sale(PaymentStatus.refunded))
    late = observe(rest.entity, replace(sale(PaymentStatus.refunded), refunds=(refund(3, 500),)))

    assert [("payment.refunded", 500, 500)] == moved(first)
    assert [[], []] == [moved(again), moved(silent)]
    assert [("payment.refunded", 250, 750)] == moved(second)
    assert [("payment.refunded", 500, 1250)] == moved(rest)
    assert ([], PaymentStatus.refunded) == (moved(late), late.entity.status)
    assert "SALE1" == (late.entity.transaction and late.entity.transaction.id)


def test_a_refund_that_names_what_was_unattributed_replaces_it_silently():
    whole = observe(None, sale(PaymentStatus.refunded))

    named = observe(whole.entity, replace(sale(PaymentStatus.refunded), refunds=(refund(1, 500),)))

    assert [("payment.refunded", 1250, 1250)] == moved(whole)
    assert ([], [500, 750]) == (
        moved(named),
        [step.amount.minor for step in named.entity.sent_back],
    )


def test_a_partial_reversal_does_not_reverse_the_whole_payment():
    paid = observe(None, sale(PaymentStatus.succeeded)).entity
    taken = replace(refund(1, 250), kind="reversal")

    change = observe(paid, replace(sale(PaymentStatus.partially_refunded), refunds=(taken,)))

    assert [("payment.reversed", 250, 250)] == moved(change)
    assert PaymentStatus.partially_refunded is change.entity.status


def test_a_chargeback_of_the_rest_is_one_event_with_its_amount():
    part = replace(sale(PaymentStatus.partially_refunded), refunds=(refund(1, 500),))
    before = observe(None, part).entity
    taken = replace(refund(2, 750), kind="reversal")

    change = observe(before, replace(sale(PaymentStatus.reversed), refunds=(taken,)))

    assert [("payment.reversed", 750, 1250)] == moved(change)
    assert PaymentStatus.reversed is change.entity.status


def test_money_that_comes_back_is_restored_and_the_payment_succeeds_again():
    taken = replace(refund(1, 1250), kind="reversal")
    before = observe(None, replace(sale(PaymentStatus.reversed), refunds=(taken,))).entity
    won = replace(taken, status=PaymentStatus.declined)

    change = observe(before, replace(sale(PaymentStatus.succeeded), refunds=(won,)))

    assert [("payment.restored", 1250, 0)] == moved(change)
    assert (PaymentStatus.succeeded, None) == (change.entity.status, change.entity.refunded)
    assert change.entity.operation(OperationKind.invoice) is not None


def test_a_reversal_that_the_sale_does_not_show_stays_until_it_is_shown_as_ended():
    taken = replace(refund(1, 1250), kind="reversal")
    first = observe(None, replace(sale(PaymentStatus.succeeded), refunds=(taken,)))

    again = observe(first.entity, sale(PaymentStatus.succeeded))

    assert (PaymentStatus.reversed, []) == (again.entity.status, types(again))


def test_no_more_goes_back_than_was_paid():
    paid = observe(None, sale(PaymentStatus.succeeded)).entity
    both = (replace(refund(1, 1250), kind="reversal"), refund(2, 1250))

    change = observe(paid, replace(sale(PaymentStatus.refunded), refunds=both))

    assert [("payment.reversed", 1250, 1250)] == moved(change)


def test_a_part_that_the_gateway_does_not_name_yet_is_no_event_and_is_asked_again():
    paid = observe(None, sale(PaymentStatus.succeeded)).entity

    change = observe(paid, sale(PaymentStatus.partially_refunded))

    asking = change.entity.operation(OperationKind.reread)
    assert ([], True) == (types(change), asking is not None and asking.open)


def test_a_sale_that_lags_behind_its_refund_is_published_once():
    paid = observe(None, sale(PaymentStatus.succeeded)).entity
    lagging = replace(sale(PaymentStatus.succeeded), refunds=(refund(1, 500),))

    first = observe(paid, lagging)
    then = observe(first.entity, sale(PaymentStatus.partially_refunded))

    assert PaymentStatus.partially_refunded is first.entity.status
    assert ([("payment.refunded", 500, 500)], []) == (moved(first), moved(then))


@pytest.mark.parametrize(
    "step",
    [
        replace(refund(1, 500), status=PaymentStatus.pending),
        replace(refund(1, 500), status=PaymentStatus.declined),
        refund(1, 500, "EUR"),
    ],
)
def test_what_did_not_go_back_or_cannot_be_added_counts_for_nothing(step: Transaction):
    change = observe(None, replace(sale(PaymentStatus.succeeded), refunds=(step,)))

    assert (None, PaymentStatus.succeeded) == (change.entity.refunded, change.entity.status)
    assert step in change.entity.transactions
