"""A stack is found by its outputs, and they make the environment that its functions have."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from penstock.entrypoints.cli.stack import Stack, StackMissing, find
from penstock.settings import Function, Settings

OUTPUTS: dict[str, Any] = {
    "stack": "dev",
    "region": "eu-west-1",
    "apiUrl": "https://api.test/",
    "ledgerTable": "penstock-dev-ledger",
    "deliveriesTopicArn": "arn:deliveries",
    "eventsTopicArn": "arn:events",
    "secretsPrefix": "penstock-dev",
    "queues": {
        "deliveries": {"url": "http://q/d", "dlqUrl": "http://q/d-dlq"},
        "verified": {"url": "http://q/v", "dlqUrl": "http://q/v-dlq"},
        "rejected": {"url": "http://q/r"},
        "payments": {"url": "http://q/p", "dlqUrl": "http://q/p-dlq"},
        "sink-slack": {"url": "http://q/s", "dlqUrl": "http://q/s-dlq"},
    },
    "functions": {"charge": "penstock-dev-charge"},
    "gateways": {
        "example": {"request_uri": "http://bank.test/charges"},
        "paypal": {"environment": "sandbox", "extra_certificates": None},
    },
    "sinks": {"slack": {}, "email": {"sender": "a@b.test", "recipients": ["c@d.test"]}},
    "settings": {
        "sqsMaxNumberOfMessages": 4,
        "backoffBaseSeconds": 1,
        "backoffCapSeconds": 10.5,
        "unknownAfterSeconds": 20,
        "itemTimeoutSeconds": 20,
        "requestTimeoutSeconds": 8,
        "logLevel": "DEBUG",
    },
}


def fake_pulumi(folder: Path, code: str) -> None:
    """An executable of that name which runs some Python."""
    path = folder / "pulumi"
    path.write_text(f"#!{sys.executable}\nimport sys, json\n{code}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_the_environment_satisfies_every_function():
    environ = Stack("dev", OUTPUTS).environ()
    consumer = {"SQS_QUEUE_URL": "q", "SQS_DLQ_QUEUE_URL": "d", "PENSTOCK_SINK": "slack"}

    for function in Function:
        settings = Settings.read({**environ, **consumer}, function)
        assert (4, 1.0, 10.5, "DEBUG") == (
            settings.max_messages,
            settings.backoff_base,
            settings.backoff_cap,
            settings.log_level,
        )


def test_plugins_settings_are_variables_text_as_it_is_and_lists_as_json():
    environ = Stack("dev", OUTPUTS).environ()

    assert "http://bank.test/charges" == environ["PROVIDER_EXAMPLE_REQUEST_URI"]
    assert '["c@d.test"]' == environ["SINK_EMAIL_RECIPIENTS"]
    assert "PROVIDER_PAYPAL_EXTRA_CERTIFICATES" not in environ


def test_the_local_stack_points_boto3_at_the_emulator_and_forgets_the_users_own_keys():
    aws = {
        "endpoint_url": "http://127.0.0.1:1",
        "region": "us-east-1",
        "access_key_id": "a",
        "secret_access_key": "s",
    }
    environ = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "t"}
    Stack("local", {**OUTPUTS, "aws": aws}).enter(environ)

    assert "http://127.0.0.1:1" == environ["AWS_ENDPOINT_URL"]
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & environ.keys()


def test_a_stack_on_aws_says_the_region_only():
    environ = {"AWS_PROFILE": "work"}
    Stack("dev", OUTPUTS).enter(environ)

    assert {"AWS_PROFILE": "work", "AWS_DEFAULT_REGION": "eu-west-1"} == environ


def test_the_local_stack_is_found_from_any_folder_below(tmp_path: Path):
    folder = tmp_path / ".penstock/local"
    folder.mkdir(parents=True)
    (folder / "stack.json").write_text(json.dumps(OUTPUTS))
    below = tmp_path / "a/b"
    below.mkdir(parents=True)

    assert OUTPUTS == find("local", below).outputs


def test_without_a_local_platform_the_command_to_start_it_is_named(tmp_path: Path):
    with pytest.raises(StackMissing, match="make run"):
        find("local", tmp_path)


def test_another_stack_is_asked_of_pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    fake_pulumi(
        tmp_path,
        "assert sys.argv[1:] == ['stack', 'output', '--json', '--stack', 'dev']\n"
        f"print(json.dumps({OUTPUTS!r}))",
    )

    assert OUTPUTS == find("dev", tmp_path).outputs


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("sys.exit('error: no stack named dev found')", "no stack named dev found"),
        ("print('{}')", "make update STACK=dev"),
        ("print('not JSON')", "no readable outputs"),
    ],
)
def test_what_pulumi_says_of_a_stack_it_does_not_know_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
):
    monkeypatch.setenv("PATH", str(tmp_path))
    fake_pulumi(tmp_path, code)

    with pytest.raises(StackMissing, match=said):
        find("dev", tmp_path)


def test_without_pulumi_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StackMissing, match="pulumi is not installed"):
        find("dev", tmp_path)


@pytest.mark.parametrize(
    ("outputs", "protected"),
    [
        ({"protected": False}, False),
        ({"protected": True}, True),
        ({}, True),
        ({"protected": None}, True),
    ],
)
def test_a_stack_that_does_not_say_that_it_is_open_is_protected(
    outputs: dict[str, Any], protected: bool
):
    assert protected is Stack("dev", {**OUTPUTS, **outputs}).protected
