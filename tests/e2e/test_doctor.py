"""`penstock doctor`: a stack that is well, and each thing that may be wrong with it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.world import World, until

pytestmark = [pytest.mark.emulator, pytest.mark.slow]
Lines = Mapping[str, Any]


def doctor(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "penstock.entrypoints.cli", *options, "doctor"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own program


def wrong(folder: Path) -> Lines:
    """What needs a person, and what for; the exit code says the same."""
    done = doctor(folder, "--json")
    found = {one["check"]: one for one in json.loads(done.stdout)}
    todo = {check: one["todo"] for check, one in found.items() if not one["ok"]}

    assert (1 if todo else 0) == done.returncode
    return todo


@pytest.fixture
def well(world: World) -> World:
    """The platform at rest, with empty dead-letter queues, whatever other tests left."""
    world.settle()
    sqs = world.platform.client("sqs")
    for name in world.platform.outputs["queues"]:
        if name != "rejected":
            sqs.purge_queue(QueueUrl=world.dlq(name))
    until(lambda: not world.dead_letters(), what="the purge")
    return world


@contextmanager
def elsewhere(tmp_path: Path, world: World, **outputs: Any) -> Iterator[Path]:
    """A folder whose stack is the running one, told wrongly."""
    told = {**world.platform.outputs, **outputs}
    path = tmp_path / ".penstock/local/stack.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({name: one for name, one in told.items() if one is not None}))
    yield tmp_path


def test_a_stack_that_is_well_has_only_ok_lines(well: World) -> None:
    done = doctor(well.platform.workspace.root)
    lines = done.stdout.splitlines()

    assert (0, "") == (done.returncode, done.stderr)
    assert {"ok  "} == {line[:4] for line in lines}
    for check in ("outputs", "settings of paypal", "log level", "secret of slack", "concurrency"):
        assert any(line.startswith(f"ok  {check}: ") for line in lines), check
    for check in ("mapping of charge", "dead letters of sink-email", "webhook of paypal", "clock"):
        assert any(line.startswith(f"ok  {check}: ") for line in lines), check
    assert "ok  api: /health answered 200" in lines


def test_a_secret_that_lacks_a_field_is_named_with_the_command_that_writes_it(
    well: World,
) -> None:
    secrets = well.platform.client("secretsmanager")
    name = f"{well.platform.outputs['secretsPrefix']}/slack"
    old = secrets.get_secret_value(SecretId=name)["SecretString"]
    secrets.put_secret_value(SecretId=name, SecretString="{}")
    try:
        todo = wrong(well.platform.workspace.root)
    finally:
        secrets.put_secret_value(SecretId=name, SecretString=old)

    assert {"secret of slack": "penstock --stack local secrets set slack"} == todo


def test_a_function_that_is_not_fed_is_named(well: World) -> None:
    functions = well.platform.client("lambda")
    physical = well.platform.outputs["functions"]["deliver-slack"]
    listed = functions.list_event_source_mappings(FunctionName=physical)
    (mapping,) = listed["EventSourceMappings"]

    def switch(state: str) -> None:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=state == "Enabled")
        until(
            lambda: state == functions.get_event_source_mapping(UUID=mapping["UUID"])["State"],
            what=f"the mapping as {state}",
        )

    try:
        switch("Disabled")
        todo = wrong(well.platform.workspace.root)
    finally:
        switch("Enabled")

    assert ["mapping of deliver-slack"] == list(todo)


def test_a_schedule_that_was_disabled_by_hand_is_named_with_the_command_that_enables_it(
    well: World,
) -> None:
    events, rule = well.platform.client("events"), "penstock-local-sweep"
    events.disable_rule(Name=rule)
    try:
        todo = wrong(well.platform.workspace.root)
    finally:
        events.enable_rule(Name=rule)

    region = well.platform.outputs["region"]
    assert {"schedule of sweep": f"aws events enable-rule --region {region} --name {rule}"} == todo


def test_a_parked_message_is_counted_with_the_command_that_shows_it(well: World) -> None:
    well.send(well.dlq("payments"), "parked by a test", "doctor")
    todo = wrong(well.platform.workspace.root)

    assert {"dead letters of payments": "penstock --stack local dlq list payments"} == todo


@pytest.mark.parametrize(
    ("registered", "word"),
    [
        ({"url": "https://elsewhere.example/webhooks/paypal"}, "has no webhook for"),
        ({"events": ["PAYMENT.SALE.COMPLETED"]}, "webhook lacks BILLING.SUBSCRIPTION.ACTIVATED"),
    ],
)
def test_a_webhook_that_does_not_come_here_is_told(
    well: World, registered: dict[str, Any], word: str
) -> None:
    ours = f"{well.platform.api_url}/webhooks/paypal"
    _register(well, {"url": ours, **registered})
    try:
        todo = wrong(well.platform.workspace.root)
    finally:
        _register(well, {"url": ours})

    assert ["webhook of paypal"] == list(todo)
    assert word in todo["webhook of paypal"]


@pytest.mark.parametrize(
    ("outputs", "checks"),
    [
        ({"secretsPrefix": None}, ["outputs"]),
        ({"gateways": {"paypal": {"environment": "moon"}}}, ["settings of paypal", "webhooks"]),
        ({"gateways": {"nobody": {}}}, ["settings of nobody", "webhooks"]),
        ({"settings": {"logLevel": "ERROR"}}, ["log level"]),
        ({"apiUrl": "http://127.0.0.1:1"}, ["webhook of paypal", "api"]),
        ({"apiUrl": "https://nowhere.invalid"}, ["webhook of paypal", "name", "api"]),
    ],
    ids=["output", "setting", "plugin", "log level", "api", "name"],
)
def test_what_the_stack_says_of_itself_is_checked(
    well: World, tmp_path: Path, outputs: dict[str, Any], checks: list[str]
) -> None:
    with elsewhere(tmp_path, well, **outputs) as folder:
        assert checks == list(wrong(folder))


def test_no_answer_at_all_is_told_for_each_check_and_breaks_none(
    well: World, tmp_path: Path
) -> None:
    aws = {**well.platform.outputs["aws"], "endpoint_url": "http://127.0.0.1:1"}
    with elsewhere(tmp_path, well, aws=aws) as folder:
        todo = wrong(folder)

    assert {
        "secrets",
        "quota",
        "mappings",
        "schedules",
        "alerts",
        "dead_letters",
        "ledger",
        "webhooks",
        "clock",
        "endpoints",
    } == todo.keys()


def _register(world: World, told: dict[str, Any]) -> None:
    simulator = world.platform.simulators["paypal"].url
    request = urllib.request.Request(  # noqa: S310 - our own simulator
        f"{simulator}/_simulator/registration",
        method="PUT",
        data=json.dumps(told).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - the same
        pass


def test_a_restored_table_that_lacks_its_settings_is_named_with_the_commands(
    well: World, tmp_path: Path
) -> None:
    """
    A restore brings items, keys and indexes; the functions still use the first table.
    """
    dynamodb, name = well.platform.client("dynamodb"), "penstock-local-ledger-restored"
    own = dynamodb.describe_table(TableName=well.platform.outputs["ledgerTable"])["Table"]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=own["KeySchema"],
        AttributeDefinitions=own["AttributeDefinitions"],
        GlobalSecondaryIndexes=[
            {key: one[key] for key in ("IndexName", "KeySchema", "Projection")}
            for one in own["GlobalSecondaryIndexes"]
        ],
    )
    try:
        with elsewhere(tmp_path, well, ledgerTable=name) as folder:
            todo = wrong(folder)
    finally:
        dynamodb.delete_table(TableName=name)

    assert {"ledger", "ledger recovery", "ledger expiry"} == todo.keys()
    assert "deploy again: make update STACK=local" == todo["ledger"]
    assert todo["ledger expiry"].startswith(
        f"aws dynamodb update-time-to-live --table-name {name}"
    )
