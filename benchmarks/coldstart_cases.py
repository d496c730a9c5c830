"""What bench-coldstart starts: each function from its zip, and the same on something else."""

from __future__ import annotations

import json
import shutil
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.sandbox import Sandbox, extract
from benchmarks.stub import Stub, serving
from infra import bundle
from infra.bundle.dependencies import compile_sources, staged
from infra.bundle.target import platform
from infra.config.project import ROOT
from penstock_example.simulator import build as build_example
from penstock_paypal.simulator import build as build_paypal
from penstock_paypal.simulator.authority import Authority, pem
from penstock_slack.simulator import build as build_slack

VARIANTS = Path(__file__).with_name("variants")
EVENTS = ROOT / "tests" / "events"
_CERT_URL = "paypal-cert-url"
_ACCOUNT = "arn:aws:sns:eu-west-1:000000000000:"
_AWS = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "no-secret",
    "AWS_SESSION_TOKEN": "no-token" * 40,
    "AWS_EC2_METADATA_DISABLED": "true",
    "PENSTOCK_GATEWAYS": "paypal,example",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A function, what it is compared with, and what both must have answered."""

    name: str
    ours: Sandbox
    theirs: Sandbox
    check: Callable[[Mapping[str, Any]], None] = field(repr=False)


@contextmanager
def receiving(folder: Path) -> Iterator[list[Case]]:
    """receive, publishing over TLS; the other one on boto3."""
    zips = bundle.build("local", folder / "zips")
    context, root, trusted = _certified(folder)
    ours, boto3 = _trusting(zips["receive"], folder / "ours", root), staged(platform("local"))
    with serving(context) as stub:
        environ = {
            **_AWS,
            **trusted,
            "AWS_ENDPOINT_URL": stub.url,
            "PROVIDER_PAYPAL_ENVIRONMENT": "sandbox",
            "PENSTOCK_DELIVERIES_TOPIC_ARN": f"{_ACCOUNT}deliveries.fifo",
        }
        event = json.loads((EVENTS / "receive.json").read_bytes())
        handler = "penstock.entrypoints.functions.receive.handler"
        # Each module of ours is the same file for both.
        path = [ours, _compiled("receive_boto3", folder), boto3]
        yield [
            Case(
                "receive",
                Sandbox([ours], handler, event, environ),
                Sandbox(path, "receive_boto3.handler", event, environ),
                _accepted,
            )
        ]


@contextmanager
def working(folder: Path) -> Iterator[list[Case]]:
    """The workers, up to a gateway or sink that is out of order; everything over TLS, too."""
    context, root, trusted = _certified(folder)
    with serving(context) as stub:
        environ, profile = _environment(stub, folder)
        # Ours trusts the roots in its zip; botocore's variable would be read instead of them.
        own = {**environ, "SSL_CERT_FILE": trusted["SSL_CERT_FILE"]}
        environ = {**environ, **trusted}
        zips = bundle.build("local", folder / "zips", profile)
        ours = {
            kind: _trusting(zips[kind], folder / f"ours-{kind}", root)
            for kind in ("worker", "deliver")
        }
        theirs = [
            _compiled("worker_aiobotocore", folder),
            staged(platform("local"), ROOT / "locks" / "bench.txt"),
        ]
        yield [
            Case(
                name,
                Sandbox(
                    [ours["deliver" if name == "deliver" else "worker"]],
                    f"penstock.entrypoints.functions.workers.{name}",
                    event,
                    own,
                ),
                Sandbox(theirs, f"worker_aiobotocore.{name}", event, environ),
                _comes_back if "Records" in event else _nothing_due,
            )
            for name, event in _events(stub).items()
        ]


def _environment(stub: Stub, folder: Path) -> tuple[Mapping[str, str], Path]:
    """The workers' environment, and the file with their local profile."""
    told = {
        "paypal": build_paypal(folder / "paypal").describe(stub.url),
        "example": build_example(folder / "example").describe(stub.url),
        "slack": build_slack(folder / "slack").describe(stub.url),
    }
    stub.secret = {name: value for one in told.values() for name, value in one.secret.items()}
    profile = folder / "profile.json"
    profile.write_text(json.dumps({name: dict(one.profile) for name, one in told.items()}))
    queues = {
        f"{name}_QUEUE_URL": f"{stub.url}/000000000000/it.fifo"
        for name in (
            "SQS",
            "SQS_DLQ",
            *(f"PENSTOCK_{q}" for q in ("DELIVERIES", "VERIFIED", "REJECTED", "PAYMENTS")),
        )
    }
    settings = {
        f"PROVIDER_{name.upper()}_{field.upper()}": str(value)
        for name, one in told.items()
        for field, value in one.settings.items()
        if name != "slack"
    }
    return {
        **_AWS,
        **queues,
        **settings,
        "AWS_ENDPOINT_URL": stub.url,
        "GATEWAY_URL": f"{stub.url}/out-of-order",
        "PENSTOCK_SECRETS_PREFIX": "penstock-bench",
        "PENSTOCK_LEDGER_TABLE": "ledger",
        "PENSTOCK_EVENTS_TOPIC_ARN": f"{_ACCOUNT}events.fifo",
        "PENSTOCK_SINK": "slack",
    }, profile


def _events(stub: Stub) -> Mapping[str, Mapping[str, Any]]:
    names = ("verify", "process", "charge", "sweep", "gaps")
    files = {name: name for name in names} | {"deliver": "deliver-slack"}
    events = {
        name: json.loads((EVENTS / f"{file}.json").read_bytes()) for name, file in files.items()
    }
    # The certificate is asked of the stub, too.
    record = events["verify"]["Records"][0]
    delivery = json.loads(record["body"])
    path = delivery["headers"][_CERT_URL].partition(".com")[2]
    delivery["headers"][_CERT_URL] = stub.url + path
    delivery["headers"]["paypal-transmission-time"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    record["body"] = json.dumps(delivery)
    return events


def _compiled(variant: str, folder: Path) -> Path:
    """A variant's folder, compiled as a zip's modules are."""
    copy = folder / variant
    copy.mkdir(parents=True)
    shutil.copy(VARIANTS / f"{variant}.py", copy)
    python = platform("local").python
    if python is not None:
        compile_sources(copy, python)
    return copy


def _certified(folder: Path) -> tuple[ssl.SSLContext, bytes, Mapping[str, str]]:
    """A server's TLS for `localhost`, its root, and variables that add it to what is trusted."""
    now = datetime.now(UTC)
    authority = Authority.make(now)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    leaf = authority.issue("localhost", key.public_key(), now, now + timedelta(days=1))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    folder.mkdir(parents=True, exist_ok=True)
    chain = folder / "chain.pem"
    chain.write_bytes(secret + pem(leaf) + pem(authority.intermediate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    # As many roots as are read on Lambda, where botocore has its own and the system has its own.
    root = pem(authority.root)
    trusted = folder / "trusted.pem"
    trusted.write_bytes(
        (staged(platform("local")) / "botocore" / "cacert.pem").read_bytes() + root
    )
    return (
        context,
        root,
        {"AWS_CA_BUNDLE": str(trusted), "SSL_CERT_FILE": str(trusted)},
    )


def _trusting(archive: Path, folder: Path, root: bytes) -> Path:
    """A zip's content, with one more root beside those of AWS: a stub stands for its endpoints."""
    made = extract(archive, folder)
    with (made / "penstock" / "_roots.pem").open("ab") as few:
        few.write(root)
    return made


def _accepted(answer: Mapping[str, Any]) -> None:
    if answer["statusCode"] != 202:
        raise RuntimeError(f"the webhook was answered with {answer['statusCode']}")


def _comes_back(answer: Mapping[str, Any]) -> None:
    if len(answer["batchItemFailures"]) != 1:
        raise RuntimeError(f"the item was to come back: {answer}")


def _nothing_due(answer: Mapping[str, Any]) -> None:
    if any(answer.values()):
        raise RuntimeError(f"nothing was to be found: {answer}")
