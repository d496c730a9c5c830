"""What `penstock doctor` looks at that the emulator cannot be made to break."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from penstock.adapters.memory import MemoryAttempts
from penstock.api import AwsError
from penstock.entrypoints.cli.doctor import clock, log_of_serve, mappings, quota, skew
from penstock.entrypoints.cli.patient import Patient
from penstock.entrypoints.cli.reach import certificate, domain
from penstock.entrypoints.cli.stack import Stack
from penstock.entrypoints.cli.told import alerts, digest, endpoints, schedules
from penstock.ports import Trouble
from penstock.testing.clock import FrozenClock

NOON = datetime.now(UTC)


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


@dataclass
class Told:
    """AWS, which answers any call with the same."""

    answer: Any
    clock: FrozenClock = field(default_factory=FrozenClock)

    @property
    def clients(self) -> Told:
        return self

    async def call(self, service: str, operation: str, **arguments: Any) -> Any:
        return self.answer


def patient(answer: Any, **outputs: Any) -> Patient:
    return Patient(Stack("dev", outputs), cast("Any", Told(answer)), cast("Any", None))


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


def made(folder: Path, *, good_for: timedelta) -> Path:
    """A key and a certificate for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    shown = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON - timedelta(days=400))
        .not_valid_after(NOON + good_for)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "localhost.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + shown.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(
    ("days", "trusted", "ok"),
    [(90, True, True), (20, True, False), (-1, True, False), (90, False, False)],
    ids=["good", "not renewed", "expired", "of a stranger"],
)
async def test_a_certificate_is_looked_at_as_a_client_sees_it(
    tmp_path: Path, days: int, trusted: bool, ok: bool
):
    path = made(tmp_path, good_for=timedelta(days=days))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path)
    trust = ssl.create_default_context(cafile=str(path) if trusted else None)

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=serving)
    async with server:
        port = server.sockets[0].getsockname()[1]
        _, _, todo = await certificate("localhost", port, NOON, trust)

    assert ok == (todo is None)


async def test_a_name_without_an_address_is_told_and_its_certificate_not_asked_for():
    ((check, said, todo),) = await domain("https://nowhere.invalid/", NOON)

    assert ("name", True, True) == (check, "nowhere.invalid" in said, todo is not None)
