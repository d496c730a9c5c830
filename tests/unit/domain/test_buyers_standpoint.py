"""What a buyer is shown of one payment, and of a subscription, state by state."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import PaymentStatus, Transaction
from penstock.domain.rules.access import AccessPolicy
from penstock.domain.rules.buyer import BuyersView, Standpoint, buyers_view, payment_view
from penstock.domain.subscription import Subscription, SubscriptionObservation, SubscriptionStatus
from penstock.testing.builders import order, payment
from penstock.testing.clock import NOON

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
POLICY = AccessPolicy()
SALE = Transaction("SALE1", "sale", PaymentStatus.succeeded, order().amount, NOON)
WAITING, FAILED = Standpoint.waiting, Standpoint.failed


@pytest.mark.parametrize(
    ("status", "standpoint", "held"),
    [
        (PaymentStatus.accepted, WAITING, WAITING),
        (PaymentStatus.approval_pending, WAITING, WAITING),
        (PaymentStatus.pending, Standpoint.pending, Standpoint.pending),
        (PaymentStatus.unknown, WAITING, WAITING),
        (PaymentStatus.parked, WAITING, WAITING),
        (PaymentStatus.contradicted, WAITING, WAITING),
        (PaymentStatus.succeeded, Standpoint.paid, Standpoint.on_hold),
        (PaymentStatus.partially_refunded, Standpoint.paid, Standpoint.on_hold),
        (PaymentStatus.declined, FAILED, FAILED),
        (PaymentStatus.refunded, Standpoint.ended, Standpoint.ended),
        (PaymentStatus.reversed, Standpoint.ended, Standpoint.ended),
        (PaymentStatus.expired, Standpoint.expired, Standpoint.expired),
    ],
)
def test_the_buyer_of_one_payment_is_shown_what_became_of_it(
    status: PaymentStatus, standpoint: Standpoint, held: Standpoint
) -> None:
    because = "ECHECK" if status is PaymentStatus.pending else None
    shown = [payment_view(payment(status=status, reason="ECHECK", hold=h)) for h in (None, "")]

    assert [BuyersView(one, because=because, once=True) for one in (standpoint, held)] == shown
    assert (standpoint not in {WAITING, Standpoint.pending}) is shown[0].settled


@pytest.mark.parametrize(
    ("states", "standpoint"),
    [
        ((), FAILED),
        ((OperationState.declined,), FAILED),
        ((OperationState.declined, OperationState.reserved), WAITING),
        ((OperationState.declined, OperationState.unknown), WAITING),
    ],
)
def test_a_declined_buyer_who_has_approved_again_waits(
    states: tuple[OperationState, ...], standpoint: Standpoint
) -> None:
    captures = tuple(
        Operation(f"c-{nth}", OperationKind.capture, one) for nth, one in enumerate(states)
    )
    one = payment(status=PaymentStatus.declined, operations=captures)

    assert standpoint is payment_view(one).standpoint


def subscription(status: SubscriptionStatus, **rest: object) -> Subscription:
    links = {"wallet": "https://gateway.test/mend", "approve": "https://gateway.test/approve"}
    seen = SubscriptionObservation("I-1", status, NOON, links=links)
    given: dict[str, object] = {"created_at": NOON, "updated_at": NOON, **rest}
    return Subscription(id="acme-I-1", gateway="acme", seen=seen, **given)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("status", "standpoint", "mend"),
    [
        (SubscriptionStatus.approval_pending, Standpoint.paid, False),
        (SubscriptionStatus.approved, Standpoint.paid, False),
        (SubscriptionStatus.active, Standpoint.paid, False),
        (SubscriptionStatus.suspended, Standpoint.suspended, True),
        (SubscriptionStatus.cancelled, Standpoint.cancelled, False),
        (SubscriptionStatus.expired, Standpoint.ended, False),
    ],
)
def test_the_buyer_of_a_paid_subscription_is_shown_its_end_and_until_when(
    status: SubscriptionStatus, standpoint: Standpoint, mend: bool
) -> None:
    one = subscription(status, paid_through=NOON + SECOND)
    page = "https://gateway.test/mend" if mend else None
    found = buyers_view(one, payment(reason="ECHECK"), NOON, POLICY)

    assert BuyersView(standpoint, NOON + SECOND, mend=page) == found
    assert (True, False) == (found.settled, found.once)


@pytest.mark.parametrize(
    ("after", "until"), [(0, 3 * DAY), (3 * 86_400 - 1, 3 * DAY), (3 * 86_400, None)]
)
def test_a_late_payment_says_until_when_access_goes_on(
    after: int, until: timedelta | None
) -> None:
    one = subscription(SubscriptionStatus.active, paid_through=NOON)
    found = buyers_view(one, None, NOON + after * SECOND, POLICY)

    assert (None if until is None else NOON + until) == found.until
    assert (FAILED if until else Standpoint.ended) is found.standpoint


@pytest.mark.parametrize("status", list(PaymentStatus))
def test_an_unpaid_subscription_is_as_its_newest_payment(status: PaymentStatus) -> None:
    standpoints = {PaymentStatus.pending: Standpoint.pending, PaymentStatus.declined: FAILED}
    standpoint = standpoints.get(status, WAITING)
    because = "ECHECK" if status is PaymentStatus.pending else None
    mend = "https://gateway.test/mend" if standpoint is FAILED else None
    one = subscription(SubscriptionStatus.active)
    found = buyers_view(one, payment(status=status, reason="ECHECK"), NOON, POLICY)

    assert BuyersView(standpoint, because=because, mend=mend) == found
