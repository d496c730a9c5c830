"""Which fields of a payment a look at the gateway changes, and which it leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.domain.approval import Approval
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Order, Payer, PaymentStatus, Plan, Transaction
from penstock.testing.builders import payment
from penstock.testing.clock import NOON
from tests.unit.domain.observing import (
    ADA,
    DECLINED,
    FULL,
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


def test_a_payment_that_the_gateway_began_has_the_sales_amount_and_reference() -> None:
    one = observe(None, sale(reference="order-7", subscription="I-1")).entity

    assert ("acme-SALE1", "acme", Order(PAID, "order-7"), "I-1", NOON) == (
        *(one.id, one.gateway, one.order, one.subscription, one.created_at),
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
