"""What an observation changes: nothing twice, no money by a contradiction, one version each."""

from dataclasses import replace
from datetime import timedelta

from penstock.domain import rules
from penstock.domain.entity import UNSENT_GRACE
from penstock.domain.money import Money
from penstock.domain.observation import Contradicted, Observation
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import PaymentStatus
from tests.unit.domain.sold import NOON, new_id, observe, sale, types


def test_the_same_state_again_changes_no_event_and_no_invoice():
    first = observe(None, sale(PaymentStatus.succeeded)).entity

    again = observe(first, sale(PaymentStatus.succeeded))

    assert ([], first.operations, first.version) == (
        types(again),
        again.entity.operations,
        again.expected,
    )


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
