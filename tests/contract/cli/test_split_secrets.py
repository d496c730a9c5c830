"""A gateway with two secrets: commands write them as one, and split the one there was before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.secrets import Share, aws_secrets
from penstock.entrypoints.cli.vault import Vault
from penstock.testing.clock import FrozenClock
from tests.contract.cli.running import run
from tests.contract.cli.test_secrets import FIRST, NAME, SECOND, secrets
from tests.contract.cli.test_secrets import vault as vault

CALLS = {"paypal": ["client_id", "client_secret"], "paypal-webhooks": ["webhook_id"]}


@pytest.fixture
def two(vault: Any) -> Any:
    """A stack that has both secrets, without values."""
    path = Path(".penstock/local/stack.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "secrets": {"paypal": CALLS}}))
    vault.create_secret(Name=f"{NAME}-webhooks")
    return vault


def good(share: Share, field: str) -> tuple[str, ...]:
    """The values that a function finds good."""
    clients = Clients(calls=1, polls=1)
    read = aws_secrets(clients, NAME, FrozenClock(), ("webhook_id",), share).get()
    values = asyncio.run(read).values(field)
    clients.close()
    return values


def before(vault: Any, *values: Any) -> None:
    """What an earlier version wrote, oldest first."""
    for value in values:
        vault.put_secret_value(SecretId=NAME, SecretString=json.dumps(value))


def written(vault: Any, name: str) -> Any:
    # By its label: without one moto answers the version that was put last.
    told = vault.get_secret_value(SecretId=name, VersionStage="AWSCURRENT")
    return json.loads(told["SecretString"])


def split() -> Any:
    return run(["--json", "secrets", "split", "paypal"])


class Killed(Exception):
    """The command ended half-way."""


class Mortal:
    """AWS for a command that is killed after so many writes."""

    def __init__(self, writes: int) -> None:
        self.clients = Clients(calls=1, polls=1)
        self._left = writes

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        answer = await self.clients.call(service, operation, **arguments)
        if not operation.startswith("get_"):
            self._left -= 1
            if self._left == 0:
                raise Killed
        return answer


def killed_split(writes: int) -> None:
    """A split that ends after so many writes."""
    clients: Any = Mortal(writes)
    kept = {NAME: CALLS["paypal"], f"{NAME}-webhooks": CALLS["paypal-webhooks"]}
    with pytest.raises(Killed):
        asyncio.run(Vault.of(clients, kept).split())
    clients.clients.close()


def test_all_fields_are_given_at_once_and_kept_apart(two: Any) -> None:
    result = secrets("set", "paypal", given=FIRST)

    assert 0 == result.exit_code, result.output
    assert {"client_id": "id-one", "client_secret": "hush-one"} == written(two, NAME)
    assert {"webhook_id": "WH-one"} == written(two, f"{NAME}-webhooks")
    assert "secrets rollback paypal\n" in result.stdout
    assert "secrets rollback paypal-webhooks\n" in result.stdout


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_a_set_that_was_killed_and_is_run_again_can_be_rolled_back(two: Any, writes: int) -> None:
    """
    To the value before it; only the new one is good until then.
    """
    before(two, {"client_id": "a", "client_secret": "old"})
    clients: Any = Mortal(writes)
    new = {"client_id": "a", "client_secret": "new"}
    with pytest.raises(Killed):
        asyncio.run(Vault.of(clients, {NAME: CALLS["paypal"]}).set(new))
    clients.clients.close()
    again = Clients(calls=1, polls=1)
    vault = Vault.of(again, {NAME: CALLS["paypal"]})
    asyncio.run(vault.set(new))
    found = asyncio.run(vault.parts[0].read("AWSPREVIOUS"))
    asyncio.run(vault.parts[0].rollback())
    again.close()

    assert found is None
    assert {"client_id": "a", "client_secret": "old"} == written(two, NAME)


def test_a_split_keeps_good_what_was_good(two: Any) -> None:
    before(two, FIRST, SECOND)
    result, again = split(), split()

    assert (0, True) == (result.exit_code, json.loads(result.stdout)["split"]), result.output
    assert (0, False) == (again.exit_code, json.loads(again.stdout)["split"])
    assert ("WH-two", "WH-one") == good(Share.webhooks, "webhook_id")
    # Code from before goes on reading it there.
    assert SECOND == written(two, NAME)


@pytest.mark.parametrize("writes", [1, 2])
@pytest.mark.parametrize("share", [Share.webhooks, Share.whole])
def test_a_killed_split_leaves_the_current_webhook_id_good(
    two: Any, share: Share, writes: int
) -> None:
    before(two, FIRST, SECOND)
    killed_split(writes)

    assert "WH-two" == good(share, "webhook_id")[0]


@pytest.mark.parametrize(("writes", "due"), [(1, True), (2, False)])
def test_a_split_completes_what_a_killed_one_began(two: Any, writes: int, due: bool) -> None:
    before(two, FIRST, SECOND)
    killed_split(writes)
    result = split()

    assert (0, due) == (result.exit_code, json.loads(result.stdout)["split"]), result.output
    assert ("WH-two", "WH-one") == good(Share.webhooks, "webhook_id")


def test_a_split_brings_no_value_back_that_was_replaced_for_good(two: Any) -> None:
    before(two, FIRST, SECOND)
    split()
    # All but this one have leaked.
    secrets("set", "paypal", "--field", "webhook_id", given="WH-two")
    again = split()

    assert (0, False) == (again.exit_code, json.loads(again.stdout)["split"]), again.output
    assert ("WH-two",) == good(Share.webhooks, "webhook_id")


def test_a_rotation_before_the_split_does_it_first(two: Any) -> None:
    before(two, FIRST)
    result = secrets("rotate", "paypal", "--field", "client_secret", given="hush-new")

    assert 0 == result.exit_code, result.output
    assert ("WH-one",) == good(Share.webhooks, "webhook_id")
    assert ("hush-new", "hush-one") == good(Share.rest, "client_secret")


def test_a_new_webhook_id_leaves_the_credentials_alone(two: Any) -> None:
    secrets("set", "paypal", given=FIRST)
    result = secrets("rotate", "paypal", "--field", "webhook_id", given="WH-new")

    assert 0 == result.exit_code, result.output
    assert ("WH-new", "WH-one") == good(Share.webhooks, "webhook_id")
    assert ("hush-one",) == good(Share.rest, "client_secret")
    assert "rollback paypal-webhooks" in result.stdout
    assert 0 == secrets("rollback", "paypal-webhooks").exit_code
    assert ("WH-one",) == good(Share.webhooks, "webhook_id")


def test_the_credentials_can_be_rolled_back_to_before_the_split(two: Any) -> None:
    before(two, FIRST)
    secrets("set", "paypal", "--field", "client_secret", given="hush-new")
    result = secrets("rollback", "paypal")

    assert 0 == result.exit_code, result.output
    assert ("hush-one",) == good(Share.rest, "client_secret")


def test_both_are_listed_by_the_names_that_commands_take(two: Any) -> None:
    secrets("set", "paypal", given=FIRST)
    listed = json.loads(run(["--json", "secrets", "list"]).stdout)

    assert CALLS == {one["plugin"]: one["present"] for one in listed}


def test_a_stack_with_one_secret_says_that_there_is_nothing_to_split(vault: Any) -> None:
    result = split()

    assert 5 == result.exit_code
    assert "is the only secret of paypal" in result.stderr
