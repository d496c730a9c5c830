"""Several instances of one plugin: each has its name, its variables and its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from penstock import variables
from penstock.api import Context
from penstock.errors import PluginError
from penstock.plugins import Kind, Registration, load, plugin_variables, variable
from tests.depth import examples
from tests.plugins.registry.fakes import AcmePay, AcmeSettings, Pager, gateway_plugin, sink_plugin

TWO = {"acme": "acme", "acme-eu": "acme"}
ENVIRON = {
    "PROVIDER_ACME_REQUEST_URI": "https://acme.test/us",
    "PROVIDER_ACME__EU_PLUGIN": "acme",
    "PROVIDER_ACME__EU_REQUEST_URI": "https://acme.test/eu",
}
PARTS = st.lists(st.text("ab0", min_size=1, max_size=2), min_size=1, max_size=3)
NAMES = PARTS.map(lambda parts: f"a{'-'.join(parts)}")
FIELDS = st.text("ab_", max_size=3).map(lambda text: f"a{text}")


@dataclass(frozen=True)
class NamedAcme(AcmePay):
    """A gateway that takes its name from its context."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.context.name or "acme")


def make_context(registration: Registration, settings: BaseModel) -> Context[Any]:
    world: Any = None
    return Context(
        settings,
        world,
        world,
        world,
        world,
        world,
        world,
        world,
        request_timeout=1.0,
        name=registration.name,
    )


def test_each_instance_has_its_own_name_and_settings():
    registry = load([gateway_plugin(build=NamedAcme)], only=TWO)
    built: list[Any] = [registry.build_gateway(name, ENVIRON, make_context) for name in TWO]

    assert [("acme", "/us"), ("acme-eu", "/eu")] == [
        (one.name, one.context.settings.request_uri.path) for one in built
    ]


def test_each_instance_of_a_sink_has_its_own_selection():
    registry = load([sink_plugin()], only={"pager": "pager", "pager-ops": "pager"})
    environ = {
        "SINK_PAGER_EVENTS": '["invoice.paid"]',
        "SINK_PAGER__OPS_PLUGIN": "pager",
        "SINK_PAGER__OPS_EVENTS": '["dispute.opened"]',
    }

    assert {"invoice.paid"} == registry.selection("pager", environ)
    assert {"dispute.opened"} == registry.selection("pager-ops", environ)


def test_what_is_configured_is_listed_under_its_own_names():
    registry = load([gateway_plugin(), sink_plugin()], only={**TWO, "pager-ops": "pager"})

    assert [("acme", AcmePay), ("acme-eu", AcmePay), ("pager-ops", Pager)] == [
        (one.name, one.made) for one in registry.configured
    ]


def test_a_plugin_that_keeps_its_own_name_is_refused_as_an_instance_with_the_remedy():
    registry = load([gateway_plugin()], only=TWO)

    assert "acme" == registry.build_gateway("acme", ENVIRON, make_context).name
    with pytest.raises(PluginError, match=r"'acme-eu'.*calls itself 'acme'.*context\.name"):
        registry.build_gateway("acme-eu", ENVIRON, make_context)


def test_an_instance_of_what_no_plugin_brings_names_the_plugin():
    registry = load([gateway_plugin()], only={"acme-eu": "bcme"})

    with pytest.raises(PluginError, match="gateway named 'bcme'; installed: acme"):
        registry.gateway("acme-eu")


def test_a_plugin_may_not_have_a_setting_that_names_plugins():
    class Own(AcmeSettings):
        plugin: str = ""

    with pytest.raises(PluginError, match="`plugin` is a setting that every gateway has"):
        load([gateway_plugin(settings=Own)])


def test_of_two_accounts_each_has_commands_of_its_plugin():
    class Desk:
        def penstock_register_accounts(self, register: Any) -> None:
            register(name="acme", build="nowhere:Desk")

    from penstock.api import hookimpl

    hookimpl(Desk.penstock_register_accounts)
    registry = load([gateway_plugin(), Desk()], only=TWO)

    assert "acme" == registry.account("acme-eu").name


@settings(max_examples=examples(50))
@given(one=NAMES, other=NAMES, field=FIELDS)
def test_a_variable_is_of_one_gateway_only(one: str, other: str, field: str):
    assume(one != other)
    named = variable(Kind.gateway, one, field)

    assert variables.belongs(named, variables.GATEWAY, one)
    assert not variables.belongs(named, variables.GATEWAY, other)


@settings(max_examples=examples(50))
@given(name=NAMES)
def test_an_instance_is_written_and_read_alike(name: str):
    environ = plugin_variables(Kind.sink, name, {variables.PLUGIN: "slack"})

    assert {name: "slack"} == variables.plugins_of(environ, sinks=[name])
    assert {name: name} == variables.plugins_of({}, sinks=[name])
