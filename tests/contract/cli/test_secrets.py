"""`penstock secrets`: values go in by prompt, pipe or file, and never come out."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.emulator import REGION
from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.secrets import aws_secrets
from penstock.testing.clock import FrozenClock
from tests.adapters.bench import table
from tests.contract.cli.running import Ran, run

NAME = "penstock-local/paypal"
FIRST = {"client_id": "id-one", "client_secret": "hush-one", "webhook_id": "WH-one"}
SECOND = {"client_id": "id-two", "client_secret": "hush-two", "webhook_id": "WH-two"}

THIRD = {"client_id": "id-three", "client_secret": "hush-three", "webhook_id": "WH-three"}


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A stack whose PayPal secret was made, as the stack makes it, without a value."""
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.chdir(tmp_path)
    outputs = {
        "stack": "local",
        "region": REGION,
        "apiUrl": "http://127.0.0.1:1",
        "ledgerTable": "t",
        "deliveriesTopicArn": "arn:d",
        "eventsTopicArn": "arn:e",
        "secretsPrefix": "penstock-local",
        "queues": {
            name: {"url": "http://q"}
            for name in ("deliveries", "verified", "rejected", "payments")
        },
        "functions": {},
        "gateways": {"paypal": {"environment": "sandbox"}},
        "sinks": {"email": {}},
        "settings": {},
        "protected": False,
    }
    folder = tmp_path / ".penstock/local"
    folder.mkdir(parents=True)
    (folder / "stack.json").write_text(json.dumps(outputs))
    with mock_aws():
        client = boto3.Session().client("secretsmanager")
        client.create_secret(Name=NAME)
        boto3.Session().client("dynamodb").create_table(**table("t"))
        yield client


def secrets(*arguments: str, given: Any = None) -> Ran:
    text = given if isinstance(given, str) or given is None else json.dumps(given)
    # PayPal is not there to be asked; test_tested_secrets.py has one that is.
    untested = ["--untested"] if arguments[0] in ("set", "rotate", "rollback") else []
    return run(["secrets", *arguments, *untested], text)


def kept() -> tuple[Any, ...]:
    """The versions a function finds good."""
    clients = Clients(calls=1, polls=1)
    versions = asyncio.run(aws_secrets(clients, NAME, FrozenClock()).get()).versions
    clients.close()
    return versions


def test_the_first_value_comes_from_a_pipe(vault: Any):
    assert 0 == secrets("set", "paypal", given=FIRST).exit_code
    assert (FIRST,) == kept()


def test_a_value_comes_from_a_file(vault: Any, tmp_path: Path):
    (tmp_path / "value.json").write_text(json.dumps(FIRST))

    assert 0 == secrets("set", "paypal", "--from-file", "value.json").exit_code
    assert (FIRST,) == kept()


def test_one_field_is_written_and_the_others_stay(vault: Any):
    secrets("set", "paypal", given=FIRST)
    result = secrets("set", "paypal", "--field", "webhook_id", given="WH-new\n")

    assert 0 == result.exit_code
    assert ({**FIRST, "webhook_id": "WH-new"},) == kept()


def test_a_rotation_keeps_the_value_before_good(vault: Any):
    secrets("set", "paypal", given=FIRST)
    result = secrets("rotate", "paypal", given=SECOND)

    assert 0 == result.exit_code
    assert (SECOND, FIRST) == kept()


def test_a_value_that_was_set_anew_is_good_no_longer(vault: Any):
    secrets("set", "paypal", given=FIRST)
    secrets("rotate", "paypal", given=SECOND)
    secrets("set", "paypal", given={**SECOND, "client_secret": "hush-three"})

    assert ({**SECOND, "client_secret": "hush-three"},) == kept()


def test_a_mistake_is_rolled_back_and_the_roll_back_too(vault: Any):
    secrets("set", "paypal", given=FIRST)
    secrets("set", "paypal", given=SECOND)
    back = secrets("rollback", "paypal")
    after = kept()
    forth = secrets("rollback", "paypal")

    assert (0, (FIRST,)) == (back.exit_code, after), back.output
    assert (0, (SECOND,)) == (forth.exit_code, kept()), forth.output


def test_a_rotation_is_rolled_back_to_the_one_value_before_it(vault: Any):
    secrets("set", "paypal", given=FIRST)
    secrets("rotate", "paypal", given=SECOND)
    secrets("rotate", "paypal", given=THIRD)
    secrets("rollback", "paypal")

    assert (SECOND,) == kept()


def test_the_value_before_is_not_good_until_it_is_rolled_back(vault: Any):
    secrets("set", "paypal", given=FIRST)
    secrets("set", "paypal", given=SECOND)

    assert (SECOND,) == kept()


@pytest.mark.parametrize("writes", [[], [FIRST]], ids=["no value", "the first value"])
def test_without_a_value_before_nothing_is_rolled_back(vault: Any, writes: list[Any]):
    for value in writes:
        secrets("set", "paypal", given=value)
    before = _stages(vault)
    result = secrets("rollback", "paypal")

    assert 3 == result.exit_code
    assert "no value before" in result.stderr
    assert before == _stages(vault)


def _stages(vault: Any) -> dict[str, list[str]]:
    """Which value is which; the emulator makes up the dates of each answer."""
    versions = vault.list_secret_version_ids(SecretId=NAME)["Versions"]
    return {one["VersionId"]: one["VersionStages"] for one in versions}


def test_the_printed_way_back_works_as_printed(vault: Any):
    secrets("set", "paypal", given=FIRST)
    written = secrets("set", "paypal", given=SECOND)
    (command,) = re.findall("to undo it: penstock (.*)", written.stdout)
    result = run([*command.split(), "--untested"])

    assert (0, (FIRST,)) == (result.exit_code, kept())


async def test_a_running_function_takes_a_rotated_value_when_its_own_is_five_minutes_old(
    vault: Any,
):
    clients, clock = Clients(calls=1, polls=1), FrozenClock()
    await asyncio.to_thread(secrets, "set", "paypal", given=FIRST)
    running = aws_secrets(clients, NAME, clock)
    before = await running.get()
    await asyncio.to_thread(secrets, "rotate", "paypal", given=SECOND)
    at_once = await running.get()
    clock.advance(timedelta(minutes=5).total_seconds())
    later = await running.get()
    clients.close()

    assert ((FIRST,), (FIRST,)) == (before.versions, at_once.versions)
    assert (SECOND, FIRST) == later.versions


@pytest.mark.parametrize(
    ("arguments", "given", "word"),
    [
        (("set", "paypal"), {"client_id": "hush-x"}, "lacks the field client_secret, webhook_id"),
        (("set", "paypal"), {**FIRST, "other": "hush-x"}, "has no field other"),
        (("set", "paypal"), {**FIRST, "client_secret": ""}, "no proper text in client_secret"),
        (("set", "paypal"), {**FIRST, "client_secret": "hush-x\n"}, "no proper text"),
        (("set", "paypal"), '{"client_id": "hush-x', "JSON object of text fields"),
        (("set", "paypal"), {**FIRST, "client_id": 7}, "JSON object of text fields"),
        (("set", "paypal"), "", "JSON object of text fields"),
        (("set", "paypal"), "null", "JSON object of text fields"),
        (("set", "paypal"), ["hush-x"], "JSON object of text fields"),
        (("set", "paypal"), {}, "lacks the field client_id"),
        (("set", "paypal"), 20_000 * "[" + "hush", "JSON object of text fields"),
        (("set", "paypal"), {**FIRST, "client_id": "hush" * 5_000}, "no proper text in client_id"),
        (("set", "paypal", "--field", "pin"), "hush-x", "has the fields client_id"),
        (("set", "paypal", "--field", "client_id"), "", "lacks the field client_secret"),
        (("set", "nobody"), "hush-x", "no plugin nobody with a secret; there are paypal"),
        (("rotate", "nobody"), "hush-x", "no plugin nobody with a secret; there are paypal"),
        (("set", "paypal", "--from-file", "nowhere"), "", "nowhere: No such file"),
        (("set", "paypal", "--from-file", "latin"), "", "text in UTF-8"),
        (("rotate", "paypal"), SECOND, "no value yet"),
        (("set", "email"), {}, "there are paypal"),
    ],
)
def test_what_the_plugin_did_not_declare_is_refused_by_name_and_not_shown(
    vault: Any, arguments: tuple[str, ...], given: Any, word: str
):
    Path("latin").write_bytes(b"hush \xff")
    result = secrets(*arguments, given=given)

    assert 0 < result.exit_code < 70
    assert word in result.stderr
    assert "hush" not in result.output
    assert [] == [one for one in chain(result.exception) if "hush" in f"{one} {vars(one)}"]
    assert [] == vault.list_secret_version_ids(SecretId=NAME)["Versions"]


def chain(exc: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that hang on it: a report of errors would send them along."""
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__


def test_a_rotation_to_the_same_value_pushes_nothing_out(vault: Any):
    secrets("set", "paypal", given=FIRST)
    secrets("rotate", "paypal", given=SECOND)
    result = secrets("rotate", "paypal", given=SECOND)

    assert (3, (SECOND, FIRST)) == (result.exit_code, kept())


def test_the_list_shows_fields_and_ages_and_no_value(vault: Any):
    empty = json.loads(run(["--json", "secrets", "list"]).stdout)
    secrets("set", "paypal", given=FIRST)
    secrets("rotate", "paypal", given=SECOND)
    result = run(["--json", "secrets", "list"])
    people = secrets("list")

    assert [[], None] == [empty[0]["present"], empty[0]["age"]]
    assert [
        {
            "plugin": "paypal",
            "present": ["client_id", "client_secret", "webhook_id"],
            "missing": [],
            "age": "0 d",
            "previous": "0 d",
        }
    ] == json.loads(result.stdout)
    assert "client_secret" in people.stdout
    assert not any(value in result.output + people.output for value in SECOND.values())


@pytest.mark.parametrize("command", ["set", "rotate", "rollback"])
def test_a_protected_stacks_secrets_are_written_only_with_its_name(vault: Any, command: str):
    path = Path(".penstock/local/stack.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "protected": True}))
    for value in (THIRD, FIRST):
        secrets("set", "paypal", "--confirm", "local", given=value)
    refused = secrets(command, "paypal", given=SECOND)
    written = secrets(command, "paypal", "--confirm", "local", given=SECOND)

    assert (5, 0) == (refused.exit_code, written.exit_code)
    assert "--confirm local" in refused.stderr


def test_no_option_takes_a_value(vault: Any):
    """
    The command line is in everybody's process list and in the shell's history.
    """
    result = secrets("set", "paypal", "client_secret=hush-x")

    assert 2 == result.exit_code
