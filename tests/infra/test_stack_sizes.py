"""What Lambda's 4 KiB of environment variables hold is known before anything is made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pulumi.runtime.config import set_all_config

from infra import sizes
from infra.config.configured import configured
from infra.config.load import load
from infra.config.plugins import installed
from infra.config.project import ConfigError
from infra.config.settings import StackSettings
from infra.graph.capture import GraphMonitor
from infra.graph.monitor import Declared
from infra.graph.program import defaults, run, stack_config
from infra.rules.view import of, statements
from tests.infra.conftest import Install
from tests.infra.stacks import STACKS

TEXT: dict[str, Any] = {"type": "object", "properties": {"text": {"type": "string"}}}


def gateway(name: str) -> dict[str, Any]:
    return {"gateways": [{"name": name, "capabilities": ["charges"], "settings": TEXT}]}


def refusal(config: dict[str, Any]) -> str:
    monitor = GraphMonitor()
    with pytest.raises(ConfigError) as caught:
        run(monitor, "dev", config)

    assert () == monitor.graph, "something was made first"
    return str(caught.value)


def test_gateways_whose_settings_fit_only_one_by_one_are_refused(
    install: Install, dev: dict[str, Any]
) -> None:
    for name in ("first", "second"):
        install(name, gateway(name))
    longest, long = {"text": "x" * 1945}, {"text": "x" * 1935}
    run(GraphMonitor(), "dev", {**dev, "penstock:gateways": {"first": longest}})
    said = refusal({**dev, "penstock:gateways": {"first": longest, "second": long}})

    assert "penstock:gateways.first.text: the variables of api, merchant, verify" in said
    assert "Lambda takes at most 4,096: shorten it, the longest with 1,9" in said
    assert "or penstock:gateways.second.text with 1,9" in said
    # Those that are not given the settings are not named.
    assert "renew" not in said


@pytest.mark.parametrize("text", ["x" * 4100, "ä" * 2050, "\n" * 2050])
def test_bytes_are_counted_as_lambda_counts_them(
    install: Install, dev: dict[str, Any], text: str
) -> None:
    install("first", gateway("first"))
    said = refusal({**dev, "penstock:gateways": {"first": {"text": text}}})

    assert "penstock:gateways.first.text: " in said
    assert text not in said


def test_a_sink_has_the_room_to_itself(install: Install, dev: dict[str, Any]) -> None:
    for name in ("third", "fourth"):
        install(name, {"sinks": [{"name": name, "settings": TEXT}]})
    room = {"text": "x" * 2900}
    run(GraphMonitor(), "dev", {**dev, "penstock:sinks": {"third": room, "fourth": room}})
    said = refusal({**dev, "penstock:sinks": {"third": {"text": "x" * 3600}}})

    assert "penstock:sinks.third.text: the variables of deliver-third would take" in said


def test_more_sinks_than_a_roles_policy_can_name_are_refused(
    install: Install, dev: dict[str, Any]
) -> None:
    names = [f"{'s' * 13}{number}" for number in range(100, 120)]
    install("several", {"sinks": [{"name": name, "settings": TEXT} for name in names]})
    said = refusal({**dev, "penstock:sinks": {name: {} for name in names}})

    assert "penstock:sinks: the policy of the role operator would take 1" in said
    assert "characters, and IAM takes at most 10,240: use fewer sinks or gateways" in said


def test_the_policies_that_are_counted_are_those_that_roles_are_given(
    served: Sequence[Declared],
) -> None:
    """
    By the graph, whose outputs read `${Queue/payments.arn}`: as many names of as many resources.
    """
    given: dict[str, Any] = {**stack_config("prod"), "penstock:consumers": "serve"}
    own = {k.removeprefix("penstock:"): v for k, v in given.items() if k.startswith("penstock:")}
    settings = load("prod", {**_declared(), **own})
    set_all_config({"aws:region": str(given["aws:region"])})
    try:
        counted = sizes.policies("prod", settings, configured(settings, installed()))
    finally:
        set_all_config({})

    assert {"operator", "serve"} == counted.keys()
    for role, policy in counted.items():
        assert _shape(of(served, "RolePolicy")[role]["policy"]) == _shape(policy)


def _shape(policy: str) -> list[tuple[list[str], int, str]]:
    return sorted(
        (one["Action"], len(one["Resource"]), json.dumps(one.get("Condition")))
        for one in statements(policy)
    )


def test_more_sinks_than_one_function_can_know_of_are_refused(
    install: Install, dev: dict[str, Any]
) -> None:
    """
    Nothing of theirs is long: it is their number.
    """
    names = [f"{'s' * 27}{number}" for number in range(100, 140)]
    install("many", {"sinks": [{"name": name, "settings": TEXT} for name in names]})
    said = refusal({**dev, "penstock:sinks": {name: {} for name in names}})

    assert "penstock:sinks: the variables of renew would take" in said


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_counted_is_what_functions_are_given(
    graphs: Mapping[str, Sequence[Declared]], stack: str
) -> None:
    """
    By the graph, whose outputs read `${Queue/payments.url}`: all that is no output is the same.
    """
    given: dict[str, Any] = stack_config(stack)
    own = {k.removeprefix("penstock:"): v for k, v in given.items() if k.startswith("penstock:")}
    settings = load(stack, {**_declared(), **own})
    counted = counted_in(stack, settings, str(given["aws:region"]))
    functions = {
        name: one["environment"]["variables"]
        for name, one in of(graphs[stack], "Function").items()
    }

    assert functions.keys() == counted.keys()
    for name, variables in functions.items():
        assert variables.keys() == counted[name].keys(), name
        for key, value in variables.items():
            if "${" not in value:
                assert value == counted[name][key], f"{name} {key}"


def counted_in(stack: str, settings: StackSettings, region: str) -> Mapping[str, Any]:
    set_all_config({"aws:region": region})
    try:
        return sizes.variables(stack, settings, configured(settings, installed()))
    finally:
        set_all_config({})


def test_addresses_have_the_length_that_aws_gives_them() -> None:
    gateways = {"paypal": {"environment": "live"}}
    settings = load("dev", {**_declared(), "gateways": gateways, "sinks": ["slack"]})
    variables = counted_in("dev", settings, "us-east-1")["deliver-slack"]

    assert (
        "https://sqs.us-east-1.amazonaws.com/000000000000/penstock-dev-sink-slack.fifo"
        == (variables["SQS_QUEUE_URL"])
    )


def _declared() -> dict[str, Any]:
    return {key.removeprefix("penstock:"): value for key, value in defaults().items()}
