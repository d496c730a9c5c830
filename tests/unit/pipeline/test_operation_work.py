"""The waits that stages of actions share: for a lease, for an answer, for a gateway's memory."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from penstock import problems
from penstock.api import Unanswered
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.errors import OperationInFlight, RequestRefused
from penstock.pipeline.operation_work import (
    asked_again,
    before_lease_ends,
    forgotten,
    lost_since,
    wait_for_lease,
)
from penstock.pipeline.whole_amounts import require_whole
from tests.unit.pipeline.acme import NOON
from tests.unit.pipeline.virtual import run
from tests.unit.pipeline.world import LEASE

HOUR = timedelta(hours=1)
REFUND = Operation("op", OperationKind.refund)


@pytest.mark.parametrize(
    ("lease", "given_up"), [(25, 20), (6, 1), (5, 0), (3, 0), (0, 0), (None, 0)]
)
def test_an_answer_is_waited_for_until_five_seconds_before_the_lease_ends(
    lease: float | None, given_up: float
):
    until = None if lease is None else NOON + timedelta(seconds=lease)

    async def waiting() -> tuple[object, float]:
        answer = await before_lease_ends(
            asyncio.sleep(3600), replace(REFUND, lease_until=until), NOON
        )
        return answer, asyncio.get_running_loop().time()

    answer, seconds = run(waiting())

    assert Unanswered("the provider took too long to answer") == answer
    assert given_up == round(seconds, 3)


def test_an_answer_in_time_is_the_answer():
    async def waiting() -> str:
        begun = REFUND.submit(NOON, LEASE)
        return str(await before_lease_ends(asyncio.sleep(19.9, "yes"), begun, NOON))

    assert "yes" == run(waiting())


@pytest.mark.parametrize(("seconds", "left"), [(0, 25), (24, 1), (25, None), (26, None)])
def test_a_worker_that_may_be_at_it_is_waited_for(seconds: float, left: float | None):
    begun = REFUND.submit(NOON, LEASE)
    now = NOON + timedelta(seconds=seconds)
    wait_for_lease(REFUND, now, "the refund")

    if left is None:
        wait_for_lease(begun, now, "the refund")
    else:
        with pytest.raises(OperationInFlight, match="the refund may still") as told:
            wait_for_lease(begun, now, "the refund")
        assert left == told.value.retry_after


@pytest.mark.parametrize(
    ("began", "after", "is_forgotten"),
    [
        (False, 100 * HOUR, False),
        (True, timedelta(), False),
        (True, 23 * HOUR, False),
        (True, 23 * HOUR + timedelta(seconds=1), True),
        (True, 24 * HOUR, True),
    ],
)
def test_an_id_counts_as_forgotten_an_hour_before_the_gateway_forgets_it(
    began: bool, after: timedelta, is_forgotten: bool
):
    one = replace(REFUND, began_at=NOON if began else None)

    assert is_forgotten == forgotten(one, 24 * HOUR, NOON + after)


@pytest.mark.parametrize(
    ("waited", "wait"),
    [
        (None, timedelta(minutes=5)),
        (timedelta(), timedelta(minutes=5)),
        (timedelta(minutes=6), timedelta(minutes=6)),
        (23 * HOUR, 23 * HOUR),
        (25 * HOUR, 24 * HOUR),
    ],
)
def test_what_is_undecided_is_left_alone_as_long_as_it_has_waited(
    waited: timedelta | None, wait: timedelta
):
    since = None if waited is None else NOON - waited

    assert wait == asked_again(NOON, since)


@pytest.mark.parametrize(
    ("state", "lost", "since"),
    [
        (OperationState.reserved, False, False),
        (OperationState.submitting, False, True),
        (OperationState.reserved, True, True),
        (OperationState.unknown, True, True),
    ],
)
def test_an_answer_is_missing_since_it_was_lost_or_since_its_worker_died(
    state: OperationState, lost: bool, since: bool
):
    earlier = NOON - HOUR
    one = replace(REFUND, state=state, lost_at=earlier if lost else None)

    assert ((earlier if lost else NOON) if since else None) == lost_since(one, NOON)


@pytest.mark.parametrize(
    ("minor", "gateway", "taken"),
    [(500, "acme", True), (501, "acme", False), (501, "other", True), (500, "other", True)],
)
def test_an_amount_with_decimals_is_refused_where_the_gateway_takes_none(
    minor: int, gateway: str, taken: bool
):
    whole = {"acme": {"EUR"}}
    require_whole(Money(minor, "USD"), gateway, whole)
    if taken:
        require_whole(Money(minor, "EUR"), gateway, whole)
        return
    with pytest.raises(RequestRefused) as refusal:
        require_whole(Money(minor, "EUR"), gateway, whole)

    says = "acme takes no decimals in EUR; round 5.01 EUR"
    assert problems.FIELD_REFUSED == refusal.value.kind
    assert (("body.amount", says),) == refusal.value.fields
