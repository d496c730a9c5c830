"""An operation's times, to the second: leases, when it is due, when it is asked about again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import PaymentStatus, Transaction
from penstock.domain.rules.rereading import ask_again, ask_now, asked, next_ask, stale
from penstock.testing.builders import order, payment
from penstock.testing.clock import NOON

SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=25)
CHARGE = Operation("op-1", OperationKind.charge)
SALE = Transaction("SALE1", "sale", PaymentStatus.succeeded, order().amount, NOON)


def test_a_lease_ends_at_its_end() -> None:
    submitted = CHARGE.submit(NOON, LEASE)

    assert submitted.leased(NOON + LEASE - SECOND)
    assert not submitted.leased(NOON + LEASE)
    assert not CHARGE.leased(NOON)


@pytest.mark.parametrize(
    ("due", "then"), [(None, 25), (-10, 25), (25, 25), (26, 26), (3600, 3600)]
)
def test_a_call_is_due_when_its_lease_ends_and_not_sooner_than_it_was(
    due: int | None, then: int
) -> None:
    due_at = None if due is None else NOON + due * SECOND
    one = Operation("op-1", OperationKind.charge, due_at=due_at, attempts=2)
    submitted = one.submit(NOON, LEASE)

    assert NOON + then * SECOND == submitted.due_at
    assert (3, NOON + LEASE) == (submitted.attempts, submitted.lease_until)


@pytest.mark.parametrize(
    ("since", "wait"),
    [(0, 300), (299, 300), (300, 300), (301, 301), (86_400, 86_400), (86_401, 86_400)],
)
def test_what_is_restricted_is_looked_at_ever_more_seldom_from_five_minutes_to_a_day(
    since: int, wait: int
) -> None:
    restricted = CHARGE.restrict(NOON, "restricted")
    again = restricted.restrict(NOON + since * SECOND, "restricted")

    assert NOON == again.restricted_at
    assert NOON + (since + wait) * SECOND == again.due_at
    assert OperationState.reserved is again.state


def test_what_was_begun_and_is_restricted_is_lost_and_not_reserved() -> None:
    restricted = CHARGE.submit(NOON, LEASE).restrict(NOON, "restricted")

    assert (OperationState.unknown, NOON) == (restricted.state, restricted.lost_at)


@pytest.mark.parametrize(
    ("state", "restricted", "to_send"),
    [
        (OperationState.reserved, False, True),
        (OperationState.unknown, False, False),
        (OperationState.unknown, True, True),
        (OperationState.succeeded, False, False),
    ],
)
def test_a_message_is_to_be_sent_for_what_is_reserved_or_restricted(
    state: OperationState, restricted: bool, to_send: bool
) -> None:
    at = NOON if restricted else None

    assert to_send is Operation("op", OperationKind.charge, state, restricted_at=at).to_send


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [(0, 1), (1, 2), (2, 4), (10, 1024), (11, 1440), (12, 1440), (10_000, 1440)],
)
def test_the_gateway_is_asked_again_after_a_minute_then_twice_as_long_up_to_a_day(
    attempts: int, minutes: int
) -> None:
    assert timedelta(minutes=minutes) == next_ask(attempts)


def test_each_question_is_later_than_the_one_before_while_the_doubt_is_the_same() -> None:
    first = ask_again(payment(), NOON, "a doubt")
    early = ask_again(first, NOON + 59 * SECOND, "a doubt")
    second = ask_again(first, NOON + 60 * SECOND, "a doubt")
    other = ask_again(second, NOON + 61 * SECOND, "another doubt")

    assert [(1, 60), (1, 60), (2, 180), (1, 121)] == [
        (one.attempts, (one.due_at - NOON).total_seconds())
        for state in (first, early, second, other)
        if (one := state.operation(OperationKind.reread)) and one.due_at
    ]


def test_a_doubt_that_was_settled_starts_its_waits_anew() -> None:
    settled = asked(ask_again(payment(), NOON, "a doubt"))
    operation = settled.operation(OperationKind.reread)
    assert operation is not None
    again = ask_again(settled, NOON, "a doubt").operation(OperationKind.reread)
    assert again is not None

    assert (OperationState.succeeded, None) == (operation.state, operation.due_at)
    assert (1, NOON + 60 * SECOND, True) == (again.attempts, again.due_at, again.open)
    assert settled == asked(settled)
    assert payment() == asked(payment())


@pytest.mark.parametrize(("hours", "waited_out"), [(0, True), (23.999, True), (24, False)])
def test_a_stale_copy_is_waited_out_for_a_day(hours: float, waited_out: bool) -> None:
    since = payment(stale_since=NOON)

    assert waited_out is stale(since, NOON + timedelta(hours=hours))
    assert stale(payment(), NOON + timedelta(days=300))


RESERVED, PENDING, UNKNOWN, SUBMITTING, DONE = (
    OperationState.reserved,
    OperationState.pending,
    OperationState.unknown,
    OperationState.submitting,
    OperationState.succeeded,
)


@pytest.mark.parametrize(
    ("kind", "state", "due"),
    [
        (OperationKind.charge, RESERVED, False),
        (OperationKind.charge, PENDING, True),
        (OperationKind.charge, UNKNOWN, True),
        (OperationKind.charge, SUBMITTING, False),
        (OperationKind.charge, DONE, False),
        (OperationKind.capture, RESERVED, False),
        (OperationKind.capture, UNKNOWN, True),
        (OperationKind.checkout, PENDING, True),
        (OperationKind.invoice, RESERVED, True),
        (OperationKind.invoice, UNKNOWN, True),
        (OperationKind.invoice_refunds, RESERVED, True),
        (OperationKind.invoice_refunds, UNKNOWN, True),
        (OperationKind.invoice, DONE, False),
        (OperationKind.refund, RESERVED, False),
        (OperationKind.refund, PENDING, True),
        (OperationKind.refund, UNKNOWN, False),
        (OperationKind.void, UNKNOWN, False),
        (OperationKind.void, PENDING, False),
        (OperationKind.collect, PENDING, False),
    ],
)
def test_an_operator_has_read_what_can_be_read_without_moving_money(
    kind: OperationKind, state: OperationState, due: bool
) -> None:
    lease = NOON + SECOND if state is SUBMITTING else None
    one = Operation("op", kind, state, lease_until=lease)
    asked_now = ask_now(payment(operations=(one,)), NOON).operation(kind)
    assert asked_now is not None

    assert (NOON if due else None) == asked_now.due_at


def test_what_is_restricted_is_not_read_for_an_operator() -> None:
    one = Operation("op", OperationKind.charge, UNKNOWN, restricted_at=NOON)

    assert (one,) == ask_now(payment(operations=(one,)), NOON).operations


def test_a_payment_with_money_is_reread_for_an_operator() -> None:
    reread = ask_now(payment(transactions=(SALE,)), NOON).operation(OperationKind.reread)
    assert reread is not None

    assert (NOON, "an operator asked") == (reread.due_at, reread.reason)
    assert None is ask_now(payment(), NOON).operation(OperationKind.reread)


BEGUN = replace(
    CHARGE,
    state=SUBMITTING,
    attempts=2,
    lease_until=NOON + 9 * SECOND,
    lost_at=NOON - SECOND,
    absent_since=NOON - SECOND,
    due_at=NOON + 9 * SECOND,
    reference="ch-1",
    reason="before",
    restricted_at=NOON,
)


@pytest.mark.parametrize("state", list(OperationState))
def test_an_answer_ends_the_lease_and_every_doubt(state: OperationState) -> None:
    settled = BEGUN.settle(state, reference="ch-2", reason="why")
    bare = BEGUN.settle(state)
    kept = Operation("op-1", OperationKind.charge, state, 2, reference="ch-2", reason="why")

    assert kept == settled
    assert replace(kept, reference="ch-1", reason=None) == bare
    assert settled.open is (state not in {OperationState.succeeded, OperationState.declined})


def test_what_is_not_decided_is_pending_until_it_is_asked_about_again() -> None:
    held = BEGUN.hold(NOON, reference=None, reason="echeck")

    assert BEGUN.settle(PENDING, reason="echeck") == replace(held, due_at=None)
    assert (PENDING, NOON, "ch-1") == (held.state, held.due_at, held.reference)


@pytest.mark.parametrize("due", [None, NOON])
def test_a_call_that_did_not_leave_is_reserved_again(due: object) -> None:
    released = BEGUN.release("no way out", NOON if due else None)

    assert (
        replace(
            BEGUN,
            state=RESERVED,
            lease_until=None,
            lost_at=None,
            absent_since=None,
            due_at=due,
            reason="no way out",
        )
        == released
    )


@pytest.mark.parametrize(
    ("lease", "due", "then"), [(None, None, 0), (-5, None, 0), (9, None, 9), (9, 3, 3), (-5, 3, 3)]
)
def test_a_lost_answer_is_looked_up_when_the_lease_ends(
    lease: int | None, due: int | None, then: int
) -> None:
    one = replace(BEGUN, lease_until=None if lease is None else NOON + lease * SECOND)
    lost = one.lose(NOON, "timeout", None if due is None else NOON + due * SECOND)

    assert NOON + then * SECOND == lost.due_at
    assert (UNKNOWN, NOON - SECOND, one.lease_until, "timeout") == (
        *(lost.state, lost.lost_at, lost.lease_until, lost.reason),
    )


def test_a_new_attempt_forgets_what_kept_it_back_and_remembers_what_was_lost() -> None:
    again = BEGUN.submit(NOON, LEASE)

    assert (None, None, None) == (again.absent_since, again.reason, again.restricted_at)
    assert (NOON - SECOND, SUBMITTING, "ch-1") == (again.lost_at, again.state, again.reference)
    assert replace(BEGUN, reference="ch-9") == BEGUN.refer("ch-9")
    assert NOON == replace(BEGUN, restricted_at=None).restrict(NOON, "held").restricted_at
