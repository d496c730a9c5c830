"""Which operations a person may resolve, restrict, release or forget."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Order, Payer, Payment, PaymentStatus
from penstock.domain.rules.forgetting import forget, why_not_forget
from penstock.domain.rules.resolving import doubtful, why_not_resolve
from penstock.domain.rules.restricting import RESTRICTABLE, held, release
from penstock.domain.subscription import Subscription, SubscriptionStatus
from penstock.testing.builders import payment
from penstock.testing.clock import NOON
from tests.unit.domain.doubt import (
    ADA,
    CHARGE,
    DECLINED,
    INVOICE,
    PENDING,
    REFUND,
    RESERVED,
    SECOND,
    SUBMITTING,
    SUCCEEDED,
    UNKNOWN,
    subscription,
)

PARKED, UNSURE = PaymentStatus.parked, PaymentStatus.unknown


@pytest.mark.parametrize(
    ("kind", "state", "status", "in_doubt"),
    [
        (CHARGE, UNKNOWN, UNSURE, True),
        (CHARGE, SUBMITTING, UNSURE, True),
        (CHARGE, RESERVED, UNSURE, False),
        (CHARGE, RESERVED, PARKED, True),
        (CHARGE, PENDING, PARKED, True),
        (CHARGE, DECLINED, PARKED, False),
        (OperationKind.capture, RESERVED, PARKED, True),
        (REFUND, RESERVED, PARKED, False),
        (REFUND, UNKNOWN, PARKED, True),
        (INVOICE, UNKNOWN, UNSURE, True),
        (INVOICE, RESERVED, PARKED, False),
        (OperationKind.void, UNKNOWN, UNSURE, False),
        (OperationKind.reread, UNKNOWN, PARKED, False),
        (OperationKind.collect, UNKNOWN, UNSURE, True),
        (OperationKind.capture, RESERVED, UNSURE, False),
        (CHARGE, RESERVED, PaymentStatus.succeeded, False),
        (CHARGE, RESERVED, PaymentStatus.accepted, False),
    ],
)
def test_what_is_not_known_or_parked_is_in_doubt(
    kind: OperationKind, state: OperationState, status: PaymentStatus, in_doubt: bool
) -> None:
    one = Operation("op-1", kind, state)

    assert ((one,) if in_doubt else ()) == doubtful(payment(status=status, operations=(one,)))


@pytest.mark.parametrize(
    ("kind", "state", "status", "succeeded", "why"),
    [
        (CHARGE, UNKNOWN, UNSURE, True, None),
        (CHARGE, UNKNOWN, UNSURE, False, None),
        (CHARGE, RESERVED, PARKED, False, None),
        (CHARGE, RESERVED, PARKED, True, "the gateway refused the charge"),
        (CHARGE, RESERVED, UNSURE, False, "the charge was not sent"),
        (CHARGE, PENDING, PARKED, True, "the gateway has not decided yet"),
        (CHARGE, SUCCEEDED, PARKED, True, "the charge is known: it succeeded"),
        (CHARGE, DECLINED, PARKED, True, "the charge is known: it declined"),
        (OperationKind.reread, UNKNOWN, PARKED, True, "a reread is not resolved by hand"),
        (OperationKind.checkout, UNKNOWN, PARKED, True, "a checkout is not resolved by hand"),
    ],
)
def test_an_operation_is_resolved_by_hand_if_nothing_else_can_settle_it(
    kind: OperationKind,
    state: OperationState,
    status: PaymentStatus,
    succeeded: bool,
    why: str | None,
) -> None:
    one = Operation("op-1", kind, state)
    entity = payment(status=status, operations=(one,))
    found = why_not_resolve(entity, one, succeeded=succeeded, now=NOON)

    assert why == (found and found[: len(why or "")])


@pytest.mark.parametrize(("left", "under_way"), [(1, True), (0, False)])
def test_an_operation_under_way_is_not_resolved(left: int, under_way: bool) -> None:
    one = Operation("op-1", CHARGE, SUBMITTING, lease_until=NOON + left * SECOND)
    entity = payment(status=UNSURE, operations=(one,))
    found = why_not_resolve(entity, one, succeeded=True, now=NOON)

    assert under_way is (found is not None and "is under way until" in found)


@pytest.mark.parametrize(
    ("kind", "state", "why"),
    [
        (CHARGE, RESERVED, "its charge is not over (reserved): try again later"),
        (CHARGE, PENDING, "its charge is not over (pending): try again later"),
        (CHARGE, SUCCEEDED, None),
        (OperationKind.checkout, PENDING, "its checkout is not over (pending): try again later"),
        (OperationKind.capture, UNKNOWN, "its capture is not over (unknown): try again later"),
        (INVOICE, RESERVED, "its invoice is not over (reserved): try again later"),
        (INVOICE, DECLINED, None),
        (REFUND, RESERVED, None),
        (OperationKind.reread, RESERVED, None),
    ],
)
def test_a_payer_is_needed_while_money_or_an_invoice_waits(
    kind: OperationKind, state: OperationState, why: str | None
) -> None:
    assert why == why_not_forget(payment(operations=(Operation("op-1", kind, state),)))


def restricted(name: str, due: int | None) -> Operation:
    due_at = None if due is None else NOON + due * SECOND
    return Operation(name, CHARGE, due_at=due_at, restricted_at=NOON)


@pytest.mark.parametrize(("due", "sent"), [(None, True), (300, True), (1, True), (0, False)])
def test_a_release_makes_what_was_held_due_at_once(due: int | None, sent: bool) -> None:
    other = Operation("op-2", REFUND, due_at=NOON + 99 * SECOND)
    ended = Operation("op-3", REFUND, SUCCEEDED, restricted_at=NOON)
    one = restricted("op-1", due)
    before = payment(operations=(one, other, ended))
    released = release(before, now=NOON, new_id=lambda: "event")

    assert (one,) == held(before)
    assert sent is (released is not None)
    if released is not None:
        assert [NOON, other.due_at, None] == [o.due_at for o in released.entity.operations]


def test_one_that_is_not_due_is_enough_for_a_release() -> None:
    before = payment(operations=(restricted("op-1", 0), restricted("op-2", 5)))

    assert release(before, now=NOON, new_id=lambda: "event") is not None
    assert release(payment(), now=NOON, new_id=lambda: "event") is None


def test_what_moves_or_documents_money_can_be_restricted() -> None:
    others = {
        OperationKind.access,
        OperationKind.checkout,
        OperationKind.follow,
        OperationKind.reread,
        OperationKind.subscribe,
    }

    assert set(OperationKind) - others == RESTRICTABLE


@pytest.mark.parametrize("status", list(SubscriptionStatus))
def test_a_subscriber_is_needed_until_the_subscription_is_over(status: SubscriptionStatus) -> None:
    over = status in {SubscriptionStatus.cancelled, SubscriptionStatus.expired}
    why = None if over else f"the subscription is {status.value}: cancel it first"

    assert why == why_not_forget(subscription(status))


def test_the_first_operation_that_waits_is_named() -> None:
    waiting = tuple(Operation(kind.value, kind) for kind in (REFUND, INVOICE, CHARGE))

    assert "its invoice is not over (reserved): try again later" == why_not_forget(
        payment(operations=waiting)
    )


def test_a_payer_is_forgotten_once_and_the_sums_stay() -> None:
    later = NOON + SECOND
    before = payment(payer=ADA, order=Order(Money(1250, "USD"), "order-7", payer=ADA))
    change = forget(before, now=NOON, new_id=lambda: "event")
    assert change is not None
    one = change.entity
    assert isinstance(one, Payment)

    assert (Payer("P-1"), Payer("P-1"), NOON) == (one.payer, one.order.payer, one.forgotten_at)
    assert (Money(1250, "USD"), "order-7") == (one.order.amount, one.order.reference)
    assert forget(one, now=later, new_id=lambda: "event") is None
    again = forget(replace(one, payer=ADA), now=later, new_id=lambda: "event")
    assert again is not None
    assert NOON == again.entity.forgotten_at


def test_a_subscriber_is_forgotten_once() -> None:
    change = forget(subscription(), now=NOON, new_id=lambda: "event")
    assert change is not None
    one = change.entity
    assert isinstance(one, Subscription)

    assert (Payer("P-1"), NOON) == (one.seen.subscriber, one.forgotten_at)
    assert forget(one, now=NOON + SECOND, new_id=lambda: "event") is None
