"""What a look at the gateway changes of a payment, field by field, and what it publishes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from penstock.domain import rules
from penstock.domain.approval import Approval
from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.observation import Contradicted, Observation
from penstock.domain.operation import Operation, OperationKind, OperationState, Terms
from penstock.domain.payment import (
    Implied,
    Order,
    Payer,
    Payment,
    PaymentStatus,
    Plan,
    Transaction,
)
from penstock.testing.builders import payment
from penstock.testing.clock import NOON

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
PAID = Money(1250, "USD")
SUCCEEDED, PENDING, DECLINED, REFUNDED, PARTLY = (
    PaymentStatus.succeeded,
    PaymentStatus.pending,
    PaymentStatus.declined,
    PaymentStatus.refunded,
    PaymentStatus.partially_refunded,
)
CAN = rules.Abilities(reread=True)


def sale(status: PaymentStatus = SUCCEEDED, **rest: object) -> Observation:
    seen = Observation(Transaction("SALE1", "sale", status, PAID, NOON))
    return replace(seen, **rest)  # type: ignore[arg-type]  # fields by name


def back(status: PaymentStatus, name: str = "R1") -> Transaction:
    return Transaction(name, "refund", status, Money(500, "USD"), NOON)


def observe(
    before: Payment | None,
    seen: Observation,
    *implies: Implied,
    now: datetime = NOON,
    can: rules.Abilities = CAN,
) -> Change[Payment]:
    return rules.observe(
        *(before, "acme-SALE1", "acme", seen),
        can=can,
        now=now,
        new_id=lambda: "event",
        implies=implies,
    )


def types(change: Change[Payment]) -> list[str]:
    return [str(event.type) for event in change.events]


def asking(one: Payment) -> str | None:
    operation = one.operation(OperationKind.reread)
    return operation.reason if operation and operation.open else None


def test_a_payment_that_the_gateway_began_has_the_sales_amount_and_reference() -> None:
    one = observe(None, sale(reference="order-7", subscription="I-1")).entity

    assert ("acme-SALE1", "acme", Order(PAID, "order-7"), "I-1", NOON) == (
        *(one.id, one.gateway, one.order, one.subscription, one.created_at),
    )


ADA = Payer("PAYER1", "Ada", "ada@example.test")
FULL = sale(
    PARTLY,
    subscription="I-1",
    plan=Plan("P-1", "Gold"),
    payer=ADA,
    reference="order-7",
    links={"sale": "https://gateway.test/1"},
    refunds=(back(REFUNDED),),
    reason="REVIEW",
    hold="held",
    fee=Money(66, "USD"),
    net=Money(1184, "USD"),
    as_of=NOON,
)


def test_all_that_the_gateway_shows_is_kept() -> None:
    one = observe(None, FULL).entity

    assert (PARTLY, "REVIEW", (FULL.transaction, back(REFUNDED)), True) == (
        *(one.status, one.reason, one.transactions, one.paid),
    )
    assert (Money(500, "USD"), "held", Money(66, "USD"), Money(1184, "USD"), NOON) == (
        *(one.refunded, one.hold, one.fee, one.net, one.as_of),
    )
    assert ("I-1", Plan("P-1", "Gold"), ADA, {"sale": "https://gateway.test/1"}) == (
        *(one.subscription, one.plan, one.payer, one.links),
    )


def test_what_a_later_copy_leaves_out_stays_but_for_the_hold_and_the_reason() -> None:
    before = observe(None, FULL).entity
    one = observe(before, sale(PARTLY)).entity

    assert (None, None) == (one.hold, one.reason)
    kept = ("fee", "net", "as_of", "subscription", "plan", "payer", "links", "order", "refunded")
    assert [getattr(before, name) for name in kept] == [getattr(one, name) for name in kept]


def test_what_a_later_copy_shows_takes_the_place_of_what_was_known() -> None:
    before = observe(None, FULL).entity
    newer = replace(
        FULL,
        subscription="I-2",
        plan=Plan("P-2"),
        payer=Payer("PAYER2", "Eve", "eve@example.test"),
        reference="order-8",
        links={"more": "https://gateway.test/2"},
        fee=Money(1, "USD"),
        net=Money(2, "USD"),
        as_of=NOON + SECOND,
    )
    one = observe(before, newer).entity

    assert ("I-2", Plan("P-2"), newer.payer, Money(1, "USD"), Money(2, "USD")) == (
        *(one.subscription, one.plan, one.payer, one.fee, one.net),
    )
    assert (NOON + SECOND, "order-7") == (one.as_of, one.order.reference)
    assert {"sale": "https://gateway.test/1", "more": "https://gateway.test/2"} == one.links


@pytest.mark.parametrize(
    ("shown", "known"),
    [
        (Payer("P2", None, None), Payer("P2", "Ada", "ada@example.test")),
        (Payer(None, "Eve", None), Payer("PAYER1", "Eve", "ada@example.test")),
        (Payer(None, None, "e@x.test"), Payer("PAYER1", "Ada", "e@x.test")),
        (None, ADA),
    ],
)
def test_what_is_known_of_the_payer_stays_where_none_is_shown(
    shown: Payer | None, known: Payer
) -> None:
    """
    An invoice may need it.
    """
    before = payment(payer=ADA)

    assert known == observe(before, sale(payer=shown)).entity.payer
    assert shown == observe(payment(), sale(payer=shown)).entity.payer
    forgotten = replace(before, payer=Payer("PAYER1"), forgotten_at=NOON)
    assert Payer(known.reference) == observe(forgotten, sale(payer=shown)).entity.payer


@pytest.mark.parametrize(
    ("rest", "amount"),
    [
        ({}, 1250),
        ({"operations": (Operation("op-1", OperationKind.charge),)}, 999),
        ({"approval": Approval("digest")}, 999),
    ],
)
def test_the_order_that_we_were_asked_for_keeps_its_amount(
    rest: dict[str, object], amount: int
) -> None:
    before = payment(order=Order(Money(999, "USD")), **rest)

    assert Money(amount, "USD") == observe(before, sale()).entity.order.amount


def test_the_sale_itself_is_not_one_of_the_steps_that_went_back() -> None:
    """
    A charge of ours may be known by another id before the sale is shown.
    """
    charge = Transaction("CH-1", "charge", SUCCEEDED, PAID, NOON)
    before = payment(transactions=(charge, FULL.transaction, back(REFUNDED)))

    assert (FULL.transaction, back(REFUNDED)) == observe(before, sale(PARTLY)).entity.transactions


@pytest.mark.parametrize("status", list(PaymentStatus))
def test_the_money_was_there_unless_the_sale_is_pending_or_declined(status: PaymentStatus) -> None:
    change = observe(None, sale(status))
    paid = status not in {PENDING, DECLINED}

    assert paid is change.entity.paid
    assert paid is ("payment.succeeded" in types(change))
    assert observe(payment(paid=True), sale(status)).entity.paid
    assert "payment.succeeded" not in types(observe(payment(paid=True), sale(status)))


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
