"""Each command reads only, leaves an entry in the audit trail, or says here why it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from local.emulator import REGION
from penstock.entrypoints.cli import commands
from penstock.entrypoints.cli.catalogue import COMMANDS, GROUPS, accounts
from penstock.entrypoints.cli.commands.accounts import group
from tests.adapters.bench import table
from tests.contract.cli.commands import write
from tests.contract.cli.running import run

READS = {
    "audit list",
    "dlq list",
    "dlq show",
    "doctor",
    "events list",
    "events show",
    "payments find",
    "payments list",
    "payments show",
    "paypal check",
    "plans list",
    "plugins check",
    "plugins list",
    "queue depth",
    "queue receive",
    "queue work",
    "rejected list",
    "rejected show",
    "secrets list",
    "subscriptions list",
    "subscriptions show",
    "tokens list",
    "webhooks check",
    "webhooks drift",
}
_BY_THE_API = "the API does it: its log names the token, and the payment or subscription keeps it"
NOT_AUDITED = {
    "serve": "a host: it does what messages and requests ask for",
    "plugins new": "it writes files on this machine and reaches no stack",
    "trigger": "the local platform only: a simulator sends a webhook",
    "payments refund": _BY_THE_API,
    "subscriptions cancel": _BY_THE_API,
    "subscriptions collect": _BY_THE_API,
    "subscriptions create": _BY_THE_API,
    "subscriptions resume": _BY_THE_API,
    "subscriptions revise": _BY_THE_API,
    "subscriptions suspend": _BY_THE_API,
}
HELD_BY = {
    "listen": "tests/e2e/test_listen.py",
    "smoke": "tests/e2e/test_smoke.py",
    "paypal setup": "tests/contract/cli/test_setup.py",
    "webhooks register": "tests/contract/cli/test_setup.py",
    "subscriptions import": "tests/contract/cli/test_setup.py",
}
"""What needs a PayPal or a platform that answers: the test that sees its entry."""
WHY = ["--because", "a test of ours"]
SURE = ["--as", "failed", "--evidence", "the gateway's books"]
AUDITED = {
    "dlq drop": ["payments", "--all", *WHY],
    "dlq redrive": ["payments", "--all", *WHY],
    "events replay": ["--subject", "p-1", "--sink", "email", *WHY],
    "gateways release": ["paypal", *WHY],
    "gateways restrict": ["paypal", *WHY],
    "invoices make": ["p-1", *WHY],
    "payers forget": ["--payment", "p-1", *WHY],
    "payers release": ["PAYER1", *WHY],
    "payers restrict": ["PAYER1", *WHY],
    "payments release": ["p-1", *WHY],
    "payments reprocess": ["p-1", *WHY],
    "payments resolve": ["p-1", *SURE],
    "payments restrict": ["p-1", *WHY],
    "queue purge": ["payments", "--yes", *WHY],
    "queue send": ["payments", "--provider", "paypal"],
    "rejected reverify": ["--all", *WHY],
    "secrets rollback": ["paypal", "--untested"],
    "secrets rotate": ["paypal", "--untested"],
    "secrets set": ["paypal", "--untested"],
    "secrets split": ["paypal"],
    "subscriptions release": ["paypal-I-1", *WHY],
    "subscriptions resolve": ["paypal-I-1", *SURE],
    "subscriptions restrict": ["paypal-I-1", *WHY],
    "tokens create": ["shop"],
    "tokens revoke": ["0123456789abcdef"],
}
"""With what each is run below, in the order of `ORDER` first."""
ORDER = ("secrets set", "secrets rotate", "secrets rollback")


SECRETS = {"paypal": ["client_id", "client_secret"], "paypal-webhooks": ["webhook_id"]}


def secret(number: int) -> str:
    return json.dumps({f: f"{f}-{number}" for f in ("client_id", "client_secret", "webhook_id")})


def every_command() -> set[str]:
    """Each command's words."""
    groups = {name: import_module(f"{commands.__name__}.{name}").app for name in GROUPS}
    groups |= {name: group(name) for name in accounts()}
    return {
        *COMMANDS,
        *(f"{name} {one.name}" for name, app in groups.items() for one in app.registered_commands),
    }


def test_each_command_reads_or_is_audited_or_is_listed_with_the_reason():
    lists = (READS, NOT_AUDITED, HELD_BY, AUDITED)

    assert every_command() == {name for one in lists for name in one}
    assert len(every_command()) == sum(map(len, lists))


@pytest.fixture
def stack(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stack with a ledger, queues and a secret, which hold nothing."""
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with mock_aws():
        made = boto3.Session()
        for name in SECRETS:
            made.client("secretsmanager").create_secret(Name=f"penstock-local/{name}")
        made.client("dynamodb").create_table(**table("cli-ledger"))
        sqs = made.client("sqs")

        def queue(name: str) -> str:
            told = sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})
            return str(told["QueueUrl"])

        names = ("deliveries", "verified", "payments", "sink-email")
        queues = {name: {"url": queue(name), "dlqUrl": queue(f"{name}-dlq")} for name in names}
        write(
            folder,
            queues={**queues, "rejected": {"url": queue("rejected")}},
            gateways={"paypal": {"environment": "sandbox"}},
            secrets={"paypal": SECRETS},
            sinks={"email": {"sender": "a@example.org", "recipients": ["b@example.org"]}},
        )
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("stack")
def test_each_command_that_changes_something_leaves_an_entry_whatever_becomes_of_it():
    names = [*ORDER, *sorted(AUDITED.keys() - set(ORDER))]
    ran = {
        name: run([*name.split(), *AUDITED[name]], secret(number))
        for number, name in enumerate(names)
    }
    shown = json.loads(run(["audit", "list", "--json", "--limit", "100"]).stdout)["entries"]
    found = {one["command"] for one in shown}

    assert {} == {name: ran[name].output for name in names if name not in found}
    assert {"done", "refused"} == {one["state"] for one in shown}
