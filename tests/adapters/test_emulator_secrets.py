"""Secrets as an emulator hands them out."""

from __future__ import annotations

import json

import pytest

from penstock.adapters.aws.secrets import aws_secrets
from penstock.adapters.clock import SystemClock
from tests.adapters.bench import Bench

pytestmark = pytest.mark.emulator


async def test_the_first_value_of_a_secret_made_without_one_is_its_only_version(
    bench: Bench,
) -> None:
    name = "penstock-test/made-empty"
    await bench.clients.call("secretsmanager", "create_secret", Name=name)
    await bench.clients.call(
        "secretsmanager",
        "put_secret_value",
        SecretId=name,
        SecretString=json.dumps({"key": "one"}),
    )

    secret = await aws_secrets(bench.clients, name, SystemClock()).get()

    assert ({"key": "one"},) == secret.versions
