"""A subscription is read again when one of its payments' money comes, goes or is disputed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from penstock.domain.rules.following import follow_subscription, mark_disputed
from penstock.domain.rules.invoices import Abilities
from penstock.testing.builders import order, payment
from penstock.testing.clock import NOON

CAN = Abilities(subscriptions=True)
SALE = Transaction("SALE1", "sale", PaymentStatus.succeeded, order().amount, NOON)
PAID = payment(
    gateway="acme",
    status=PaymentStatus.succeeded,
    paid=True,
    transactions=(SALE,),
    subscription="I-1",
)


def followed(before: Payment | None, after: Payment, can: Abilities = CAN) -> str | None:
    found = follow_subscription(before, after, NOON, can).operation(OperationKind.follow)
    if found is None:
        return None
    assert NOON + timedelta(seconds=60) == found.due_at
    return found.reference


REVERSED = replace(PAID, status=PaymentStatus.reversed)
PENDING = replace(PAID, status=PaymentStatus.pending)


@pytest.mark.parametrize(
    ("before", "after", "read"),
    [
        (None, PAID, True),
        (None, PENDING, False),
        (PENDING, PAID, True),
        (PAID, PAID, False),
        (PAID, REVERSED, True),
        (REVERSED, PAID, True),
        (PAID, replace(PAID, disputed=True), True),
        (PAID, PENDING, True),
    ],
)
def test_a_subscription_is_read_when_its_payments_money_moved(
    before: Payment | None, after: Payment, read: bool
) -> None:
    assert ("subscription#acme-I-1" if read else None) == followed(before, after)
    assert followed(before, after, Abilities()) is None
    assert followed(before, replace(after, subscription=None)) is None


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("now", [False, True])
def test_a_dispute_that_begins_or_ends_is_noted_once(known: bool, now: bool) -> None:
    before = replace(PAID, disputed=known)
    change = mark_disputed(before, now, can=CAN, now=NOON, new_id=lambda: "event")

    assert (known is not now) is (change is not None)
    if change is not None:
        assert (now, ()) == (change.entity.disputed, change.events)
        assert change.entity.operation(OperationKind.follow) is not None
