"""Several instances of one plugin: each has its own of everything; the others do not notice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.config.configured import Plugins, configured
from infra.config.load import load as load_settings
from infra.config.plugins import installed
from infra.config.project import ConfigError
from infra.graph.capture import GraphMonitor, capture
from infra.graph.monitor import Declared
from infra.graph.program import defaults, run, stack_config
from infra.rules import broken
from infra.rules.view import of
from penstock.entrypoints.cli.stack import Stack
from penstock.plugins import Registry, load, read_settings
from penstock.variables import plugins_of
from tests.infra.stacks import STACKS

ACCOUNTS = {
    "paypal-eu": {"plugin": "paypal", "environment": "sandbox"},
    "paypal-us": {"plugin": "paypal", "environment": "live"},
}
CHANNELS = {
    "slack-finance": {"plugin": "slack", "events": ["invoice.paid"]},
    "slack-ops": {"plugin": "slack", "events": ["dispute.opened"]},
}
STACK = "s" * 16
LONGEST = "slack-abcdefghijklmnopqrstuvwx"
PLUGINS = {name: str(own["plugin"]) for name, own in {**ACCOUNTS, **CHANNELS}.items()}
PLUGINS |= {LONGEST: "slack", "example-2": "example"}
Graph = Sequence[Declared]
Made = dict[tuple[str, str], Any]


def choose(config: Mapping[str, Any]) -> Plugins:
    """What a configuration names, as the stack's program reads it."""
    given = {**defaults(), **config}
    own = {key.removeprefix("penstock:"): value for key, value in given.items()}
    own.pop("aws:region", None)
    return configured(load_settings("dev", own), installed())


def made(graph: Graph) -> Made:
    """The inputs of each resource, as texts, by its type and name."""
    return {(one.type, one.name): repr(sorted(one.inputs.items())) for one in graph}


@dataclass(frozen=True, slots=True)
class Several:
    """A stack of the longest name with two accounts and three channels besides dev's own."""

    graph: Graph
    exports: Mapping[str, Any]


@pytest.fixture(scope="module")
def stack(bundles: Path) -> Several:
    """That stack, made once."""
    config = {**stack_config("dev"), "bundles": str(bundles)}
    mocked = {"example-2": {"plugin": "example", "request_uri": "mock"}}
    config["penstock:gateways"] = {**config["penstock:gateways"], **ACCOUNTS, **mocked}
    longest = {LONGEST: {"plugin": "slack"}}
    config["penstock:sinks"] = {**config["penstock:sinks"], **CHANNELS, **longest}
    monitor = GraphMonitor()
    exports = run(monitor, STACK, config)
    return Several(monitor.graph, exports)


@pytest.fixture
def several(stack: Several) -> Graph:
    """Its graph."""
    return stack.graph


def named(config: Mapping[str, Any]) -> dict[str, Any]:
    """The same configuration, each plugin named by its `plugin` as well."""
    return {
        key: {name: {**own, "plugin": name} for name, own in value.items()}
        if key in ("penstock:gateways", "penstock:sinks")
        else value
        for key, value in config.items()
    }


def test_a_stack_that_names_its_plugins_twice_is_the_same(
    bundles: Path, graphs: Mapping[str, Graph]
):
    """What was deployed before there were instances changes no resource."""
    config = {**stack_config("dev"), "bundles": str(bundles)}

    assert made(graphs["dev"]) == made(capture("dev", named(config)))


@pytest.mark.parametrize("name", STACKS)
def test_a_plugin_that_is_named_twice_is_configured_alike(name: str):
    config = stack_config(name)

    assert choose(config) == choose(named(config))


def test_another_instance_changes_only_what_names_all(several: Graph, graphs: Mapping[str, Graph]):
    """No queue, secret, subscription or alarm of what is there is touched."""
    after = {
        key: inputs.replace(f"penstock-{STACK}", "penstock-dev").replace(STACK, "dev")
        for key, inputs in made(several).items()
    }
    changed = {key for key, inputs in made(graphs["dev"]).items() if after.get(key) != inputs}

    # Each function names the gateways, and its role their secrets; one renews all dead letters.
    assert {"Dashboard", "Function", "RolePolicy"} == {
        type_.rsplit(":", 1)[-1] for type_, _ in changed
    }
    assert not {name for _, name in changed if name.startswith("deliver-")}


def test_each_instance_has_its_own_of_everything(several: Graph):
    there = {(one.type.rsplit(":", 1)[-1], one.name) for one in several if one.custom}
    secrets = {name: one["name"] for name, one in of(several, "Secret").items()}

    for name in CHANNELS:
        assert {
            ("Queue", f"sink-{name}"),
            ("Queue", f"sink-{name}-dlq"),
            ("TopicSubscription", f"sink-{name}"),
            ("Function", f"deliver-{name}"),
            ("Role", f"deliver-{name}"),
            ("MetricAlarm", f"dead-letters-sink-{name}"),
            ("MetricAlarm", f"function-errors-deliver-{name}"),
        } <= there
    named = {*CHANNELS, *ACCOUNTS, *(f"{name}-webhooks" for name in ACCOUNTS)}
    assert {name: f"penstock-{STACK}/{name}" for name in named} == {
        name: secrets[name] for name in named
    }
    assert {} == broken(several)


def test_each_channel_gets_its_own_events_and_reads_its_own_secret(several: Graph):
    filters = of(several, "TopicSubscription")
    roles = {name: one["policy"] for name, one in of(several, "RolePolicy").items()}

    for name, own in CHANNELS.items():
        (other,) = CHANNELS.keys() - {name}
        assert {"type": own["events"]} == json.loads(filters[f"sink-{name}"]["filterPolicy"])
        assert f"${{Secret/{name}.arn}}" in roles[f"deliver-{name}"]
        assert f"${{Secret/{other}.arn}}" not in roles[f"deliver-{name}"]
        assert f"attempt#{name}#*" in roles[f"deliver-{name}"]


def test_instances_share_the_mock_of_their_plugin(several: Graph):
    """It keeps nothing."""
    mocks = {name for name in of(several, "Function") if name.startswith("mock-")}
    routes = {one["routeKey"] for one in of(several, "Route").values()}

    assert {"mock-example"} == mocks
    assert "ANY /mocks/example/{path+}" in routes


def test_verify_reads_of_both_accounts_what_authenticates_webhooks_and_no_more(several: Graph):
    policy = of(several, "RolePolicy")["verify"]["policy"]

    for name in ACCOUNTS:
        assert f"${{Secret/{name}-webhooks.arn}}" in policy
        assert f"${{Secret/{name}.arn}}" not in policy


@cache
def _registry() -> Registry:
    return load(only=PLUGINS)


def test_the_runtime_reads_of_each_function_what_the_stack_wrote(several: Graph):
    for function, one in of(several, "Function").items():
        given: dict[str, str] = {k: str(v) for k, v in one["environment"]["variables"].items()}
        gateways = [name for name in given.get("PENSTOCK_GATEWAYS", "").split(",") if name]
        sinks = [name for name in given.get("PENSTOCK_SINKS", "").split(",") if name]
        expected = {name: PLUGINS.get(name, name) for name in (*gateways, *sinks)}

        assert expected == plugins_of(given, gateways, sinks), function
        if function == "process":
            assert ["sandbox", "live"] == [
                vars(read_settings(_registry().gateway(name), given))["environment"]
                for name in ACCOUNTS
            ]
        for sink in {*sinks} & {*CHANNELS}:
            assert read_settings(_registry().sink(sink), given) is not None
            assert {*CHANNELS[sink]["events"]} == _registry().selection(sink, given)


def test_what_it_exports_says_what_each_is_an_instance_of(stack: Several):
    exports = stack.exports

    assert "paypal" == exports["gateways"]["paypal-eu"]["plugin"]
    assert "plugin" not in exports["gateways"]["paypal"]
    assert {"paypal-eu", "paypal-eu-webhooks"} == {*exports["secrets"]["paypal-eu"]}


def test_a_host_of_serve_knows_the_same_instances(stack: Several):
    found = Stack("dev", stack.exports)
    named = {**found.plugins, **PLUGINS}

    assert named == found.plugins
    assert named == plugins_of(found.environ(), found.outputs["gateways"], found.sinks)
    assert ["paypal", *ACCOUNTS] == found.instances("paypal")


def test_the_longest_name_fits_the_limits_of_aws(several: Graph):
    queues = [one["name"] for one in of(several, "Queue").values()]
    functions = [one["name"] for one in of(several, "Function").values()]

    assert (16, 30) == (len(STACK), len(LONGEST))
    assert max(map(len, queues)) <= 80
    assert 64 == max(map(len, functions))


@pytest.mark.parametrize(
    ("kind", "given", "complaint"),
    [
        ("sinks", {"slack-ops": {}}, r"sinks\.slack-ops: no installed plugin brings slack-ops"),
        ("sinks", {"slack-ops": {}}, r"name the one it is an instance of \(plugin: …\)"),
        ("sinks", {"ops": {"plugin": "slak"}}, r"sinks\.ops: .*brings slak \(there are: .*slack"),
        (
            "sinks",
            {"ops": {"plugin": "paypal"}},
            r"sinks\.ops: paypal is one of the gateways: move it",
        ),
        ("sinks", {"ops": {"plugin": 5}}, r"sinks\.ops\.plugin is not text"),
        ("sinks", {"email": {"plugin": "slack"}}, "email is the name of another plugin"),
        ("sinks", {"paypal": {"plugin": "slack"}}, "paypal is the name of another plugin"),
        ("gateways", {"slack": {"plugin": "example"}}, "slack is the name of another plugin"),
        ("sinks", {"pay": {"plugin": "slack"}}, r"sinks\.pay: a gateway is named pay, too"),
        ("sinks", ["slack", "slack"], r"slack is named twice.*slack-ops: \{plugin: slack\}"),
        ("sinks", {"Ops": {"plugin": "slack"}}, "'Ops' cannot name queues"),
        ("sinks", {"slack_ops": {"plugin": "slack"}}, "'slack_ops' cannot name queues"),
        ("sinks", {"slack-": {"plugin": "slack"}}, "'slack-' cannot name queues"),
        ("sinks", {"slack--ops": {"plugin": "slack"}}, "'slack--ops' cannot name queues"),
        ("sinks", {f"{LONGEST}y": {"plugin": "slack"}}, "up to 30 of a-z"),
        ("sinks", {"slack-dlq": {"plugin": "slack"}}, "name of another queue or secret"),
        ("gateways", {"pay-webhooks": {"plugin": "paypal"}}, "name of another queue or secret"),
    ],
)
def test_a_name_that_does_not_do_is_refused_with_the_remedy(
    dev: dict[str, Any], kind: str, given: Any, complaint: str
):
    pay = {"gateways": {"pay": {"plugin": "paypal", "environment": "live"}}}
    config = {**dev, **({"penstock:gateways": pay["gateways"]} if kind == "sinks" else {})}

    with pytest.raises(ConfigError, match=complaint):
        choose({**config, f"penstock:{kind}": given})


def test_a_secret_among_the_settings_names_the_command_with_the_instances_name(
    dev: dict[str, Any],
):
    config = {"slack-ops": {"plugin": "slack", "webhook_url": "https://x"}}

    with pytest.raises(ConfigError, match="`penstock secrets set slack-ops`"):
        choose({**dev, "penstock:sinks": config})


def test_variables_that_do_not_fit_name_the_instance(dev: dict[str, Any]):
    accounts: Callable[[int], dict[str, Any]] = lambda size: {  # noqa: E731 - one size each
        **ACCOUNTS,
        "paypal-eu": {**ACCOUNTS["paypal-eu"], "extra_certificates": "x" * size},
    }

    with pytest.raises(ConfigError, match=r"gateways\.paypal-eu\.extra_certificates: the var"):
        capture("dev", {**dev, "penstock:gateways": accounts(5000)})
