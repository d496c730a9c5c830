"""The rules: facts and evidence in, one change out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.entity import UNSENT_GRACE
from penstock.domain.money import Money
from penstock.domain.observation import Contradicted, InvoiceObservation, Observation
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Implied, Payer, Payment, PaymentStatus, Transaction

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
_ids = count(1)


def new_id() -> str:
    return f"id-{next(_ids)}"


def sale(status: PaymentStatus, email: str | None = "buyer@example.org") -> Observation:
    transaction = Transaction("SALE1", "sale", status, Money(1250, "USD"), NOON)
    return Observation(transaction, payer=Payer("PAYER1", "Ann", email), subscription="I-1")


def observe(
    before: Payment | None,
    seen: Observation,
    *,
    invoicing: bool = True,
    now: datetime = NOON,
    implies: Sequence[Implied] = (),
) -> Change[Payment]:
    return rules.observe(
        before,
        "acme-SALE1",
        "acme",
        seen,
        can=rules.Abilities(reread=True, invoices=invoicing, invoice_refunds=invoicing),
        now=now,
        new_id=new_id,
        implies=implies,
    )


def types(change: Change[Payment]) -> list[str]:
    return [str(event.type) for event in change.events]


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


def test_the_same_state_again_changes_no_event_and_no_invoice():
    first = observe(None, sale(PaymentStatus.succeeded)).entity

    again = observe(first, sale(PaymentStatus.succeeded))

    assert ([], first.operations, first.version) == (
        types(again),
        again.entity.operations,
        again.expected,
    )


def test_without_a_recipient_there_is_no_invoice_and_an_event_says_why():
    change = observe(None, sale(PaymentStatus.succeeded, email=None))

    assert ["payment.succeeded", "invoice.withheld"] == types(change)
    assert rules.NO_RECIPIENT == change.events[1].data["because"]
    assert change.entity.operation(OperationKind.invoice) is None


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


def test_a_contradiction_moves_no_money_state_and_names_what_differs():
    paid = observe(None, sale(PaymentStatus.succeeded)).entity
    other = Contradicted(("amount",), sale(PaymentStatus.succeeded))

    change = rules.contradict(paid, paid.id, "acme", other, "WH-1", now=NOON, new_id=new_id)
    assert change is not None

    assert (paid.status, paid.operations) == (change.entity.status, change.entity.operations)
    assert ["payment.contradicted"] == types(change)
    assert ["amount"] == change.events[0].data["differs"]


def test_after_a_contradiction_the_truth_still_counts_and_is_the_amount():
    claim = replace(sale(PaymentStatus.succeeded).transaction, amount=Money(999_00, "USD"))
    wrong = Contradicted(("amount",), Observation(claim))
    said = rules.contradict(None, "acme-SALE1", "acme", wrong, "WH-1", now=NOON, new_id=new_id)
    assert said is not None
    first = said.entity

    change = observe(first, sale(PaymentStatus.succeeded))

    assert (PaymentStatus.succeeded, Money(1250, "USD")) == (
        change.entity.status,
        change.entity.order.amount,
    )
    assert change.entity.operation(OperationKind.invoice) is not None


def test_events_are_numbered_on_and_carry_no_email():
    paid = observe(None, sale(PaymentStatus.succeeded)).entity

    change = observe(paid, sale(PaymentStatus.refunded))

    assert [2, 3] == [event.sequence for event in change.events]
    assert "buyer@example.org" not in "".join(event.dumps() for event in change.events)


def test_a_contradiction_is_published_once_for_each_notification():
    paid = observe(None, sale(PaymentStatus.succeeded)).entity
    other = Contradicted(("amount",), sale(PaymentStatus.succeeded))
    first = rules.contradict(paid, paid.id, "acme", other, "WH-1", now=NOON, new_id=new_id)
    assert first is not None

    again = rules.contradict(first.entity, paid.id, "acme", other, "WH-1", now=NOON, new_id=new_id)

    assert again is None


def test_the_newest_32_contradictions_are_remembered():
    kept = observe(None, sale(PaymentStatus.succeeded)).entity
    other = Contradicted(("amount",), sale(PaymentStatus.succeeded))
    for number in range(33):
        told = rules.contradict(
            kept, kept.id, "acme", other, f"WH-{number}", now=NOON, new_id=new_id
        )
        assert told is not None
        kept = told.entity

    assert tuple(f"WH-{number}" for number in range(1, 33)) == kept.remembered


def test_an_invoice_is_neither_paid_twice_nor_cancelled_unless_the_gateway_says_so():
    seen = InvoiceObservation("INV-1")

    assert (False, False) == (seen.paid_twice, seen.cancelled)


def test_an_invoice_number_is_short_enough_and_always_the_same():
    assert "PS-9UG43882HX7271132" == rules.invoice_number("paypal-9UG43882HX7271132")
    assert len(rules.invoice_number("paypal-" + "X" * 64)) == 25


def test_every_change_is_a_version_of_its_own():
    first = observe(None, sale(PaymentStatus.succeeded))
    second = observe(first.entity, sale(PaymentStatus.succeeded))

    assert [(None, 1), (1, 2)] == [(c.expected, c.entity.version) for c in (first, second)]


def test_a_payment_is_due_while_an_event_of_its_has_not_left():
    paid = observe(None, sale(PaymentStatus.succeeded), invoicing=False).entity

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
        change.entity.invoice_withheld,
        change.entity.operations,
    )


def test_two_sales_whose_ids_end_alike_have_invoice_numbers_of_their_own():
    assert rules.invoice_number("paypal-A-17") != rules.invoice_number("paypal-B-17")
