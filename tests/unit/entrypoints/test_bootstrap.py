"""The composition root on AWS: built from variables alone, and nothing reached while doing so."""

from __future__ import annotations

import pytest

from penstock.bootstrap.aws import connect
from penstock.errors import PluginError, SettingsError
from penstock.settings import Function
from tests.unit.entrypoints.test_stack import OUTPUTS, Stack

CONSUMER = {"SQS_QUEUE_URL": "http://q", "SQS_DLQ_QUEUE_URL": "http://dlq"}
CONSUMERS = [Function.verify, Function.process, Function.charge, Function.deliver]


def environ(**changes: str) -> dict[str, str]:
    return {**Stack("dev", OUTPUTS).environ(), **CONSUMER, "PENSTOCK_SINK": "slack", **changes}


@pytest.mark.parametrize("function", CONSUMERS)
async def test_every_consumer_is_built_from_its_variables(function: Function):
    platform = connect(environ(), function)

    assert function.value == platform.batch(function).stage
    await platform.world.close()


async def test_the_api_asks_what_gateways_can_do_and_builds_none():
    platform = connect(environ(PROVIDER_EXAMPLE_REQUEST_URI=""), Function.api)

    assert ["example"] == list(platform.accept.providers)
    await platform.world.close()


async def test_operators_commands_ask_what_gateways_can_do_and_build_none():
    platform = connect(environ(PROVIDER_EXAMPLE_REQUEST_URI=""), Function.operate)

    assert "charges" in platform.abilities["example"]
    await platform.world.close()


async def test_the_sweep_is_built_from_its_variables():
    platform = connect(environ(), Function.sweep)

    assert platform.ledger is platform.sweep.ledger
    await platform.world.close()


async def test_a_gateway_without_its_setting_is_named_at_start():
    platform = connect(environ(PROVIDER_EXAMPLE_REQUEST_URI=""), Function.charge)

    with pytest.raises(PluginError, match="PROVIDER_EXAMPLE_REQUEST_URI is missing"):
        platform.batch(Function.charge)
    await platform.world.close()


def test_a_function_without_its_variables_names_them():
    with pytest.raises(SettingsError, match="SQS_QUEUE_URL is missing"):
        connect(environ(SQS_QUEUE_URL=""), Function.charge)


@pytest.mark.parametrize("function", [Function.api, Function.sweep])
async def test_what_consumes_no_queue_has_no_batch(function: Function):
    platform = connect(environ(), function)

    with pytest.raises(ValueError, match="consumes no queue"):
        platform.batch(function)
    await platform.world.close()


ACCOUNTS = {
    "paypal-eu": {"plugin": "paypal", "environment": "sandbox"},
    "paypal-us": {"plugin": "paypal", "environment": "sandbox"},
}


def with_accounts(**changes: str) -> dict[str, str]:
    """The variables of a stack with two PayPal accounts and two Slack channels."""
    sinks = {
        "slack-finance": {"plugin": "slack", "events": ["invoice.paid"]},
        "slack-ops": {"plugin": "slack", "events": ["dispute.opened"]},
    }
    made = Stack("dev", {**OUTPUTS, "gateways": ACCOUNTS, "sinks": sinks}).environ()
    return {**made, **CONSUMER, "PENSTOCK_SINK": "slack-ops", **changes}


@pytest.mark.parametrize("function", CONSUMERS)
async def test_every_consumer_is_built_for_two_accounts_and_channels(function: Function):
    platform = connect(with_accounts(), function)

    assert function.value == platform.batch(function).stage
    await platform.world.close()


async def test_a_gateway_has_the_name_and_the_secret_of_its_account():
    platform = connect(with_accounts(), Function.process)

    assert {name: name for name in ACCOUNTS} == {
        name: gateway.name for name, gateway in platform.gateways.items()
    }
    await platform.world.close()


async def test_the_api_knows_what_each_account_can_do():
    platform = connect(with_accounts(), Function.api)

    assert "checkout" in platform.abilities["paypal-eu"]
    assert platform.abilities["paypal-us"] == platform.abilities["paypal-eu"]
    await platform.world.close()


async def test_a_sink_gets_the_events_of_its_own_selection():
    platform = connect(with_accounts(), Function.deliver)
    deliver = platform.deliver("slack-ops")

    assert ("slack-ops", {"dispute.opened"}) == (deliver.sink.name, deliver.selected)
    await platform.world.close()
