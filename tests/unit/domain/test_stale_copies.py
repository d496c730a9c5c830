"""What a gateway shows may be old: a stale copy moves nothing, and is asked for again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Implied, Payer, Payment, PaymentStatus, Transaction

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def sale(status: PaymentStatus = PaymentStatus.succeeded, **rest: object) -> Observation:
    transaction = Transaction("SALE1", "sale", status, Money(1250, "USD"), NOON)
    seen = Observation(transaction, payer=Payer("P", "Ann", "ann@example.test"))
    return replace(seen, **rest)


def observe(
    before: Payment | None,
    seen: Observation,
    *implies: Implied,
    at: datetime = NOON,
    reread: bool = True,
) -> Change[Payment]:
    return rules.observe(
        before,
        "acme-SALE1",
        "acme",
        seen,
        can=rules.Abilities(reread=reread, invoices=True),
        now=at,
        new_id=lambda: "id",
        implies=implies,
    )


def types(change: Change[Payment]) -> list[str]:
    return [str(event.type) for event in change.events]


def asking(payment: Payment) -> datetime | None:
    operation = payment.operation(OperationKind.reread)
    return operation.due_at if operation and operation.open else None


PENDING = PaymentStatus.pending


def test_a_completed_notification_outlasts_an_api_that_still_shows_pending():
    """
    Nothing is published of the old copy; once the API has caught up, the payment succeeds.
    """
    first = observe(None, sale(PENDING), Implied.decided)
    again = observe(first.entity, sale(PENDING), at=NOON + HOUR)
    then = observe(again.entity, sale(), at=NOON + 2 * HOUR)

    assert ([], []) == (types(first), types(again))
    assert asking(first.entity) is not None
    assert (["payment.succeeded"], None) == (types(then), asking(then.entity))
    assert (None, ()) == (then.entity.stale_since, then.entity.implied)


def test_the_waits_for_a_stale_copy_grow():
    """
    A minute, two, four: the API is asked more rarely each time.
    """
    payment = observe(None, sale(PENDING), Implied.decided).entity
    now, waits = NOON, []
    for _ in range(5):
        due = asking(payment)
        assert due is not None
        waits.append((due - now).total_seconds())
        now = due
        payment = observe(payment, sale(PENDING), at=now).entity

    assert [60, 120, 240, 480, 960] == waits


def test_after_a_day_what_is_fetched_is_applied_and_asked_for_further():
    """
    The API has the last word, though late; a notification alone moves no money.
    """
    first = observe(None, sale(PENDING), Implied.decided)

    late = observe(first.entity, sale(PENDING), at=NOON + timedelta(hours=25))

    assert ["payment.pending"] == types(late)
    assert asking(late.entity) is not None


def test_an_older_copy_of_the_sale_moves_nothing():
    """
    Copies are ordered by when the gateway changed them.
    """
    first = observe(None, sale(as_of=NOON + HOUR))

    old = observe(first.entity, sale(PENDING, as_of=NOON))

    assert ([], PaymentStatus.succeeded) == (types(old), old.entity.status)
    assert asking(old.entity) is not None


def test_a_time_that_cannot_be_read_orders_nothing():
    """
    Without a time a copy counts as it is.
    """
    first = observe(None, sale(as_of=NOON + HOUR))

    declined = observe(first.entity, sale(PaymentStatus.declined))

    assert "payment.declined" in types(declined)


def test_a_refund_named_beside_a_stale_copy_counts():
    """
    The refund was asked for by its own id: the sale's old copy does not hold it back.
    """
    first = observe(None, sale(as_of=NOON + HOUR))
    back = Transaction("R1", "refund", PaymentStatus.refunded, Money(500, "USD"), NOON)

    change = observe(first.entity, sale(as_of=NOON, refunds=(back,)))

    assert (["payment.refunded"], Money(500, "USD")) == (types(change), change.entity.refunded)


def test_money_goes_back_only_after_it_came():
    """
    A refund beside a sale that is still pending waits for the sale's own copy.
    """
    back = Transaction("REF1", "refund", PaymentStatus.refunded, Money(250, "USD"), NOON)
    pending = observe(None, sale(PENDING)).entity
    early = observe(pending, sale(PENDING, refunds=(back,)), Implied.decided)
    then = observe(early.entity, sale(refunds=(back,)), at=NOON + HOUR)

    assert ([], None, ()) == (types(early), early.entity.refunded, early.entity.sent_back)
    assert asking(early.entity) is not None
    assert ["payment.succeeded", "payment.refunded"] == types(then)
    assert Money(250, "USD") == then.entity.refunded


def test_a_held_payment_has_succeeded_is_invoiced_and_says_so():
    """
    The buyer has paid; the gateway holds the money back for a while.
    """
    change = observe(None, sale(hold="PAYMENT_REVIEW"))

    assert ["payment.succeeded", "payment.on_hold"] == types(change)
    assert "PAYMENT_REVIEW" == change.events[1].data["hold"]
    assert change.entity.operation(OperationKind.invoice) is not None


def test_a_hold_that_ends_is_released_once():
    """
    The release is an event of its own; the same state again is none.
    """
    held = observe(None, sale(hold="held")).entity
    released = observe(held, sale(), Implied.released)

    assert ["payment.released"] == types(released)
    assert [] == types(observe(released.entity, sale()))


def test_a_copy_that_still_shows_the_hold_after_its_release_is_stale():
    """
    The release is published once the API shows it.
    """
    held = observe(None, sale(hold="held")).entity
    stale = observe(held, sale(hold="held"), Implied.released)
    then = observe(stale.entity, sale(), at=NOON + HOUR)

    assert ([], ["payment.released"]) == (types(stale), types(then))


def test_a_pending_payment_is_asked_about_until_it_is_decided():
    """
    No notification may come: the sweep asks, more and more rarely.
    """
    pending = observe(None, sale(PENDING, reason="ECHECK"))
    paid = observe(pending.entity, sale(), at=NOON + timedelta(days=6))

    assert (["payment.pending"], "ECHECK") == (
        types(pending),
        pending.events[0].data["reason"],
    )
    assert asking(pending.entity) is not None
    assert (["payment.succeeded"], None) == (types(paid), asking(paid.entity))
    assert paid.entity.operation(OperationKind.invoice) is not None


def test_a_gateway_that_cannot_be_asked_again_leaves_nothing_due():
    """
    Without the capability an operation would stay due for ever.
    """
    change = observe(None, sale(PENDING), reread=False)

    assert asking(change.entity) is None


@pytest.mark.parametrize("first", [PENDING, PaymentStatus.declined])
def test_the_merchants_reference_is_kept_from_the_first_look_that_shows_it(first):
    """
    A payment first seen without its subscription learns its reference later.
    """
    bare = observe(None, sale(first))
    known = observe(bare.entity, sale(reference="order-7"))

    assert "order-7" == known.entity.order.reference
