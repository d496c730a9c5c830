"""What may still be refunded of a payment, and how each refund ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState, Terms
from penstock.domain.payment import Payer, Payment, PaymentStatus, Transaction
from penstock.domain.rules import refunds
from penstock.domain.rules.invoices import Abilities
from penstock.testing.builders import payment
from penstock.testing.clock import NOON

MINUTE = timedelta(minutes=1)
PAID = Money(1250, "USD")
SALE = Transaction("SALE1", "sale", PaymentStatus.succeeded, PAID, NOON)
REFUND, INVOICE = OperationKind.refund, OperationKind.invoice
RESERVED, PENDING, UNKNOWN, SUCCEEDED, DECLINED = (
    OperationState.reserved,
    OperationState.pending,
    OperationState.unknown,
    OperationState.succeeded,
    OperationState.declined,
)
CAN = Abilities(invoices=True, invoice_refunds=True)


def paid(*operations: Operation, **rest: object) -> Payment:
    given: dict[str, object] = {
        "status": PaymentStatus.succeeded,
        "transactions": (SALE,),
        "paid": True,
        "operations": operations,
        **rest,
    }
    return payment("acme-SALE1", gateway="acme", **given)


def asked(name: str, minor: int, state: OperationState = RESERVED, **rest: object) -> Operation:
    terms = Terms(Money(minor, "USD"), "digest")
    return replace(Operation(name, REFUND, state, terms=terms), **rest)  # type: ignore[arg-type]  # fields by name


def step(
    name: str, minor: int, status: PaymentStatus = PaymentStatus.refunded, **rest: object
) -> Transaction:
    one = Transaction(name, "refund", status, Money(minor, "USD"), NOON + MINUTE)
    return replace(one, **rest)  # type: ignore[arg-type]  # fields by name


def facts(change: Change[Payment]) -> list[str]:
    return [str(event.type) for event in change.events]


def moved(
    before: Payment, operation: Operation, done: Transaction, can: Abilities = CAN
) -> Change[Payment]:
    return refunds.refund_moved(before, operation, done, can, now=NOON, new_id=lambda: "event")


@pytest.mark.parametrize("status", list(PaymentStatus))
def test_only_what_is_paid_can_be_refunded(status: PaymentStatus) -> None:
    money = status in {
        PaymentStatus.succeeded,
        PaymentStatus.partially_refunded,
        PaymentStatus.refunded,
        PaymentStatus.reversed,
    }

    assert (PAID if money else None) == refunds.refundable(paid(status=status))


def test_what_was_never_there_cannot_be_refunded() -> None:
    assert refunds.refundable(paid(paid=False)) is None
    assert refunds.refundable(paid(transactions=())) is None


@pytest.mark.parametrize(
    ("operations", "left"),
    [
        ((), 1250),
        ((asked("a", 1),), 1249),
        ((asked("a", 500), asked("b", 250, UNKNOWN)), 500),
        ((asked("a", 500, SUCCEEDED),), 1250),
        ((asked("a", 500, DECLINED), asked("b", 250)), 1000),
        ((asked("a", 1250),), 0),
        ((asked("a", 1251),), 0),
        ((Operation("a", REFUND),), 1250),
        ((replace(asked("a", 500), kind=OperationKind.collect),), 1250),
        ((replace(asked("a", 500), kind=OperationKind.void),), 1250),
    ],
)
def test_an_open_refund_holds_its_amount(operations: tuple[Operation, ...], left: int) -> None:
    assert Money(left, "USD") == refunds.refundable(paid(*operations))


@pytest.mark.parametrize(
    ("status", "reference", "left"),
    [
        (PaymentStatus.refunded, "RE-1", 750),
        (PaymentStatus.refunded, "RE-2", 250),
        (PaymentStatus.pending, "RE-1", 250),
        (PaymentStatus.declined, "RE-1", 250),
    ],
)
def test_a_refund_that_went_back_already_is_not_held_as_well(
    status: PaymentStatus, reference: str, left: int
) -> None:
    one = asked("a", 500, PENDING, reference=reference)
    before = paid(one, transactions=(SALE, step("RE-1", 500, status)), refunded=Money(500, "USD"))

    assert Money(left, "USD") == refunds.refundable(before)


def test_a_refund_is_reserved_under_its_name_and_due_when_asked() -> None:
    terms = Terms(Money(500, "USD"), "digest")
    due = NOON + MINUTE
    change = refunds.reserve_refund(
        paid(), "k-1", terms, due_at=due, now=NOON, new_id=lambda: "event"
    )
    (one,) = change.entity.operations

    assert (REFUND, RESERVED, terms, due) == (one.kind, one.state, one.terms, one.due_at)
    assert paid().operation_id(REFUND, "k-1") == one.id
    assert () == change.events


@pytest.mark.parametrize(
    ("minor", "status"),
    [(1249, PaymentStatus.partially_refunded), (1250, PaymentStatus.refunded)],
)
def test_a_refund_that_moved_is_a_step_and_one_event(minor: int, status: PaymentStatus) -> None:
    done = asked("a", minor, SUCCEEDED, reference="RE-1")
    change = moved(paid(asked("a", minor)), done, step("RE-1", minor))
    again = moved(change.entity, done, step("RE-1", minor))

    assert (["payment.refunded"], status) == (facts(change), change.entity.status)
    assert (Money(minor, "USD"), (done,)) == (change.entity.refunded, change.entity.operations)
    assert ([], change.entity.transactions) == (facts(again), again.entity.transactions)


def test_a_refund_of_a_payment_without_money_is_a_fault() -> None:
    with pytest.raises(ValueError, match="without money"):
        moved(paid(transactions=()), asked("a", 1), step("RE-1", 1))


@pytest.mark.parametrize(
    ("change", "decided"),
    [
        ({}, False),
        ({"invoice_withheld": "no address"}, True),
        ({"operations": (Operation("i", INVOICE),)}, True),
    ],
)
def test_a_refund_decides_about_an_invoice_only_where_an_observation_has_begun_one(
    change: dict[str, object], decided: bool
) -> None:
    """
    A charge of ours gets no invoice.
    """
    ada = Payer("PAYER1", "Ada", "ada@example.test")
    before = replace(paid(payer=ada), **change)  # type: ignore[arg-type]  # fields by name
    after = moved(before, asked("a", 1250, SUCCEEDED), step("RE-1", 1250))

    assert (
        ["payment.refunded", "invoice.withheld"] if decided else ["payment.refunded"]
    ) == facts(after)


@pytest.mark.parametrize(("minor", "read"), [(1249, False), (1250, True)])
def test_a_subscription_is_read_again_when_all_of_its_payments_money_went_back(
    minor: int, read: bool
) -> None:
    before = paid(subscription="I-1")
    after = moved(
        before, asked("a", minor, SUCCEEDED), step("RE-1", minor), Abilities(subscriptions=True)
    )
    follow = after.entity.operation(OperationKind.follow)

    assert read is (follow is not None)
    if follow is not None:
        assert ("subscription#acme-I-1", NOON + MINUTE) == (follow.reference, follow.due_at)


def test_a_refused_refund_is_published_with_its_terms_and_its_step_is_over() -> None:
    shown = [step(name, 500, PaymentStatus.pending) for name in ("RE-0", "RE-1", "RE-2")]
    terms = Terms(Money(500, "USD"), "digest", reason="damaged")
    one = asked("a", 500, PENDING, reference="RE-1", terms=terms)
    change = refunds.refund_failed(
        paid(one, transactions=(SALE, *shown)), one, "closed", now=NOON, new_id=lambda: "event"
    )
    (event,) = change.events
    (ended,) = change.entity.operations

    assert (DECLINED, "closed") == (ended.state, ended.reason)
    assert ("refund.failed", "closed") == (event.type, event.data["because"])
    assert {
        "id": "a",
        "amount": {"minor": 500, "currency": "USD"},
        "reason": "damaged",
    } == event.data["refund"]
    assert ["succeeded", "pending", "declined", "pending"] == [
        one.status.value for one in change.entity.transactions
    ]


def test_a_refund_without_a_reason_or_terms_says_none() -> None:
    plain = refunds.refund_failed(
        paid(), asked("a", 500), "closed", now=NOON, new_id=lambda: "event"
    )
    bare = refunds.refund_failed(
        paid(), Operation("a", REFUND), "closed", now=NOON, new_id=lambda: "event"
    )

    assert {"id": "a", "amount": {"minor": 500, "currency": "USD"}} == plain.events[0].data[
        "refund"
    ]
    assert {"id": "a"} == bare.events[0].data["refund"]


@pytest.mark.parametrize(
    ("known", "said"),
    [(None, True), ("forgotten", False), ("a timeout", True), ("zzz", True)],
)
def test_a_refund_that_is_left_to_people_is_published_once_and_keeps_its_amount(
    known: str | None, said: bool
) -> None:
    one = asked("a", 500, UNKNOWN, reason=known, due_at=NOON, lost_at=NOON - MINUTE)
    change = refunds.refund_parked(paid(one), one, "forgotten", now=NOON, new_id=lambda: "event")
    (lost,) = change.entity.operations

    assert (["refund.parked"] if said else []) == facts(change)
    assert (UNKNOWN, None, NOON - MINUTE, "forgotten") == (
        lost.state,
        lost.due_at,
        lost.lost_at,
        lost.reason,
    )
    assert Money(750, "USD") == refunds.refundable(change.entity)


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (PaymentStatus.refunded, SUCCEEDED, None),
        (PaymentStatus.declined, DECLINED, "the gateway gave it up"),
        (PaymentStatus.pending, UNKNOWN, "a timeout"),
    ],
)
@pytest.mark.parametrize("by", ["reference", "operation"])
def test_an_open_refund_ends_as_its_step_does(
    status: PaymentStatus, state: OperationState, reason: str | None, by: str
) -> None:
    """
    A refund whose answer was lost has no reference yet: its step may name its operation.
    """
    others = asked("z", 1), asked("y", 1, SUCCEEDED, reference="RE-0")
    reference = "RE-1" if by == "reference" else None
    lost = asked("a", 500, UNKNOWN, reference=reference, reason="a timeout")
    shown = step("RE-1", 500, status, operation="a" if by == "operation" else None)
    around = step("RE-0", 1), step("RE-2", 1, operation="b")
    before = paid(*others, lost, transactions=(SALE, around[0], shown, around[1]))
    after, said = refunds.settle_refunds(before)

    ended = after.operation_by_id("a")
    assert ended is not None
    assert (state, reason) == (ended.state, ended.reason)
    assert ("RE-1" if state in (SUCCEEDED, DECLINED) else reference) == ended.reference
    assert others == after.operations[:2]
    assert [("refund.failed", {"id": "a", "amount": {"minor": 500, "currency": "USD"}})] * (
        state is DECLINED
    ) == [(one.type.value, one.data["refund"]) for one in said]


@pytest.mark.parametrize("by", ["reference", "operation"])
def test_a_refund_that_was_done_and_came_back_failed_after_all(by: str) -> None:
    """
    A bank may send a refund back weeks later; the gateway then shows its step as failed.
    """
    reference = "RE-1" if by == "reference" else None
    done = asked("a", 500, SUCCEEDED, reference=reference)
    back = step("RE-1", 500, PaymentStatus.declined, operation="a" if by == "operation" else None)
    once, said = refunds.settle_refunds(paid(done, transactions=(SALE, back)))
    (failed,) = once.operations
    again, repeated = refunds.settle_refunds(once)

    assert (DECLINED, "it was sent, and came back") == (failed.state, failed.reason)
    assert ["refund.failed"] == [one.type.value for one in said]
    assert (once, []) == (again, repeated)
