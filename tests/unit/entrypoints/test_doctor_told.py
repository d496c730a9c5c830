"""`penstock doctor`: who receives alarms, what runs by a schedule, which endpoints fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from penstock.adapters.memory import MemoryAttempts
from penstock.api import AwsError
from penstock.entrypoints.cli.patient import Patient
from penstock.entrypoints.cli.stack import Stack
from penstock.entrypoints.cli.told import alerts, digest, endpoints, schedules
from penstock.ports import Trouble
from penstock.testing.clock import FrozenClock
from tests.unit.entrypoints.patient import patient

ANN, BOB = "ann@example.org", "Bob@example.org"


@pytest.mark.parametrize(
    ("subscribed", "named", "said", "todo"),
    [
        ({ANN: True}, [ANN], "1 of 1", None),
        ({ANN: True, BOB: False}, [ANN, BOB], "1 of 2", "open the link"),
        ({ANN: True}, [ANN, BOB], "1 of 2", "an address was unsubscribed"),
        ({ANN: True, BOB: True}, [ANN], "1 of 1 that penstock:alertEmails names, and 1", None),
        ({}, [], "0 of 0", None),
        ({ANN: True, BOB: False}, None, "1 of 2", "open the link"),
    ],
    ids=["well", "not confirmed", "unsubscribed", "another", "nobody", "older outputs"],
)
async def test_those_who_are_told_of_alarms_are_those_that_the_settings_name(
    subscribed: dict[str, bool], named: list[str] | None, said: str, todo: str | None
):
    answer = {
        "Subscriptions": [
            {
                "Protocol": "email",
                "Endpoint": address,
                "SubscriptionArn": "arn:aws:sns:a" if confirmed else "PendingConfirmation",
            }
            for address, confirmed in subscribed.items()
        ]
    }
    outputs = {"alertAddresses": [digest(one) for one in named]} if named is not None else {}
    one = patient(answer, alertsTopicArn="arn:t", **outputs)
    (found,) = [finding async for finding in alerts(one)]

    assert (todo is None) == found.ok
    assert found.said.startswith(said)
    assert (found.todo or "").startswith(todo or "")
    assert "@" not in f"{found.said} {found.todo}"


@dataclass
class Scheduled:
    """AWS with one schedule, its function and that function's log."""

    state: str | None = "ENABLED"
    lines: int = 1
    deployed_hours_ago: int = 24
    clock: FrozenClock = field(default_factory=FrozenClock)
    asked: list[Any] = field(default_factory=list[Any])

    @property
    def clients(self) -> Scheduled:
        return self

    async def call(self, service: str, operation: str, **arguments: Any) -> Any:
        self.asked.append(arguments)
        match operation:
            case "describe_rule":
                if self.state is None:
                    raise AwsError("ResourceNotFoundException", status=400, said="")
                return {"State": self.state}
            case "get_function_configuration":
                at = self.clock.now() - timedelta(hours=self.deployed_hours_ago)
                return {"LastModified": at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")}
            case _ if "nextToken" not in arguments:
                # AWS may answer an empty page before one that is not.
                return {"events": [], "nextToken": "1"}
            case _:
                return {"events": [{"message": "{}"}] * self.lines}


@pytest.mark.parametrize(
    ("consumers", "aws", "said", "todo"),
    [
        ("functions", Scheduled(), "finished a run within the last 3 minutes", None),
        ("functions", Scheduled(lines=0), "no run has finished for 3 minutes", "look why: aws"),
        ("functions", Scheduled(lines=0, deployed_hours_ago=0), "no run yet since", None),
        ("functions", Scheduled("DISABLED"), "disabled", "aws events enable-rule --region eu-w"),
        ("functions", Scheduled(None), "none", "deleted by hand: make update STACK=dev REFRESH=1"),
        ("serve", Scheduled("DISABLED"), "finished a run within the last 3 minutes", None),
        ("serve", Scheduled("ENABLED"), "enabled", "aws events disable-rule --region eu-west-1"),
        ("serve", Scheduled(None), "none", None),
    ],
)
async def test_what_runs_by_a_schedule_is_enabled_and_has_run(
    consumers: str, aws: Scheduled, said: str, todo: str | None
):
    outputs = {
        "region": "eu-west-1",
        "settings": {"consumers": consumers},
        "functions": {"sweep": "penstock-dev-sweep"},
        "schedules": {"sweep": {"rule": "penstock-dev-sweep", "minutes": 1}},
    }
    if consumers == "serve":
        outputs["serveLogGroup"] = "/penstock/dev/serve"
    one = Patient(Stack("dev", outputs), cast("Any", aws), cast("Any", None))
    (found,) = [finding async for finding in schedules(one)]

    assert (todo is None) == found.ok
    assert found.said.startswith(said)
    assert (found.todo or "").startswith(todo or "")
    groups = {one["logGroupName"] for one in aws.asked if "logGroupName" in one}
    looked = "/penstock/dev/serve" if consumers == "serve" else "/aws/lambda/penstock-dev-sweep"
    assert groups <= {looked}


@dataclass
class Kept:
    """What is kept of sinks' deliveries."""

    attempts: MemoryAttempts = field(default_factory=MemoryAttempts)


@pytest.mark.parametrize("protected", [True, False])
async def test_an_endpoint_that_fails_or_is_disabled_says_how_it_is_put_right(protected: bool):
    kept, at = Kept(), datetime(2026, 11, 2, 12, tzinfo=UTC)
    disabled_since = Trouble(at, at + timedelta(days=3), "410 Gone")
    await kept.attempts.note("hook-a", Trouble(at), before=None)
    await kept.attempts.note("hook-b", disabled_since, before=None)
    await kept.attempts.note("hook-c", Trouble(at), before=None)
    await kept.attempts.note("hook-c", None, before=Trouble(at))
    sinks = {name: {"plugin": "webhook"} for name in ("hook-a", "hook-b", "hook-c", "hook-d")}
    outputs = {"sinks": sinks, "protected": protected}
    one = Patient(Stack("dev", outputs), cast("Any", kept), cast("Any", None))
    fails, disabled = [finding async for finding in endpoints(one)]

    assert ("endpoint of hook-a", False) == (fails.check, fails.ok)
    assert "has taken nothing since 2026-11-02 12:00 UTC" == fails.said
    assert "disabled since 2026-11-05 12:00 UTC: 410 Gone" == disabled.said
    command = 'penstock --stack dev dlq redrive sink-hook-b --all --because "…"'
    assert (disabled.todo or "").endswith(command + (" --confirm dev" if protected else ""))
