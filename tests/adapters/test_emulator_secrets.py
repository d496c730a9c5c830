"""Secrets as an emulator hands them out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest

from penstock.adapters.aws.secrets import Share, aws_secrets
from penstock.adapters.clock import SystemClock
from penstock.api import AwsError, GatewayUnavailable, Secret
from penstock.entrypoints.cli.secrets import PluginSecret
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


async def test_a_value_written_as_the_one_before_is_good_and_never_current(bench: Bench) -> None:
    name, text = "penstock-test/before", json.dumps({"key": "two"})
    # Made with its value: this emulator labels the void of a secret made without one AWSPREVIOUS.
    await bench.clients.call("secretsmanager", "create_secret", Name=name, SecretString=text)
    await PluginSecret(bench.clients, name, ["key"]).set_before({"key": "one"})

    found = await aws_secrets(bench.clients, name, SystemClock()).get()

    assert ({"key": "two"}, {"key": "one"}) == found.versions


CALLS = {"client_id": "id", "client_secret": "hush"}
WHOLE = {**CALLS, "webhook_id": "WH-old"}


class Vault:
    """A gateway's two secrets; what is in `denied` may not be read."""

    def __init__(self, bench: Bench, name: str, *denied: str) -> None:
        self._bench = bench
        self.name = f"penstock-test/{name}"
        self._denied = {f"{self.name}{one}" for one in denied}

    async def write(self, which: str, fields: Mapping[str, str]) -> None:
        name = f"{self.name}{which}"
        with suppress(AwsError):
            await self._bench.clients.call("secretsmanager", "create_secret", Name=name)
        await self._bench.clients.call(
            "secretsmanager", "put_secret_value", SecretId=name, SecretString=json.dumps(fields)
        )

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        if arguments["SecretId"] in self._denied:
            raise AwsError("AccessDeniedException", status=400)
        return await self._bench.clients.call(service, operation, **arguments)

    async def read(self, share: Share) -> Secret:
        clients: Any = self
        return await aws_secrets(clients, self.name, SystemClock(), ("webhook_id",), share).get()


async def test_one_secret_of_an_earlier_version_is_read_until_it_is_split(bench: Bench) -> None:
    vault = Vault(bench, "unsplit")
    await vault.write("", WHOLE)
    before = {share: await vault.read(share) for share in Share}
    await vault.write("-webhooks", {"webhook_id": "WH-new"})
    after = {share: await vault.read(share) for share in Share}

    assert (CALLS, {"webhook_id": "WH-old"}) == before[Share.whole].versions
    assert ({"webhook_id": "WH-old"},) == before[Share.webhooks].versions
    assert (CALLS,) == before[Share.rest].versions == after[Share.rest].versions
    # The copy in the first one may be one that is good no longer.
    assert ({"webhook_id": "WH-new"},) == after[Share.webhooks].versions
    assert ("WH-new",) == after[Share.whole].values("webhook_id")


async def test_verify_needs_no_right_to_read_the_credentials(bench: Bench) -> None:
    vault = Vault(bench, "split", "")
    await vault.write("", WHOLE)
    with pytest.raises(GatewayUnavailable, match="split-webhooks: no value has been written yet"):
        await vault.read(Share.webhooks)
    await vault.write("-webhooks", {"webhook_id": "WH-new"})

    assert ({"webhook_id": "WH-new"},) == (await vault.read(Share.webhooks)).versions


async def test_a_second_secret_that_cannot_be_read_is_not_replaced_by_the_old_copy(
    bench: Bench,
) -> None:
    """
    What is signed for a new webhook id would be taken for a forgery.
    """
    vault = Vault(bench, "refused", "-webhooks")
    await vault.write("", WHOLE)
    with pytest.raises(GatewayUnavailable, match="AccessDeniedException"):
        await vault.read(Share.webhooks)

    assert (CALLS,) == (await vault.read(Share.whole)).versions
