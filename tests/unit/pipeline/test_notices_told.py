"""When a line that an alarm counts is logged, and what a person reads in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from penstock.api import Confirmed, DisputeObservation
from penstock.domain import rules
from penstock.domain.delivery import Notification
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.ref import EntityKind
from penstock.errors import GatewayUnavailable
from penstock.pipeline import notices
from penstock.ports import Outgoing
from penstock.testing.builders import payment
from tests.unit.pipeline.acme import NOON, Acme, notification
from tests.unit.pipeline.world import World


def told(work: Any) -> list[Any]:
    with capture_logs() as logs:
        work()
    return logs


def fails() -> None:
    raise ValueError("card 4111111111111111")


def test_a_bug_is_told_by_its_type_and_the_line_that_raised_it():
    with pytest.raises(ValueError, match="4111") as failed:
        fails()
    (line,) = told(lambda: notices.stage_failed("sweep", failed.value))
    number = fails.__code__.co_firstlineno + 1

    assert ("sweep", "ValueError", f"{__name__}:{number}", "error") == (
        line["stage"],
        line["kind"],
        line["at"],
        line["log_level"],
    )
    assert "4111" not in str(line)


def test_a_bug_that_was_never_raised_has_no_line():
    (line,) = told(lambda: notices.stage_failed("sweep", ValueError()))

    assert "?" == line["at"]


@pytest.mark.parametrize(
    ("error", "event", "level"),
    [
        (GatewayUnavailable("away"), "gaps.failed", "warning"),
        (ValueError("4111"), "stage.failed", "error"),
    ],
)
def test_a_run_that_failed_is_a_bug_only_if_it_was_not_expected(
    error: Exception, event: str, level: str
):
    (line,) = told(lambda: notices.run_failed("gaps", error))

    assert (event, level) == (line["event"], line["log_level"])
    assert "4111" not in str(line)


@pytest.mark.parametrize(
    ("since", "lines"),
    [(None, 0), (timedelta(hours=24, seconds=-1), 0), (timedelta(hours=24), 1)],
)
def test_a_stale_copy_is_told_once_a_day_is_over(since: timedelta | None, lines: int):
    assert timedelta(hours=24) == rules.GIVE_UP_STALE
    stale_since = None if since is None else NOON - since
    one = payment("acme-SALE1", stale_since=stale_since)

    assert lines == len(told(lambda: notices.stale_applied(one, NOON)))


@pytest.mark.parametrize(
    ("was", "state", "lines"),
    [
        (None, OperationState.unknown, 1),
        (OperationState.submitting, OperationState.unknown, 1),
        (OperationState.reserved, OperationState.unknown, 1),
        (OperationState.unknown, OperationState.unknown, 0),
        (OperationState.submitting, OperationState.reserved, 0),
        (OperationState.unknown, OperationState.succeeded, 0),
        (None, OperationState.submitting, 0),
        (None, OperationState.succeeded, 0),
    ],
)
def test_an_operation_is_told_when_it_becomes_unknown(
    was: OperationState | None, state: OperationState, lines: int
):
    operation = Operation("op", OperationKind.charge, state, reason="lost")
    before = payment("p1", operations=(replace(operation, state=was),) if was else ())

    logs = told(lambda: notices.operation_unknown(before, operation))

    assert [("charge", "p1", "example", "lost")] * lines == [
        (line["kind"], line["payment"], line["gateway"], line["because"]) for line in logs
    ]


def disputed(number: int) -> Notification:
    one = notification(f"WH-{number}", entity="acme-D-1", delivery_id=f"d-{number}")
    return replace(one, kind=EntityKind.dispute, type="DISPUTE")


@pytest.mark.parametrize(
    ("payments", "respond_by", "payment_told", "until"),
    [
        (("acme-SALE1", "acme-SALE2"), NOON, "acme-SALE1", "2026-11-02T12:00:00+00:00"),
        ((), None, None, None),
    ],
)
async def test_a_dispute_is_told_when_it_is_opened_with_the_sellers_limit(
    payments: tuple[str, ...], respond_by: Any, payment_told: str | None, until: str | None
):
    seen = DisputeObservation(
        "D-1", "open", NOON, payments=payments, as_of=NOON, respond_by=respond_by
    )
    later = replace(seen, status="under review", as_of=NOON + timedelta(hours=1))
    world = World(Acme(confirmations=[Confirmed(seen), Confirmed(later)]))
    with capture_logs() as logs:
        for number in (1, 2):
            one = disputed(number)
            await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=f"{number}"))
            await world.consume(world.verified, world.process)

    assert [("acme", "acme-D-1", payment_told, until)] == [
        (line["gateway"], line["dispute"], line["payment"], line["respond_by"])
        for line in logs
        if line["event"] == "dispute.opened"
    ]


async def test_what_succeeds_is_told_as_no_dispute():
    world = World()
    with capture_logs() as logs:
        one = notification()
        await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="1"))
        await world.consume(world.verified, world.process)

    assert [] == [line for line in logs if line["event"].startswith("dispute.")]
