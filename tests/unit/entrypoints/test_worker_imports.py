"""
A worker's cold start is its imports, so what it does not need is not imported.

Each function is put together as its first invocation does it, plugins included.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence

import pytest

from penstock.settings import Function

STAGES = ("penstock.contracts", "penstock.entrypoints.http", "boto3", "s3transfer", "jinja2")
"""What no worker needs."""
_MONEY = ("penstock.domain.rules", "penstock.adapters.aws.dynamodb", "penstock.domain.change")
_BUYERS = tuple(
    f"penstock.pipeline.{name}"
    for name in ("manage", "open_checkout", "plans", "returning", "subscribe", "collecting")
)
_CERTIFICATES = ("cryptography", "penstock_paypal.webhooks.chain")
_READING = tuple(
    f"penstock_paypal.{name}"
    for name in ("checkout", "disputes", "invoices", "money", "subscriptions")
)
_OTHERS = ("penstock.pipeline.sweep", "penstock.pipeline.gaps")
NEEDLESS: Mapping[Function, Sequence[str]] = {
    Function.verify: (*STAGES, *_MONEY, *_BUYERS, *_OTHERS, *_READING),
    Function.process: (*STAGES, *_BUYERS, *_OTHERS, *_CERTIFICATES, *_READING),
    Function.charge: (*STAGES, *_BUYERS, *_OTHERS, *_CERTIFICATES, *_READING),
    Function.deliver: (
        *STAGES,
        *_MONEY,
        *_BUYERS,
        *_OTHERS,
        *_CERTIFICATES,
        "penstock_paypal",
        "penstock_example",
    ),
    Function.sweep: (*STAGES, *_BUYERS, *_CERTIFICATES, *_READING),
    Function.renew: (
        *STAGES,
        *_MONEY,
        *_BUYERS,
        *_OTHERS,
        *_CERTIFICATES,
        *_READING,
    ),
    Function.gaps: (*STAGES, *_BUYERS, *_CERTIFICATES, *_READING, "penstock.pipeline.charge"),
}
"""By function, what it must not have imported when its stage is ready."""
_URL = "https://sqs.eu-west-1.amazonaws.com/000000000000/it.fifo"
ENVIRON = {
    "PATH": "/usr/bin",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "PENSTOCK_GATEWAYS": "paypal,example",
    "PENSTOCK_SINK": "slack",
    "PENSTOCK_LEDGER_TABLE": "ledger",
    "PENSTOCK_SECRETS_PREFIX": "penstock",
    "PENSTOCK_EVENTS_TOPIC_ARN": "arn:aws:sns:eu-west-1:000000000000:events.fifo",
    "PENSTOCK_DEAD_LETTER_QUEUES": json.dumps({"payments": _URL}),
    "PROVIDER_PAYPAL_ENVIRONMENT": "sandbox",
    "PROVIDER_EXAMPLE_REQUEST_URI": "https://example.invalid",
    **{f"{name}_QUEUE_URL": _URL for name in ("SQS", "SQS_DLQ")},
    **{
        f"PENSTOCK_{name}_QUEUE_URL": _URL
        for name in ("DELIVERIES", "VERIFIED", "REJECTED", "PAYMENTS")
    },
}
_PROGRAM = """
import json, os, sys
import penstock.entrypoints.functions.workers
from penstock.bootstrap import Platform
from penstock.bootstrap.aws import Addresses, AwsWorld
from penstock.plugins import load
from penstock.settings import Function, Settings

name, plugins, needless = json.loads(sys.argv[1])
function = Function(name)
settings = Settings.read(os.environ, function)
parked = {queue: Addresses("", url) for queue, url in settings.dead_letter_queues.items()}
world = AwsWorld(settings, parked if name == "renew" else None)
platform = Platform(settings, os.environ, load(plugins), world)
if name in ("sweep", "gaps", "renew"):
    getattr(platform, name)
else:
    platform.batch(function)
found = sorted(sys.modules)
print(json.dumps([
    one for one in found if any(one == name or one.startswith(f"{name}.") for name in needless)
]))
"""


@pytest.mark.parametrize("function", NEEDLESS)
def test_a_function_imports_nothing_that_only_others_need(function: Function):
    plugins = ["penstock_slack"] if function is Function.deliver else []
    plugins = plugins or ["penstock_paypal", "penstock_example"]
    done = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", _PROGRAM, json.dumps([function, plugins, NEEDLESS[function]])],
        env=ENVIRON,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stderr
    assert [] == json.loads(done.stdout)


def test_every_worker_is_held_to_its_list():
    others = {Function.api, Function.merchant, Function.operate}

    assert set(Function) - others == set(NEEDLESS)
