"""A kept webhook of any gateway is judged, also of one that has a single environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from penstock.api import Authentic, Context, Delivery, Door, Forged, RegisterAccount
from penstock.api.account import CheckedWebhook
from penstock.entrypoints.cli.judging import Question
from penstock.entrypoints.cli.session import CommandError
from penstock.plugins import load
from penstock.testing.clock import NOON
from tests.plugins.registry.fakes import NoSettings, gateway_plugin, plugin

DOOR = Door({"acme-signature": "[a-z]{4}"})


class Acme:
    """A gateway that signs what it sends."""

    name = "acme"

    async def authenticate(self, delivery: Delivery, now: Any) -> Authentic:
        """Always."""
        return Authentic()

    def read(self, delivery: Delivery) -> Any:
        """Not asked here."""
        raise AssertionError("nothing reads it")


class AcmeAccount:
    """What the command asks."""

    def __init__(self, context: Context[NoSettings]) -> None:
        self._context = context

    async def check_webhook(
        self, delivery: Delivery, webhook_id: str, certificates: Mapping[str, bytes] | None
    ) -> CheckedWebhook:
        """It is Acme's."""
        return CheckedWebhook(Authentic())


def build(context: Context[NoSettings]) -> Acme:
    return Acme()


def penstock_register_accounts(register: RegisterAccount) -> None:
    register(name="acme", build=f"{__name__}:AcmeAccount")


def asked(**headers: str) -> Question:
    given = gateway_plugin(build=build, settings=NoSettings, door=DOOR)
    registry = load([given, plugin("acmedesk", penstock_register_accounts)])
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Question(registry, "acme", DOOR, named, b"{}", NOON, "WH-1", None)


async def test_a_gateway_without_environments_is_judged():
    where, checked = await asked(acme_signature="abcd").answer(None)

    assert (None, Authentic()) == (where, checked.answer)


async def test_its_door_refuses_what_it_would_not_send():
    where, checked = await asked(acme_signature="no").answer(None)

    assert where is None
    assert isinstance(checked.answer, Forged)


async def test_an_environment_that_it_does_not_have_is_wrong_usage():
    with pytest.raises(CommandError, match="--env: acme has one environment only: leave it out"):
        await asked(acme_signature="abcd").answer("live")
