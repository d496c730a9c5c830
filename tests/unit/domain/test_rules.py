"""The rules: facts and evidence in, one change out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from penstock.domain import rules
from penstock.domain.change import Change, Seen
from penstock.domain.money import Money
from penstock.domain.observation import Contradicted, Observation
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import UNSENT_GRACE, Payer, Payment, PaymentStatus, Transaction

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
_ids = count(1)


def new_id() -> str:
    return f"id-{next(_ids)}"


def sale(status: PaymentStatus, email: str | None = "buyer@example.org") -> Observation:
    transaction = Transaction("SALE1", "sale", status, Money(1250, "USD"), NOON)
    return Observation(transaction, payer=Payer("PAYER1", "Ann", email), subscription="I-1")


def observe(before: Payment | None, seen: Observation, *, invoicing: bool = True) -> Change:
    return rules.observe(
        before, "acme-SALE1", "acme", seen, invoicing=invoicing, now=NOON, new_id=new_id
    )


def types(change: Change) -> list[str]:
    return [event.type.value for event in change.events]


def test_the_first_money_reserves_one_invoice_and_says_so_once():
    change = observe(None, sale(PaymentStatus.succeeded))

    invoice = change.payment.operation(OperationKind.invoice)
    assert (["payment.succeeded"], None, "PS-SALE1") == (
        types(change),
        change.expected,
        change.payment.invoice_number,
    )
    assert invoice is not None
    assert OperationState.reserved is invoice.state


def test_the_same_state_again_changes_no_event_and_no_invoice():
    first = observe(None, sale(PaymentStatus.succeeded)).payment

    again = observe(first, sale(PaymentStatus.succeeded))

    assert ([], first.operations, first.version) == (
        types(again),
        again.payment.operations,
        again.expected,
    )


def test_without_a_recipient_there_is_no_invoice_and_an_event_says_why():
    change = observe(None, sale(PaymentStatus.succeeded, email=None))

    assert ["payment.succeeded", "invoice.withheld"] == types(change)
    assert rules.NO_RECIPIENT == change.events[1].data["because"]
    assert change.payment.operation(OperationKind.invoice) is None


@pytest.mark.parametrize(
    "status",
    [PaymentStatus.refunded, PaymentStatus.partially_refunded, PaymentStatus.reversed],
)
def test_money_that_went_back_meanwhile_gets_no_invoice(status: PaymentStatus):
    change = observe(None, sale(status))

    assert change.payment.operation(OperationKind.invoice) is None
    assert "invoice.withheld" == types(change)[-1]


def test_a_reversal_the_sale_has_no_state_for_is_not_taken_back_by_reading_the_sale_again():
    back = replace(refund(1, 1250), kind="reversal")
    first = observe(None, replace(sale(PaymentStatus.reversed), refunds=(back,)))

    again = observe(first.payment, sale(PaymentStatus.succeeded))

    assert (PaymentStatus.reversed, []) == (again.payment.status, types(again))


def test_a_gateway_that_shows_a_reversal_and_its_end_is_believed():
    first = observe(None, sale(PaymentStatus.reversed))

    again = observe(first.payment, sale(PaymentStatus.succeeded))

    assert PaymentStatus.succeeded is again.payment.status


def refund(number: int, minor: int, currency: str = "USD") -> Transaction:
    paid = Money(minor, currency)
    return Transaction(f"REFUND{number}", "refund", PaymentStatus.refunded, paid, NOON)


def told(change: Change) -> list[tuple[str, int | None]]:
    return [(e.type.value, e.data.get("refunded", {}).get("minor")) for e in change.events]


def test_each_part_of_the_money_that_goes_back_is_told_once():
    paid = observe(None, sale(PaymentStatus.succeeded)).payment
    part = sale(PaymentStatus.partially_refunded)

    first = observe(paid, replace(part, refunds=(refund(1, 500),)))
    again = observe(first.payment, replace(part, refunds=(refund(1, 500),)))
    silent = observe(again.payment, part)
    second = observe(silent.payment, replace(part, refunds=(refund(2, 250),)))
    rest = observe(second.payment, sale(PaymentStatus.refunded))
    late = observe(rest.payment, replace(part, refunds=(refund(3, 500),)))

    assert [("payment.refunded", 500), ("invoice.withheld", 500)] == told(first)
    assert [[], []] == [told(again), told(silent)]
    assert [("payment.refunded", 750)] == told(second)
    assert [("payment.refunded", 1250)] == told(rest)
    assert ([], PaymentStatus.refunded) == (told(late), late.payment.status)
    assert "SALE1" == (late.payment.transaction and late.payment.transaction.id)


def test_what_the_gateway_says_went_back_in_all_counts_more_than_the_parts_we_saw():
    paid = observe(None, sale(PaymentStatus.succeeded)).payment
    part = replace(sale(PaymentStatus.partially_refunded), refunds=(refund(2, 300),))

    change = observe(paid, replace(part, refunded=Money(800, "USD")))

    again = observe(change.payment, sale(PaymentStatus.partially_refunded))

    assert ("payment.refunded", 800) == told(change)[0]
    assert ([], Money(800, "USD")) == (told(again), again.payment.refunded)


def test_no_more_goes_back_than_was_paid():
    paid = observe(None, sale(PaymentStatus.succeeded)).payment

    change = observe(
        paid, replace(sale(PaymentStatus.partially_refunded), refunds=(refund(1, 1300),))
    )

    assert ("payment.refunded", 1250) == told(change)[0]


def test_a_sale_that_lags_behind_its_refund_is_told_once():
    paid = observe(None, sale(PaymentStatus.succeeded)).payment
    stale = replace(sale(PaymentStatus.succeeded), refunds=(refund(1, 500),))

    first = observe(paid, stale)
    then = observe(first.payment, sale(PaymentStatus.partially_refunded))

    assert (PaymentStatus.partially_refunded, ("payment.refunded", 500)) == (
        first.payment.status,
        told(first)[0],
    )
    assert [] == told(then)


@pytest.mark.parametrize(
    "step",
    [
        replace(refund(1, 500), status=PaymentStatus.pending),
        replace(refund(1, 500), status=PaymentStatus.declined),
        replace(refund(1, 500), kind="reversal"),
        refund(1, 500, "EUR"),
    ],
)
def test_what_did_not_go_back_or_cannot_be_added_counts_for_nothing(step: Transaction):
    change = observe(None, replace(sale(PaymentStatus.succeeded), refunds=(step,)))

    assert (None, PaymentStatus.succeeded) == (change.payment.refunded, change.payment.status)
    assert step in change.payment.transactions


def test_a_refund_stops_an_invoice_that_was_not_begun():
    paid = observe(None, sale(PaymentStatus.succeeded)).payment

    change = observe(paid, sale(PaymentStatus.refunded))

    invoice = change.payment.operation(OperationKind.invoice)
    assert ["payment.refunded", "invoice.withheld"] == types(change)
    assert invoice is not None
    assert OperationState.declined is invoice.state


@pytest.mark.parametrize("status", [PaymentStatus.pending, PaymentStatus.declined])
def test_no_money_no_invoice_and_no_word_of_one(status: PaymentStatus):
    change = observe(None, sale(status))

    assert [f"payment.{status.value}"] == types(change)
    assert change.payment.operations == ()


def test_pending_money_that_arrives_is_invoiced_then():
    pending = observe(None, sale(PaymentStatus.pending)).payment

    change = observe(pending, sale(PaymentStatus.succeeded))

    assert ["payment.succeeded"] == types(change)
    assert change.payment.operation(OperationKind.invoice) is not None


def test_a_gateway_that_makes_no_invoices_reserves_none():
    change = observe(None, sale(PaymentStatus.succeeded), invoicing=False)

    assert ((), ["payment.succeeded"]) == (change.payment.operations, types(change))


def test_a_contradiction_moves_no_money_state_and_names_what_differs():
    paid = observe(None, sale(PaymentStatus.succeeded)).payment
    other = Contradicted(("amount",), sale(PaymentStatus.succeeded))

    change = rules.contradict(paid, paid.id, "acme", other, now=NOON, new_id=new_id)

    assert (paid.status, paid.operations) == (change.payment.status, change.payment.operations)
    assert ["payment.contradicted"] == types(change)
    assert ["amount"] == change.events[0].data["differs"]


def test_after_a_contradiction_the_truth_still_counts_and_is_the_amount():
    claim = replace(sale(PaymentStatus.succeeded).transaction, amount=Money(999_00, "USD"))
    wrong = Contradicted(("amount",), Observation(claim))
    first = rules.contradict(None, "acme-SALE1", "acme", wrong, now=NOON, new_id=new_id).payment

    change = observe(first, sale(PaymentStatus.succeeded))

    assert (PaymentStatus.succeeded, Money(1250, "USD")) == (
        change.payment.status,
        change.payment.order.amount,
    )
    assert change.payment.operation(OperationKind.invoice) is not None


def test_events_are_numbered_on_and_carry_no_email():
    paid = observe(None, sale(PaymentStatus.succeeded)).payment

    change = observe(paid, sale(PaymentStatus.refunded))

    assert [2, 3] == [event.sequence for event in change.events]
    assert "buyer@example.org" not in "".join(event.dumps() for event in change.events)


def test_the_seen_ids_are_committed_with_the_change():
    seen = Seen("acme/event/1", "digest")

    change = rules.observe(
        None,
        "acme-SALE1",
        "acme",
        sale(PaymentStatus.succeeded),
        invoicing=True,
        now=NOON,
        new_id=new_id,
        seen=[seen],
    )

    assert (seen,) == change.seen


def test_an_invoice_number_is_short_enough_and_always_the_same():
    assert "PS-9UG43882HX7271132" == rules.invoice_number("paypal-9UG43882HX7271132")
    assert len(rules.invoice_number("paypal-" + "X" * 64)) == 25


def test_every_change_is_a_version_of_its_own():
    first = observe(None, sale(PaymentStatus.succeeded))
    second = observe(first.payment, sale(PaymentStatus.succeeded))

    assert [(None, 1), (1, 2)] == [(c.expected, c.payment.version) for c in (first, second)]


def test_a_payment_is_due_while_an_event_of_its_has_not_left():
    paid = observe(None, sale(PaymentStatus.succeeded), invoicing=False).payment

    assert [NOON + UNSENT_GRACE, None] == [
        paid.due_at,
        replace(paid, published=paid.sequence).due_at,
    ]


def test_an_answer_is_missing_since_it_was_first_missed():
    lost = Operation("op", OperationKind.invoice).lose(NOON, "timeout")

    again = lost.submit(NOON + timedelta(minutes=5), timedelta(seconds=25)).lose(
        NOON + timedelta(minutes=5), "timeout"
    )

    assert NOON == again.lost_at


@pytest.mark.parametrize("minor", [0, -1250])
def test_a_sale_without_a_sum_gets_no_invoice_and_an_event_says_why(minor: int):
    nothing = sale(PaymentStatus.succeeded)
    nothing = replace(
        nothing, transaction=replace(nothing.transaction, amount=Money(minor, "USD"))
    )

    change = observe(None, nothing)

    assert (["payment.succeeded", "invoice.withheld"], rules.NO_SUM, ()) == (
        types(change),
        change.payment.invoice_withheld,
        change.payment.operations,
    )


def test_two_sales_whose_ids_end_alike_have_invoice_numbers_of_their_own():
    assert rules.invoice_number("paypal-A-17") != rules.invoice_number("paypal-B-17")
