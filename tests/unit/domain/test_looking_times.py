"""When the sweep looks at a subscription again, to the second."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from penstock.domain.operation import Operation, OperationKind
from penstock.domain.rules.access import AccessPolicy, access_at, access_until, next_change
from penstock.domain.rules.looking import with_next_look
from penstock.domain.subscription import (
    Access,
    Subscription,
    SubscriptionObservation,
    SubscriptionStatus,
)
from penstock.testing.clock import NOON

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
POLICY = AccessPolicy()
ACTIVE, PENDING, CANCELLED = (
    SubscriptionStatus.active,
    SubscriptionStatus.approval_pending,
    SubscriptionStatus.cancelled,
)


def subscription(status: SubscriptionStatus = ACTIVE, **rest: object) -> Subscription:
    """Signed up at noon; nothing is paid and nothing is known of its cycles."""
    seen = SubscriptionObservation("I-1", status, NOON)
    one = Subscription(id="acme-I-1", gateway="acme", seen=seen, created_at=NOON, updated_at=NOON)
    return replace(one, **rest)  # type: ignore[arg-type]  # fields by name


def look(one: Subscription, after: timedelta) -> tuple[float, int] | None:
    """In how many seconds it is looked at after that time, and for the how-manieth time."""
    now = NOON + after
    found = with_next_look(one, now, POLICY).operation(OperationKind.access)
    if found is None or not found.open or found.due_at is None:
        return None
    return (found.due_at - now).total_seconds(), found.attempts


def looked(due: timedelta, attempts: int) -> tuple[Operation, ...]:
    kind = OperationKind.access
    return (Operation("op-1", kind, attempts=attempts, due_at=NOON + due),)


@pytest.mark.parametrize("status", [PENDING, SubscriptionStatus.approved, ACTIVE])
def test_a_sign_up_that_nobody_has_paid_is_looked_at_after_ten_minutes(
    status: SubscriptionStatus,
) -> None:
    assert (600, 1) == look(subscription(status), timedelta())


@pytest.mark.parametrize(
    ("after", "attempts", "then"),
    [
        (timedelta(minutes=10), 1, (1200, 2)),
        (timedelta(minutes=30), 2, (2400, 3)),
        (3 * DAY - SECOND, 7, (76_800, 8)),
        (3 * DAY, 7, None),
    ],
)
def test_the_waits_double_and_end_after_three_days(
    after: timedelta, attempts: int, then: tuple[float, int] | None
) -> None:
    one = subscription(PENDING, operations=looked(after, attempts))

    assert then == look(one, after)


def test_a_look_that_is_planned_is_not_planned_anew() -> None:
    one = subscription(PENDING, operations=looked(timedelta(minutes=10), 1))

    assert (1, 1) == look(one, timedelta(minutes=10) - SECOND)
    assert (1200, 2) == look(one, timedelta(minutes=10) + SECOND)


@pytest.mark.parametrize(("status", "access"), [(CANCELLED, Access.none), (ACTIVE, Access.ended)])
def test_what_is_over_or_was_lost_is_not_waited_for(
    status: SubscriptionStatus, access: Access
) -> None:
    assert look(subscription(status, access=access), timedelta()) is None


@pytest.mark.parametrize(
    ("late", "wait"),
    [
        (timedelta(), 3600),
        (HOUR, 3600),
        (HOUR + SECOND, 3601),
        (14 * DAY - SECOND, 14 * 86_400 - 1),
    ],
)
def test_a_payment_that_is_due_is_asked_about_after_as_long_as_it_is_late(
    late: timedelta, wait: int
) -> None:
    """
    Or sooner, when the grace ends.
    """
    one = subscription(paid_through=NOON)
    grace = max(3 * DAY - late, timedelta()).total_seconds() or wait

    assert (min(wait, grace), 1) == look(one, late)


def test_a_payment_that_is_late_is_asked_about_for_two_weeks() -> None:
    assert look(subscription(paid_through=NOON), 14 * DAY) is None


def test_what_is_cancelled_is_not_asked_about() -> None:
    assert look(subscription(CANCELLED, paid_through=NOON), HOUR) is None


def test_a_question_that_is_planned_sooner_stays() -> None:
    sooner = subscription(paid_through=NOON, operations=looked(2 * HOUR + SECOND, 3))
    later = subscription(paid_through=NOON, operations=looked(5 * HOUR, 3))

    due = subscription(paid_through=NOON, operations=looked(2 * HOUR, 3))

    assert (1, 3) == look(sooner, 2 * HOUR)
    assert (7200, 4) == look(later, 2 * HOUR)
    assert (7200, 4) == look(due, 2 * HOUR)


@pytest.mark.parametrize(
    ("after", "wait"),
    [(timedelta(), 60), (60 * SECOND, 60), (61 * SECOND, 61), (DAY - SECOND, 86_399)],
)
def test_a_status_older_than_the_one_told_is_asked_for_after_as_long_as_it_has_lasted(
    after: timedelta, wait: int
) -> None:
    seen = SubscriptionObservation("I-1", CANCELLED, NOON, status_at=NOON - SECOND)
    one = subscription(seen=seen, told=("cancelled@2026-11-02T12:00:00",))

    assert (wait, 1) == look(one, after)


@pytest.mark.parametrize(
    ("shown", "after"), [(NOON, HOUR), (NOON + SECOND, HOUR), (NOON - SECOND, DAY), (None, HOUR)]
)
def test_a_status_as_new_as_the_one_told_is_not_asked_for(
    shown: datetime | None, after: timedelta
) -> None:
    """
    Nor one that the gateway does not date, nor after a day.
    """
    seen = SubscriptionObservation("I-1", CANCELLED, NOON, status_at=shown)
    one = subscription(seen=seen, told=("cancelled@2026-11-02T12:00:00",))

    assert look(one, after) is None


def test_nothing_left_to_look_at_ends_the_look() -> None:
    one = subscription(CANCELLED, operations=looked(HOUR, 1))
    ended = with_next_look(one, NOON, POLICY)

    assert look(one, timedelta()) is None
    assert ended == with_next_look(ended, NOON, POLICY)


@pytest.mark.parametrize(
    ("after", "access"),
    [
        (-SECOND, Access.active),
        (timedelta(), Access.grace),
        (3 * DAY - SECOND, Access.grace),
        (3 * DAY, Access.ended),
    ],
)
def test_access_ends_three_days_after_what_was_paid(after: timedelta, access: Access) -> None:
    one = subscription(paid_through=NOON)

    assert access is access_at(one, NOON + after, POLICY)
    assert NOON + 3 * DAY == access_until(one, POLICY)


@pytest.mark.parametrize(
    ("after", "access"), [(-SECOND, Access.trial), (timedelta(), Access.grace)]
)
def test_a_free_trial_is_access_until_its_end(after: timedelta, access: Access) -> None:
    assert access is access_at(subscription(trial_until=NOON), NOON + after, POLICY)


def test_what_is_cancelled_has_no_days_of_grace() -> None:
    one = subscription(CANCELLED, paid_through=NOON)

    assert Access.active is access_at(one, NOON - SECOND, POLICY)
    assert Access.ended is access_at(one, NOON, POLICY)
    assert NOON == access_until(one, POLICY)


def test_access_was_never_there_without_a_payment() -> None:
    assert Access.none is access_at(subscription(), NOON, POLICY)
    assert access_until(subscription(), POLICY) is None


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (-2 * DAY, -DAY),
        (-DAY, timedelta()),
        (-SECOND, timedelta()),
        (timedelta(), 3 * DAY),
        (3 * DAY - SECOND, 3 * DAY),
        (3 * DAY, None),
    ],
)
def test_access_changes_next_at_the_end_of_the_trial_of_what_was_paid_and_of_the_grace(
    after: timedelta, change: timedelta | None
) -> None:
    one = subscription(trial_until=NOON - DAY, paid_through=NOON)
    expected = None if change is None else NOON + change

    assert expected == next_change(one, NOON + after, POLICY)
    assert next_change(subscription(), NOON, POLICY) is None
