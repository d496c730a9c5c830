"""The commands of docs/paypal.md work in the order in which they are printed."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.emulator import REGION
from penstock_paypal.account import wanted
from penstock_paypal.simulator.threaded import RunningPayPal, threaded
from tests.adapters.bench import table
from tests.contract.cli.running import run
from tests.documents.commands import ROOT, commands

PAGE = ROOT / "docs/paypal.md"
# `penstock --stack NAME paypal …`; the other groups' commands have tests of their own.
STEPS = [line for line in commands("docs/paypal.md") if line.split()[3] in ("paypal", "webhooks")]


def printed_file() -> str:
    """The set-up file of the page."""
    (found,) = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    return found


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningPayPal]:
    """Stacks that Pulumi knows, whose PayPal is simulated, and the page's file."""
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "setup.yaml").write_text(printed_file())
    with threaded(tmp_path / "keys") as paypal, mock_aws():
        outputs: dict[str, Any] = {
            "stack": "dev",
            "region": REGION,
            "apiUrl": "http://127.0.0.1:1",
            "ledgerTable": "t",
            "deliveriesTopicArn": "arn:d",
            "eventsTopicArn": "arn:e",
            "secretsPrefix": "penstock-dev",
            "queues": {name: {"url": "http://q"} for name in ("verified", "rejected", "payments")},
            "functions": {},
            "gateways": {"paypal": {"environment": "local"}},
            "profile": {
                "paypal": {
                    "api_url": paypal.url,
                    "activity_url": paypal.url,
                    "certificate_urls": "none",
                    "certificate_name": "none",
                    "anchors": "",
                }
            },
            "sinks": {},
            "settings": {},
        }
        (tmp_path / "outputs").write_text(json.dumps(outputs))
        pulumi = tmp_path / "bin/pulumi"
        pulumi.parent.mkdir()
        pulumi.write_text(f"#!/bin/sh\ncat {tmp_path}/outputs\n")
        pulumi.chmod(0o755)
        monkeypatch.setenv("PATH", f"{pulumi.parent}{os.pathsep}{os.environ['PATH']}")
        # For the audit trail.
        boto3.Session().client("dynamodb").create_table(**table("t"))
        vault = boto3.Session().client("secretsmanager")
        access = paypal.access
        # As if they had been typed: where the test runs there is no terminal.
        typed = {"client_id": access.client_id, "client_secret": access.client_secret}
        vault.create_secret(Name="penstock-dev/paypal", SecretString=json.dumps(typed))
        yield paypal


def test_the_printed_file_is_a_set_up_file() -> None:
    import yaml

    read = wanted.read(yaml.safe_load(printed_file()))

    assert ["Tea monthly", "Tea yearly"] == [one.name for one in read.products[0].plans]


def test_the_page_lists_every_field_of_a_plan() -> None:
    table = PAGE.read_text().split("| field of a plan")[1].split("\n\n")[0]
    named = set(re.findall(r"`([a-z_]+)`", " ".join(re.findall(r"^\| (.*?) \|", table, re.M))))
    optional = {
        name for name, field in wanted.Plan.model_fields.items() if not field.is_required()
    }

    assert optional == named


def test_the_commands_work_in_their_order(deployed: RunningPayPal) -> None:
    """
    With the simulated PayPal's environment in the place of the sandbox's and the live one's.
    """
    assert 6 == len(STEPS)
    for line in STEPS:
        words = shlex.split(line)[1:]
        if "--env" in words:
            words[words.index("--env") + 1] = "local"
        if "setup" in words and "--confirm" not in words and "--dry-run" not in words:
            # A stack that does not say otherwise is protected.
            words += ["--confirm", words[words.index("--stack") + 1]]
        ended = run(words)

        assert 0 == ended.exit_code, (line, ended.output)
