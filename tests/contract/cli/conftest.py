"""Working directories, stacks of several kinds, and webhooks kept in files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.emulator import REGION, Emulator
from penstock.entrypoints.cli.stack import Stack
from penstock_paypal.simulator.threaded import threaded
from penstock_paypal.webhooks import door
from tests.adapters.bench import table
from tests.aws_models import read_once
from tests.contract.cli.commands import Shows, write
from tests.contract.cli.kept_webhooks import VECTORS, Kept
from tests.contract.cli.shop import NAME, Shop
from tests.plugins.paypal.reference import SANDBOX_URL

read_once()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own; what the commands do to the environment is undone."""
    for name in ("ENDPOINT_URL", "REGION", "DEFAULT_REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".penstock/local").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def pulumi(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Shows:
    """A pulumi that shows a stack whose AWS does not answer, with more outputs as given."""
    program = folder / "bin/pulumi"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\ncat {folder}/outputs\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    aws = {
        "endpoint_url": "http://127.0.0.1:9",
        "region": REGION,
        "access_key_id": "test",
        "secret_access_key": "test",
    }

    def shows(**outputs: Any) -> None:
        write(folder, aws=aws)
        stack = json.loads((folder / ".penstock/local/stack.json").read_text())
        del stack["protected"]
        (folder / "outputs").write_text(json.dumps({**stack, **outputs}))

    return shows


@pytest.fixture
def stack(folder: Path, emulator: Emulator) -> Iterator[Stack]:
    """A stack on the emulator with a ledger and two queues, empty for each test."""
    emulator.reset()
    session = boto3.Session("test", "test", region_name=REGION)
    dynamodb = session.client("dynamodb", endpoint_url=emulator.url)
    dynamodb.create_table(**table("cli-ledger"))
    sqs = session.client("sqs", endpoint_url=emulator.url)

    def queue(name: str) -> str:
        attributes = {"FifoQueue": "true", "VisibilityTimeout": "30"}
        made = sqs.create_queue(QueueName=f"{name}.fifo", Attributes=attributes)
        return str(made["QueueUrl"])

    write(
        folder,
        aws={
            "endpoint_url": emulator.url,
            "region": REGION,
            "access_key_id": "test",
            "secret_access_key": "test",
        },
        queues={
            "payments": {"url": queue("payments"), "dlqUrl": queue("payments-dlq")},
            "deliveries": {"url": queue("deliveries")},
            "verified": {"url": queue("verified"), "dlqUrl": queue("verified-dlq")},
            "rejected": {"url": queue("rejected")},
        },
    )
    yield Stack("local", json.loads((folder / ".penstock/local/stack.json").read_text()))
    sqs.close()
    dynamodb.close()


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """A sandbox delivery of 2016, genuinely signed."""
    return Kept.of(tmp_path, next(one for one in VECTORS if "2016" in one.name))


@pytest.fixture
def invented(tmp_path: Path) -> Kept:
    """A delivery that nobody signed, for what needs no signature."""
    headers = {
        door.ID: "dfb3be50-fd74-11e4-8bf3-77339302725b",
        door.TIME: "2026-11-02T12:00:00Z",
        door.SIGNATURE: "A" * 344,
        door.CERT_URL: SANDBOX_URL,
        door.ALGORITHM: "SHA256withRSA",
    }
    options: dict[str, str | None] = {"webhook-id": "WH1", "at": "2026-11-02T12:00:00Z"}
    return Kept(tmp_path, headers, b"{}", options)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated PayPal's keys, made once for all tests: making them takes long."""
    return tmp_path_factory.mktemp("paypal")


@pytest.fixture
def shop(tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A stack whose AWS is in this process, with PayPal, and a working directory of its own."""
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".penstock/local").mkdir(parents=True)
    with threaded(keys) as paypal, mock_aws():
        vault = boto3.Session().client("secretsmanager")
        vault.create_secret(Name=NAME)
        # For the audit trail.
        boto3.Session().client("dynamodb").create_table(**table("t"))
        profile = {
            "api_url": paypal.url,
            "activity_url": f"{paypal.url}/activity/",
            "certificate_urls": "none",
            "certificate_name": "none",
            "anchors": "",
        }
        outputs: dict[str, Any] = {
            "stack": "local",
            "region": REGION,
            "apiUrl": "http://127.0.0.1:1",
            "ledgerTable": "t",
            "deliveriesTopicArn": "arn:d",
            "eventsTopicArn": "arn:e",
            "secretsPrefix": "penstock-local",
            "queues": {name: {"url": "http://q"} for name in ("verified", "rejected", "payments")},
            "functions": {},
            "gateways": {"paypal": {"environment": "local"}},
            "profile": {"paypal": profile},
            "sinks": {},
            "settings": {},
            "protected": False,
        }
        made = Shop(tmp_path, paypal, vault, outputs)
        made.write()
        yield made
