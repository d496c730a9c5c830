"""Which looks at a payment publish an event, and when it is looked at again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.observation import Contradicted, Observation
from penstock.domain.operation import Operation, OperationKind, OperationState, Terms
from penstock.domain.payment import Implied, Order, Payment, PaymentStatus, Transaction
from penstock.testing.builders import payment
from penstock.testing.clock import NOON
from tests.unit.domain.observing import (
    DAY,
    DECLINED,
    FULL,
    HOUR,
    PAID,
    PARTLY,
    PENDING,
    REFUNDED,
    SECOND,
    SUCCEEDED,
    back,
    observe,
    sale,
    types,
)


def asking(one: Payment) -> str | None:
    operation = one.operation(OperationKind.reread)
    return operation.reason if operation and operation.open else None


@pytest.mark.parametrize(
    ("was", "reason", "said"),
    [
        (None, None, True),
        (PaymentStatus.accepted, "echeck", True),
        (SUCCEEDED, "echeck", True),
        (PENDING, "echeck", False),
        (PENDING, "a", True),
        (PENDING, "z", True),
    ],
)
def test_a_pending_payment_is_published_when_it_becomes_so_and_when_its_reason_changes(
    was: PaymentStatus | None, reason: str | None, said: bool
) -> None:
    before = payment(status=was, reason="echeck") if was else None
    change = observe(before, sale(PENDING, reason=reason))

    assert (["payment.pending"] if said else []) == types(change)
    assert "it is pending" == asking(change.entity)


@pytest.mark.parametrize("was", [None, *PaymentStatus])
def test_a_decline_is_published_once_with_its_reason(was: PaymentStatus | None) -> None:
    before = payment(status=was) if was else None
    change = observe(before, sale(DECLINED, reason="no funds"))
    bare = observe(before, sale(DECLINED))

    said = [] if was is DECLINED else ["no funds", "the gateway gives no reason"]
    assert said == [e.data["reason"] for one in (change, bare) for e in one.events]
    assert {"payment.declined"} >= set(types(change))


@pytest.mark.parametrize(
    ("known", "shown", "said"),
    [
        (None, None, []),
        (None, "held", ["payment.on_hold"]),
        ("held", "held", []),
        ("held", "other", []),
        ("held", None, ["payment.released"]),
    ],
)
def test_a_hold_is_published_when_it_begins_and_when_it_ends(
    known: str | None, shown: str | None, said: list[str]
) -> None:
    before = payment(status=SUCCEEDED, paid=True, hold=known)

    assert said == types(observe(before, sale(hold=shown)))


@pytest.mark.parametrize(
    ("status", "refunds", "question"),
    [
        (SUCCEEDED, (), None),
        (PENDING, (), "it is pending"),
        (SUCCEEDED, (back(PENDING),), "a refund is pending"),
        (PARTLY, (back(REFUNDED), back(PENDING, "R2")), "a refund is pending"),
        (SUCCEEDED, (back(DECLINED),), None),
        (PARTLY, (back(REFUNDED),), None),
        (PARTLY, (), "the gateway names no refund yet"),
        (REFUNDED, (), None),
        (PaymentStatus.accepted, (), None),
        (PaymentStatus.unknown, (), None),
    ],
)
def test_the_gateway_is_asked_again_while_a_question_is_open(
    status: PaymentStatus, refunds: tuple[Transaction, ...], question: str | None
) -> None:
    change = observe(None, sale(status, refunds=refunds))

    assert question == asking(change.entity)
    assert (
        asking(observe(None, sale(status, refunds=refunds), can=rules.Abilities()).entity) is None
    )


@pytest.mark.parametrize(
    ("known", "seen", "stale"),
    [
        (0, -1, True),
        (0, 0, False),
        (0, 1, False),
        (0, None, False),
        (None, 0, False),
    ],
)
def test_a_copy_older_than_the_one_before_is_stale(
    known: int | None, seen: int | None, stale: bool
) -> None:
    at = [None if one is None else NOON + one * SECOND for one in (known, seen)]
    before = observe(None, sale(as_of=at[0], reason="kept")).entity
    change = observe(before, sale(as_of=at[1], reason="new"), now=NOON + HOUR)

    assert ("the copy is older than the one before" if stale else None) == asking(change.entity)
    assert ("kept" if stale else "new") == change.entity.reason
    assert (NOON + HOUR if stale else None) == change.entity.stale_since


@pytest.mark.parametrize(
    ("implied", "shown", "because"),
    [
        (Implied.decided, sale(PENDING), "the copy is pending, and a notification says it is"),
        (Implied.decided, sale(), None),
        (Implied.decided, sale(DECLINED), None),
        (Implied.released, sale(hold="held"), "the copy is on hold, and a notification says"),
        (Implied.released, sale(), None),
        (Implied.released, sale(PENDING), "it is pending"),
        (Implied.decided, sale(hold="held"), None),
    ],
)
def test_a_copy_behind_what_a_notification_said_is_stale(
    implied: Implied, shown: Observation, because: str | None
) -> None:
    one = observe(None, shown, implied).entity

    assert (because or "") == (asking(one) or "")[: len(because or "")]
    stale = because is not None and because.startswith("the copy")
    assert ((implied,) if stale else ()) == one.implied
    assert (NOON if stale else None) == one.stale_since


def test_a_stale_copy_leaves_the_sale_as_it_is_and_brings_its_refunds() -> None:
    before = observe(None, FULL).entity
    old = sale(
        PENDING,
        as_of=NOON - SECOND,
        refunds=(back(REFUNDED, "R2"),),
        fee=Money(1, "USD"),
        net=Money(2, "USD"),
        reason="old",
    )
    change = observe(before, old, now=NOON + HOUR)
    one = change.entity

    kept = ("reason", "hold", "fee", "net", "as_of", "status", "paid", "links")
    assert [getattr(before, name) for name in kept] == [getattr(one, name) for name in kept]
    assert (["payment.refunded"], Money(1000, "USD")) == (types(change), one.refunded)
    assert (before.transactions[0], NOON + HOUR) == (one.transactions[0], one.stale_since)


@pytest.mark.parametrize(("after", "applied"), [(DAY - SECOND, False), (DAY, True)])
def test_a_stale_copy_is_applied_after_a_day(after: timedelta, applied: bool) -> None:
    first = observe(None, sale(PENDING), Implied.decided).entity
    again = observe(first, sale(PENDING), now=NOON + HOUR).entity
    change = observe(again, sale(PENDING), now=NOON + after)

    assert (["payment.pending"] if applied else []) == types(change)
    assert NOON == again.stale_since == change.entity.stale_since
    assert (PENDING if applied else PaymentStatus.accepted) is change.entity.status
    assert asking(change.entity) is not None


def test_each_thing_that_notifications_said_is_waited_for_once() -> None:
    both = (Implied.decided, Implied.released)
    first = observe(None, sale(PENDING), Implied.decided).entity
    then = observe(first, sale(PENDING), *both).entity

    assert ((Implied.decided,), both) == (first.implied, then.implied)


def test_an_open_refund_is_settled_by_the_look_that_shows_its_end() -> None:
    one = Operation("a", OperationKind.refund, OperationState.pending, reference="R1")
    before = observe(None, sale()).entity
    asked = before.with_operation(replace(one, terms=Terms(Money(500, "USD"), "digest")))
    done = observe(asked, sale(refunds=(back(REFUNDED),)))
    failed = observe(asked, sale(refunds=(back(DECLINED),)))

    assert ["payment.refunded"] == types(done)
    assert ["refund.failed"] == types(failed)


def contradicted(before: Payment | None, notification: str = "WH-1") -> Change[Payment] | None:
    other = Contradicted(("amount", "currency"), sale(reference="order-7"))
    return rules.contradict(
        *(before, "acme-SALE1", "acme", other, notification), now=NOON, new_id=lambda: "event"
    )


def test_a_contradiction_of_what_we_never_saw_makes_a_payment_that_says_so() -> None:
    change = contradicted(None)
    assert change is not None
    one = change.entity

    assert (PaymentStatus.contradicted, "differs from the gateway's API in: amount, currency") == (
        *(one.status, one.reason),
    )
    assert (("WH-1",), Order(PAID, "order-7"), False) == (one.remembered, one.order, one.paid)
    assert contradicted(one) is None
    again = contradicted(one, "WH-2")
    assert again is not None
    assert ("WH-1", "WH-2") == again.entity.remembered
