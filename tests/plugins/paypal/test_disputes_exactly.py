"""Disputes: each answer just beside the one that decides, decides otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.api import (
    Claimed,
    Confirmed,
    DisputeOutcome,
    EntityKind,
    GatewayUnavailable,
    HttpUnanswered,
    NotYet,
    Ref,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from penstock_paypal.disputes.shown import observation
from tests.plugins.paypal.test_disputes import DISPUTE, PATH, SHOWN, about
from tests.plugins.paypal.told import Told, problem

QUARTER = timedelta(minutes=15)
SECOND = timedelta(seconds=1)


def seen(**data: Any) -> Any:
    return observation(data, "paypal", DISPUTE, NOON, "")


@pytest.mark.parametrize(
    ("stamp", "opened"),
    [
        (1_509_459_200_123, datetime(2017, 10, 31, 14, 13, 20, 123_000, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
        (10**15, NOON),
        (-(10**15), NOON),
        (10**30, NOON),
        (True, NOON + SECOND),
        ("1509459200123", NOON + SECOND),
        (None, NOON + SECOND),
    ],
)
def test_a_dispute_of_an_older_event_was_opened_at_its_millisecond(
    stamp: Any, opened: datetime
) -> None:
    created = (NOON + SECOND).isoformat()

    assert opened == seen(dispute_creation_date=stamp, create_time=created).opened_at


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("RESOLVED", DisputeOutcome.other),
        ("resolved", DisputeOutcome.other),
        ("CLOSED", None),
        ("SETTLED", None),
        (None, None),
        ("OPEN", None),
    ],
)
def test_a_dispute_without_an_outcome_is_over_only_if_it_is_resolved(
    status: str | None, outcome: DisputeOutcome | None
) -> None:
    assert outcome == seen(status=status).outcome
    assert (status or "other").lower() == seen(status=status).status
    assert {} == seen().links


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, GatewayUnavailable),
        (402, GatewayUnavailable),
        (403, Claimed),
        (404, NotYet),
        (405, GatewayUnavailable),
        (500, GatewayUnavailable),
    ],
)
async def test_a_dispute_that_is_not_shown_is_waited_for_and_one_that_is_refused_is_not(
    told: Told, status: int, answer: Any
) -> None:
    """
    After a quarter of an hour it is published unconfirmed, whatever PayPal answers.
    """
    told.at(PATH, problem(status))
    young = about(age=QUARTER - SECOND)
    if answer is GatewayUnavailable:
        with pytest.raises(GatewayUnavailable, match="PayPal, show dispute"):
            await told.paypal.confirm(young, NOON)
    else:
        assert answer is type(await told.paypal.confirm(young, NOON))
    assert Claimed is type(await told.paypal.confirm(about(age=QUARTER), NOON))


@pytest.mark.parametrize("lost", [HttpUnanswered("timeout"), response(200)])
async def test_without_an_answer_a_young_dispute_waits_and_an_old_one_is_published(
    told: Told, lost: Any
) -> None:
    told.at(PATH, lost)
    with pytest.raises(GatewayUnavailable):
        await told.paypal.confirm(about(age=QUARTER - SECOND), NOON)
    answer = await told.paypal.confirm(about(age=QUARTER), NOON)

    assert isinstance(answer, Claimed)
    assert "PayPal's API does not show it" == answer.because


@pytest.mark.parametrize(
    ("status", "waits"),
    [(400, False), (402, False), (403, True), (404, True), (405, False), (500, False)],
)
async def test_a_dispute_read_again_is_not_there_where_paypal_does_not_show_it(
    told: Told, status: int, waits: bool
) -> None:
    told.at(PATH, problem(status))
    dispute = Ref(EntityKind.dispute, f"paypal-{DISPUTE}")
    if waits:
        assert NotYet() == await told.paypal.reread(dispute, [], NOON)
    else:
        with pytest.raises(GatewayUnavailable):
            await told.paypal.reread(dispute, [], NOON)
    told.at(PATH, response(200, SHOWN))
    shown: Any = await told.paypal.reread(dispute, [], NOON)

    assert DISPUTE == shown.reference
    assert NotYet() == await told.paypal.reread(replace(dispute, id="paypal-../x"), [], NOON)
    assert isinstance(await told.paypal.confirm(about(), NOON), Confirmed)
