"""What `penstock doctor` looks at that the emulator cannot be made to break."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, cast

import pytest

from penstock.entrypoints.cli.doctor import clock, log_of_serve, mappings, quota, skew
from penstock.entrypoints.cli.patient import Patient
from penstock.entrypoints.cli.stack import Stack
from penstock.testing.clock import FrozenClock
from tests.unit.entrypoints.patient import Told, patient


@dataclass
class Account:
    """An AWS account with a limit."""

    limit: int
    asked: list[str] = field(default_factory=list[str])

    @property
    def clients(self) -> Account:
        return self

    async def call(self, service: str, operation: str, **arguments: Any) -> Any:
        self.asked.append(f"{service} {operation}")
        return {"AccountLimit": {"ConcurrentExecutions": self.limit}}


@pytest.mark.parametrize(("limit", "ok"), [(10, False), (99, False), (100, True), (1000, True)])
async def test_a_new_accounts_ten_functions_are_too_few(limit: int, ok: bool):
    patient = Patient(Stack("dev", {}), cast("Any", Account(limit)), cast("Any", None))
    (found,) = [finding async for finding in quota(patient)]

    assert (ok, str(limit)) == (found.ok, found.said.split()[0])


SWITCH = "aws lambda update-event-source-mapping --region eu-west-1 --uuid u-1"


@pytest.mark.parametrize(
    ("consumers", "state", "todo"),
    [
        ("functions", "Enabled", None),
        ("functions", "Disabled", f"{SWITCH} --enabled"),
        ("functions", None, "deleted by hand: make update STACK=dev REFRESH=1"),
        ("serve", "Disabled", None),
        ("serve", None, None),
        ("serve", "Enabled", f"{SWITCH} --no-enabled"),
    ],
)
async def test_either_the_functions_are_fed_or_serve_is(
    consumers: str, state: str | None, todo: str | None
):
    one = patient(
        {"EventSourceMappings": [{"State": state, "UUID": "u-1"}] if state else []},
        region="eu-west-1",
        settings={"consumers": consumers},
        functions={"receive": "r", "charge": "c"},
    )
    (found,) = [finding async for finding in mappings(one)]

    assert "mapping of charge" == found.check
    assert (todo is None) == found.ok
    assert (found.todo or "").startswith(todo or "")


@pytest.mark.parametrize(("streams", "ok"), [([], False), ([{"logStreamName": "a"}], True)])
async def test_the_log_of_serve_must_arrive_where_alarms_count_it(streams: Any, ok: bool):
    one = patient({"logStreams": streams}, serveLogGroup="/penstock/dev/serve")
    (found,) = [finding async for finding in log_of_serve(one)]

    assert ok == found.ok
    assert ok or "/penstock/dev/serve" in str(found.todo)


async def test_where_functions_work_nobody_asks_for_the_log_of_serve():
    assert [] == [finding async for finding in log_of_serve(patient({}))]


@pytest.mark.parametrize(("off", "ok"), [(-59, True), (0, True), (61, False), (-3600, False)])
async def test_a_clock_that_is_off_by_more_than_a_minute_is_to_be_set(off: int, ok: bool):
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    date = format_datetime(noon + timedelta(seconds=off), usegmt=True)
    answer = {"ResponseMetadata": {"HTTPHeaders": {"date": date}}}
    told = Told(answer, FrozenClock(noon))
    one = Patient(Stack("dev", {}), cast("Any", told), cast("Any", None))
    (found,) = [finding async for finding in clock(one)]

    assert (ok, f"{abs(off)} s from AWS's") == (found.ok, found.said)


@pytest.mark.parametrize("seconds", [-90, 0, 90])
def test_the_clock_is_off_in_either_direction(seconds: int):
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)

    assert abs(seconds) == skew("Mon, 02 Nov 2026 12:00:00 GMT", noon + timedelta(seconds=seconds))
