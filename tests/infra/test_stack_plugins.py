"""Plugins are known by their data files; what is wrong with one is said with its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra import trial
from infra.access.permits import resources
from infra.bundle import Stamp, record, sources
from infra.config.configured import Configured, Plugins, configured
from infra.config.load import load
from infra.config.plugins import Permission, installed
from infra.config.project import ConfigError
from infra.graph.capture import capture
from infra.graph.program import defaults
from infra.rules import broken
from infra.rules.view import of
from tests.plugins.unbuildable import ADDRESS, CODE, DATA, KEY, SAID


def choose(**named: Mapping[str, Any]) -> Plugins:
    declared = {key.removeprefix("penstock:"): value for key, value in defaults().items()}
    return configured(load("dev", {**declared, **named}), installed())


def sink(name: str, **settings: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": settings}
    return {"sinks": [{"name": name, "settings": schema, "secrets": ["key"], "permissions": []}]}


def test_those_that_come_with_penstock_are_found() -> None:
    assert {"paypal", "example", "slack", "email", "webhook"} <= {
        plugin.name for plugin in installed()
    }


def test_a_third_plugin_is_configured_by_name_and_never_imported(
    install: Callable[..., None],
) -> None:
    install("pager", sink("pager", number={"type": "string"}, tries={"default": 3}))

    chosen = choose(sinks={"pager": {"number": "1", "events": ["payment.succeeded"]}})

    assert {"number": "1", "tries": 3} == chosen.sinks["pager"].settings
    assert {"pager": {"pager": ("key",)}} == chosen.secrets


def test_a_name_nobody_brings_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"penstock:sinks\.fax: .*there are: .*slack"):
        choose(sinks={"fax": {}})


def test_a_name_two_bring_is_refused_with_both(install: Callable[..., None]) -> None:
    install("impostor", sink("slack"))
    with pytest.raises(ConfigError, match="impostor and slack both bring it"):
        choose()


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example.com/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://169.254.169.254/",
        "https://[fd00:ec2::254]/",
        "https://metadata.google.internal/",
        "https://user@shop.example.com/",
    ],
)
def test_a_webhook_to_this_network_is_refused_before_anything_is_made(url: str) -> None:
    hook = {"plugin": "webhook", "url": url}
    with pytest.raises(ConfigError, match=r"sinks\.hook\.url has .*as in https://shop") as refused:
        choose(sinks={"hook": hook})

    assert url not in str(refused.value)


def test_a_plugin_without_a_data_file_is_named(install: Callable[..., None]) -> None:
    install("hollow", None)
    with pytest.raises(ConfigError, match=r"plugin hollow: its package has no plugin\.json"):
        installed()


@pytest.mark.parametrize("data", ["{", "[]", '{"module": 1}'])
def test_a_data_file_that_cannot_be_read_is_named(install: Callable[..., None], data: str) -> None:
    install("garbled", data)
    with pytest.raises(ConfigError, match=r"plugin garbled: its plugin\.json cannot be read"):
        installed()


def test_a_package_that_is_not_there_is_named(install: Callable[..., None]) -> None:
    install("gone", sink("gone"))
    from importlib.metadata import EntryPoint

    with pytest.raises(ConfigError, match="plugin lost: there is no package nowhere: correct"):
        installed([EntryPoint("lost", "nowhere", "penstock")])


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"number": 5}, r"penstock:sinks\.pager\.number: this value is not of type"),
        ({"number": "1", "nmber": "2"}, r"penstock:sinks\.pager\.nmber is no setting"),
        ({}, r"penstock:sinks\.pager\.number is missing"),
    ],
)
def test_wrong_settings_are_refused_by_their_key(
    install: Callable[..., None], settings: Mapping[str, Any], complaint: str
) -> None:
    data = sink("pager", number={"type": "string"})
    data["sinks"][0]["settings"]["required"] = ["number"]
    install("pager", data)
    with pytest.raises(ConfigError, match=complaint):
        choose(sinks={"pager": settings})


def email() -> Configured:
    return choose(sinks={"email": {"sender": "a@b.example", "recipients": ["c@d.example"]}}).sinks[
        "email"
    ]


def test_a_permission_is_for_this_accounts_own_resource() -> None:
    asked = Permission(action="ses:SendEmail", resource="ses:identity/{settings.sender}")

    assert ["ses:identity/a@b.example"] == resources(email(), asked)


def test_of_an_address_in_a_permission_the_domain_can_be_meant() -> None:
    asked = Permission(action="ses:SendEmail", resource="ses:identity/{settings.sender.domain}")

    assert ["ses:identity/b.example"] == resources(email(), asked)


def test_a_list_in_a_permission_stands_for_each_of_its_entries() -> None:
    several = {"email": {"sender": "a@b.example", "recipients": ["c@d.example", "e@d.example"]}}
    one = choose(sinks=several).sinks["email"]
    for wanted, told in (
        ("{settings.recipients}", ["ses:identity/c@d.example", "ses:identity/e@d.example"]),
        ("{settings.recipients.domain}", ["ses:identity/d.example"]),
    ):
        asked = Permission(action="ses:SendEmail", resource=f"ses:identity/{wanted}")
        assert told == resources(one, asked)


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        ("ses:*", "ses:identity/x"),
        ("ses:SendEmail", "*"),
        ("ses:SendEmail", "ses:*"),
        ("ses:SendEmail", "ses:identity/{settings.nothing}"),
        ("ses:SendEmail", "ses:identity/{sender}"),
        ("ses:SendEmail", "ses:"),
        ("ses:SendEmail", "identity"),
        ("ses:SendEmail", "arn:aws:ses:eu-west-1:1:identity/a@b.example"),
    ],
)
def test_a_permission_for_everything_is_refused(action: str, wanted: str) -> None:
    asked = Permission(action=action, resource=wanted)
    with pytest.raises(ConfigError, match=r"plugin email: permission ses:"):
        resources(email(), asked)


def test_a_third_partys_gateway_has_all_it_needs_by_its_name_in_the_configuration(
    install: Callable[..., None], dev: dict[str, Any]
) -> None:
    """A distribution nobody here has heard of, with a gateway and a sink of its own."""
    gateway = {
        "name": "acmepay",
        "capabilities": ["webhooks", "invoices"],
        "settings": {
            "type": "object",
            "properties": {"environment": {"type": "string"}, "merchant": {"type": "string"}},
            "required": ["environment", "merchant"],
        },
        "secrets": ["api_key"],
        "permissions": [{"action": "kms:Verify", "resource": "kms:key/{settings.merchant}"}],
        "door": {"headers": {"acme-signature": "^[0-9a-f]+$"}, "body_limit": 1000, "json": True},
    }
    install("acme", {"gateways": [gateway], **sink("acmechat", room={"type": "string"})})
    dev["penstock:gateways"] = {"acmepay": {"environment": "live", "merchant": "m1"}}
    dev["penstock:sinks"] = {"acmechat": {"room": "money"}}

    graph = capture("dev", dev)
    made = {(one.type.rsplit(":", 1)[-1], one.name) for one in graph if one.custom}
    variables = {
        name: one["environment"]["variables"] for name, one in of(graph, "Function").items()
    }
    roles = {name: one["policy"] for name, one in of(graph, "RolePolicy").items()}

    assert {
        ("Queue", "sink-acmechat"),
        ("Queue", "sink-acmechat-dlq"),
        ("RedrivePolicy", "sink-acmechat"),
        ("TopicSubscription", "sink-acmechat"),
        ("Function", "deliver-acmechat"),
        ("EventSourceMapping", "deliver-acmechat"),
        ("Secret", "acmepay"),
        ("Secret", "acmechat"),
        ("MetricAlarm", "dead-letters-sink-acmechat"),
    } <= made
    assert "m1" == variables["charge"]["PROVIDER_ACMEPAY_MERCHANT"]
    assert "acmepay" == variables["receive"]["PENSTOCK_GATEWAYS"]
    assert "PROVIDER_ACMEPAY_MERCHANT" not in variables["receive"]
    assert "money" == variables["deliver-acmechat"]["SINK_ACMECHAT_ROOM"]
    assert {"verify", "process", "sweep"} == {
        name for name, text in roles.items() if "arn:aws:kms:us-east-1:123456789012:key/m1" in text
    }
    assert "${Secret/acmechat.arn}" in roles["deliver-acmechat"]
    assert "${Secret/acmepay.arn}" not in roles["deliver-acmechat"]
    assert {} == broken(graph)


def test_a_preview_names_a_plugin_that_cannot_be_built(
    install: Callable[..., None], dev: dict[str, Any]
) -> None:
    """
    Nothing is planned then, and neither a setting's value nor a key is quoted.
    """
    install("brittle", DATA, "brittle")
    (brittle,) = [one for one in installed() if one.name == "brittle"]
    (brittle.folder / "__init__.py").write_text(CODE)
    record(Path(dev["bundles"]), Stamp("aws", sources(installed()), "test"))
    dev["penstock:gateways"] = {"brittle-eu": {"plugin": "brittle", "url": ADDRESS}}

    with pytest.raises(ConfigError) as refused:
        capture("dev", dev)

    assert f"brittle: gateway 'brittle-eu': building it raised {SAID}" in str(refused.value)
    assert not [one for one in (KEY, ADDRESS) if one in str(refused.value)]


def test_a_plugin_sees_none_of_the_deployers_credentials(
    install: Callable[..., None], dev: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its code runs at a preview; what Pulumi and AWS keep in variables is not its business."""
    secrets = ("AWS_SECRET_ACCESS_KEY", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG")
    for name in secrets[:2]:
        monkeypatch.setenv(name, "hunter2")
    trial._trial.cache_clear()  # it was started before, perhaps, and is kept
    install("brittle", DATA, "brittle")
    (brittle,) = [one for one in installed() if one.name == "brittle"]
    looks = f"raise ValueError([n for n in {secrets} if n in __import__('os').environ])"
    code = re.sub(r"raise ValueError.*", lambda _: looks, CODE)
    (brittle.folder / "__init__.py").write_text(code)
    record(Path(dev["bundles"]), Stamp("aws", sources(installed()), "test"))
    dev["penstock:gateways"] = {"brittle": {"url": ADDRESS}}

    with pytest.raises(ConfigError, match=r"building it raised ValueError: \[\]"):
        capture("dev", dev)
