"""A checkout's limits, to the second and to the capture."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.approval import Approval, of_payment_token, payment_token
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from penstock.domain.rules import checkouts
from penstock.domain.rules.invoices import Abilities
from penstock.domain.secret import secret_digest
from penstock.testing.builders import order, payment
from penstock.testing.clock import NOON

SECOND = timedelta(seconds=1)
DAY = timedelta(hours=24)
APPROVAL = Approval(secret_digest("secret"), "secret")
SALE = Transaction("SALE1", "sale", PaymentStatus.succeeded, order().amount, NOON)


def new_id() -> str:
    return "event"


def opened() -> Payment:
    """A payment whose buyer may approve it for three hours."""
    begun = checkouts.begin_checkout(
        "pay-1", "acme", order(), APPROVAL, now=NOON, new_id=new_id
    ).entity
    checkout = begun.operation(OperationKind.checkout)
    assert checkout is not None
    end = NOON + timedelta(hours=3)
    return checkouts.opened(
        begun, checkout, "O-1", "https://gateway.test/O-1", end, now=NOON, new_id=new_id
    ).entity


def captures(number: int, state: OperationState) -> tuple[Operation, ...]:
    kind = OperationKind.capture
    return tuple(Operation(f"c-{nth}", kind, state) for nth in range(number))


@pytest.mark.parametrize(
    ("secret", "after", "good"),
    [
        ("secret", timedelta(), True),
        ("secret", DAY - SECOND, True),
        ("secret", DAY, False),
        ("Secret", timedelta(), False),
        ("", timedelta(), False),
    ],
)
def test_a_buyers_address_of_return_is_good_for_a_day(
    secret: str, after: timedelta, good: bool
) -> None:
    assert good is APPROVAL.returns(secret, NOON, NOON + after)


def test_a_buyers_address_names_the_payment_and_its_secret() -> None:
    token = payment_token("pay-0123abcd", "the-secret")

    assert "p-0123abcd-the-secret" == token
    assert ("pay-0123abcd", "the-secret") == of_payment_token(token)


def test_a_checkout_that_the_gateway_never_answered_is_given_up_after_a_day() -> None:
    begun = checkouts.begin_checkout(
        "pay-1", "acme", order(), APPROVAL, now=NOON, new_id=new_id
    ).entity
    checkout = begun.operation(OperationKind.checkout)
    assert checkout is not None

    assert NOON + DAY == checkout.due_at == checkouts.given_up_at(begun)


def test_an_open_checkout_is_looked_at_five_minutes_after_its_end_and_its_secret_is_gone() -> None:
    payment = opened()
    checkout = payment.operation(OperationKind.checkout)
    assert checkout is not None
    assert payment.approval is not None

    assert NOON + timedelta(hours=3, minutes=5) == checkout.due_at
    assert (OperationState.pending, "O-1") == (checkout.state, checkout.reference)
    assert (None, "O-1") == (payment.approval.return_secret, payment.approval.checkout)


@pytest.mark.parametrize(
    ("after", "payable"), [(3 * 3600 - 1, True), (3 * 3600, False), (4 * 3600, False)]
)
def test_a_checkout_is_payable_until_its_end(after: int, payable: bool) -> None:
    assert payable is checkouts.payable(opened(), NOON + after * SECOND)


@pytest.mark.parametrize(
    ("change", "payable"),
    [
        ({}, True),
        ({"status": PaymentStatus.declined}, True),
        ({"status": PaymentStatus.expired}, False),
        ({"status": PaymentStatus.succeeded}, False),
        ({"transactions": (SALE,)}, False),
        ({"operations": captures(9, OperationState.declined)}, True),
        ({"operations": captures(10, OperationState.declined)}, False),
        ({"approval": None}, False),
    ],
)
def test_a_checkout_is_payable_while_nothing_was_taken_and_ten_captures_were_not_tried(
    change: dict[str, object], payable: bool
) -> None:
    assert payable is checkouts.payable(replace(opened(), **change), NOON)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("change", "may"),
    [
        ({}, True),
        ({"status": PaymentStatus.declined}, True),
        ({"status": PaymentStatus.expired}, False),
        ({"transactions": (SALE,)}, False),
        ({"operations": captures(1, OperationState.reserved)}, False),
        ({"operations": captures(1, OperationState.unknown)}, False),
        ({"operations": captures(9, OperationState.declined)}, True),
        ({"operations": captures(10, OperationState.declined)}, False),
    ],
)
def test_an_approval_is_captured_once_at_a_time_and_ten_times_at_most(
    change: dict[str, object], may: bool
) -> None:
    before = replace(opened(), **change)  # type: ignore[arg-type]  # fields by name
    reserved = checkouts.reserve_capture(before, now=NOON, new_id=new_id)

    assert may is checkouts.may_capture(before)
    assert may is (reserved is not None)


def test_each_capture_has_an_id_of_its_own_and_is_sent_by_the_sweep_after_a_minute() -> None:
    before = opened()
    first = checkouts.reserve_capture(before, now=NOON, new_id=new_id)
    assert first is not None
    one = first.entity.operation(OperationKind.capture)
    assert one is not None
    declined = checkouts.declined(first.entity, one, "no funds", now=NOON, new_id=new_id).entity
    second = checkouts.reserve_capture(declined, now=NOON, new_id=new_id)
    assert second is not None
    other = second.entity.operation(OperationKind.capture)
    assert other is not None

    ids = [before.operation_id(OperationKind.capture, number) for number in (1, 2)]
    assert ids == [one.id, other.id]
    assert {NOON + timedelta(seconds=60)} == {one.due_at, other.due_at}
    assert ("O-1", "O-1") == (one.reference, other.reference)


@pytest.mark.parametrize(("after", "again"), [(0, "2026-11-02T15:00:00Z"), (3 * 3600, None)])
def test_a_decline_says_until_when_the_buyer_may_try_again(after: int, again: str | None) -> None:
    first = checkouts.reserve_capture(opened(), now=NOON, new_id=new_id)
    assert first is not None
    capture = first.entity.operation(OperationKind.capture)
    assert capture is not None
    now = NOON + after * SECOND
    change = checkouts.declined(first.entity, capture, "no funds", now=now, new_id=new_id)

    (event,) = change.events
    assert again == event.data.get("retry_until")
    assert ("payment.declined", "no funds") == (event.type, event.data["reason"])


def test_an_approval_that_is_missing_after_a_decline_leaves_the_payment_declined() -> None:
    first = checkouts.reserve_capture(opened(), now=NOON, new_id=new_id)
    assert first is not None
    capture = first.entity.operation(OperationKind.capture)
    assert capture is not None
    declined = checkouts.declined(
        first.entity, capture, "no funds", now=NOON, new_id=new_id
    ).entity
    waiting = checkouts.not_approved(first.entity, capture, now=NOON, new_id=new_id).entity
    again = checkouts.not_approved(declined, capture, now=NOON, new_id=new_id).entity

    assert PaymentStatus.approval_pending is waiting.status
    assert PaymentStatus.declined is again.status


def test_an_expired_checkout_ends_its_capture_and_waits_for_nothing() -> None:
    first = checkouts.reserve_capture(opened(), now=NOON, new_id=new_id)
    assert first is not None
    ended = checkouts.expire(first.entity, "too late", now=NOON, new_id=new_id).entity
    without = checkouts.expire(payment(), "too late", now=NOON, new_id=new_id).entity

    assert (PaymentStatus.expired, "too late") == (ended.status, ended.reason)
    assert {(OperationState.declined, "too late")} == {
        (one.state, one.reason) for one in ended.operations
    }
    assert () == without.operations


def test_a_capture_settles_the_checkout_and_itself_with_the_money_as_it_is_shown() -> None:
    reserved = checkouts.reserve_capture(opened(), now=NOON, new_id=new_id)
    assert reserved is not None
    capture = reserved.entity.operation(OperationKind.capture)
    taken = [
        checkouts.captured(
            *(reserved.entity, one, Observation(SALE)), can=Abilities(), now=NOON, new_id=new_id
        )
        for one in (capture, None)
    ]

    assert [["payment.succeeded"]] * 2 == [[str(e.type) for e in one.events] for one in taken]
    assert [
        [OperationState.succeeded] * 2,
        [OperationState.succeeded, OperationState.reserved],
    ] == [[op.state for op in one.entity.operations] for one in taken]
    assert [(SALE,)] * 2 == [one.entity.transactions for one in taken]
    assert {None} == {op.reason for op in taken[0].entity.operations}


def test_a_checkout_that_the_gateway_refuses_names_the_field_and_is_over() -> None:
    begun = checkouts.begin_checkout(
        *("pay-1", "acme", order(), APPROVAL),
        now=NOON,
        new_id=new_id,
        token="t-1",  # noqa: S106 - an id
    ).entity
    checkout = begun.operation(OperationKind.checkout)
    assert checkout is not None
    change = checkouts.refuse_checkout(
        *(begun, checkout, "description", "too long"), now=NOON, new_id=new_id
    )
    one = change.entity
    assert one.approval is not None

    assert ("description", "too long", None) == (
        *(one.approval.refused, one.approval.because, one.approval.return_secret),
    )
    assert (PaymentStatus.declined, "too long", "t-1", ()) == (
        *(one.status, one.reason, one.token, change.events),
    )
    assert (OperationState.declined, "too long") == (
        one.operations[0].state,
        one.operations[0].reason,
    )


def test_an_expired_payment_is_published_with_its_reason_and_keeps_what_had_ended() -> None:
    declined = captures(1, OperationState.declined)
    before = replace(opened(), operations=(*opened().operations, *declined))
    change = checkouts.expire(before, "too late", now=NOON, new_id=new_id)
    (event,) = change.events

    assert ("payment.expired", "too late") == (event.type, event.data["reason"])
    assert declined == change.entity.operations[1:]


def test_what_has_no_checkout_cannot_be_opened_or_captured() -> None:
    bare = replace(payment(status=PaymentStatus.approval_pending), approval=None)
    with pytest.raises(ValueError, match="has no checkout"):
        checkouts.reserve_capture(bare, now=NOON, new_id=new_id)


def test_an_opened_checkout_has_its_address_and_its_end() -> None:
    one = opened()
    assert one.approval is not None

    assert ("https://gateway.test/O-1", NOON + timedelta(hours=3)) == (
        *(one.approval.url, one.approval.expires_at),
    )
    assert (PaymentStatus.approval_pending, None, Money(1250, "USD")) == (
        *(one.status, one.reason, one.order.amount),
    )
    assert not checkouts.payable(
        replace(one, approval=replace(one.approval, expires_at=None)), NOON
    )
