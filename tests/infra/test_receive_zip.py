"""receive, from the zip it is deployed as: it answers, and imports almost nothing to do so."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.bundle import build
from tests.adapters.sns import Sns, serving

HEAVY = (
    *("boto3", "botocore", "aiohttp", "pydantic", "pluggy", "structlog", "asyncio", "logging"),
    *("importlib.metadata", "jsonschema_rs", "cryptography", "jinja2", "yaml", "xml.etree"),
    *("concurrent.futures", "multiprocessing", "urllib.request"),
    *("penstock.domain.payment", "penstock.domain.change", "penstock.settings"),
    *("penstock.plugins", "penstock.api", "penstock_paypal"),
)
"""What a webhook shall not wait for; each costs more than all of ours together, or leads there."""

# As Lambda does it: the zip's folder is on the path, and nothing else is installed.
PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from penstock.entrypoints.functions.receive import handler
answer = handler(json.loads(sys.argv[2]), None)
print(json.dumps({"answer": answer, "modules": sorted(sys.modules)}))
"""
EVENT = Path(__file__).parents[1] / "events" / "receive.json"


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a sandbox would have extracted the zip."""
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(build("local", tmp_path_factory.mktemp("zips"))["receive"]) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.slow
def test_the_first_webhook_is_published_and_nothing_heavy_was_imported_for_it(task: Path):
    environ = {
        "PENSTOCK_GATEWAYS": "paypal",
        "PROVIDER_PAYPAL_ENVIRONMENT": "sandbox",
        "PENSTOCK_DELIVERIES_TOPIC_ARN": "arn:aws:sns:eu-west-1:000000000000:deliveries.fifo",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    with serving(Sns()) as sns:
        done = subprocess.run(  # noqa: S603 - our own interpreter and program
            # Isolated, and without site: neither our environment nor the checkout is on the path.
            [sys.executable, "-I", "-S", "-c", PROGRAM, str(task), EVENT.read_text()],
            env={**environ, "AWS_ENDPOINT_URL": sns.url},
            capture_output=True,
            text=True,
            check=False,
        )
    assert "" == done.stderr
    told = json.loads(done.stdout.splitlines()[-1])

    assert (202, 1) == (told["answer"]["statusCode"], len(sns.requests))
    assert [] == [name for name in HEAVY if name in told["modules"]]
