"""Loading plugins: what is wrong with one is said at start, and its name with it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from penstock.api import Door, Register, RegisterAccount, RegisterSimulator, hookimpl
from penstock.errors import PluginError
from penstock.plugins import Account, Kind, StandIn, load
from tests.plugins.registry.fakes import (
    AcmePay,
    NoSettings,
    Pager,
    gateway_plugin,
    plugin,
    sink_plugin,
)

WEBHOOKS = {"authenticate": None, "read": None}


def test_what_plugins_register_is_found_by_name():
    registry = load([gateway_plugin(secrets=("key",)), sink_plugin()])

    assert [
        ("acmepay", Kind.gateway, "acme", ("key",)),
        ("acmepager", Kind.sink, "pager", ()),
    ] == [(one.plugin, one.kind, one.name, one.secrets) for one in registry.registrations]
    assert AcmePay is registry.gateway("acme").made
    assert ("charges",) == registry.gateway("acme").capabilities
    assert Pager is registry.sink("pager").made


def test_each_load_begins_anew():
    first, second = load([gateway_plugin()]), load([gateway_plugin()])

    assert first is not second
    assert 1 == len(second.registrations)


def test_simulators_are_listed_and_not_imported():
    def penstock_register_simulators(register: RegisterSimulator) -> None:
        register(name="acme", build="nowhere.to.be.found:build")

    registry = load([plugin("acmesim", penstock_register_simulators)])

    assert (StandIn("acmesim", "acme", "nowhere.to.be.found:build"),) == registry.simulators


def test_accounts_are_listed_and_not_imported():
    def penstock_register_accounts(register: RegisterAccount) -> None:
        register(name="acme", build="nowhere.to.be.found:AcmeAccount")

    registry = load([gateway_plugin(), plugin("acmedesk", penstock_register_accounts)])

    assert (Account("acmedesk", "acme", "nowhere.to.be.found:AcmeAccount"),) == registry.accounts


def test_an_account_without_a_class_is_refused_by_name():
    def penstock_register_accounts(register: RegisterAccount) -> None:
        register(name="acme", build="acmedesk")

    with pytest.raises(PluginError, match="acmedesk: account of 'acme': build must be"):
        load([plugin("acmedesk", penstock_register_accounts)])


def test_a_misspelt_hook_is_refused_by_name():
    def penstock_register_gateway(register: Register[Any]) -> None: ...

    with pytest.raises(PluginError, match=r"^acmepay: .*penstock_register_gateway\b") as refused:
        load([plugin("acmepay", penstock_register_gateway), sink_plugin()])

    assert "penstock_register_gateways" in str(refused.value)


def test_a_hook_with_an_argument_we_do_not_give_is_refused_by_name():
    def penstock_register_gateways(registry: Any) -> None: ...

    with pytest.raises(PluginError, match=r"^acmepay: "):
        load([plugin("acmepay", penstock_register_gateways)])


def test_hooks_without_the_marker_are_refused_by_name():
    module = ModuleType("acmepay")
    module.penstock_register_gateways = lambda register: None

    with pytest.raises(PluginError, match=r"^acmepay: registers nothing"):
        load([module])


@pytest.mark.parametrize(
    "other", [gateway_plugin("otherpay"), sink_plugin("otherpay", name="acme")]
)
def test_a_name_taken_twice_names_both_plugins(other: ModuleType):
    with pytest.raises(PluginError, match="acmepay and otherpay both register 'acme'"):
        load([gateway_plugin(), other])


def test_one_plugin_may_not_take_its_own_name_twice():
    def penstock_register_sinks(register: Register[Any]) -> None:
        register(name="pager", settings=NoSettings, build=Pager)
        register(name="pager", settings=NoSettings, build=Pager)

    with pytest.raises(PluginError, match="acmepager and acmepager both register 'pager'"):
        load([plugin("acmepager", penstock_register_sinks)])


def test_a_plugin_that_cannot_be_imported_is_named():
    with pytest.raises(PluginError, match=r"^penstock_nowhere: .* there is no module"):
        load(["penstock_nowhere"])


def test_a_plugin_that_breaks_while_it_registers_is_named():
    def penstock_register_sinks(register: Register[Any]) -> None:
        raise RuntimeError("no")

    with pytest.raises(PluginError, match=r"^acmepager: .*RuntimeError"):
        load([gateway_plugin(), plugin("acmepager", penstock_register_sinks)])


def test_a_registration_that_leaves_something_out_is_named():
    def penstock_register_sinks(register: Any) -> None:
        register(name="pager", build=Pager)

    with pytest.raises(PluginError, match=r"^acmepager: .*settings"):
        load([plugin("acmepager", penstock_register_sinks)])


def test_a_plugin_listed_twice_is_named():
    with pytest.raises(PluginError, match=r"^acmepay: listed twice"):
        load([gateway_plugin(), gateway_plugin()])


@pytest.mark.parametrize("name", ["", "Acme", "acme_pay", "acme-pay", "1acme", "a" * 31, "acme\n"])
def test_a_name_that_no_variable_or_queue_could_carry_is_refused(name: str):
    with pytest.raises(PluginError, match=r"^acmepay: gateway .* small letters and digits"):
        load([gateway_plugin(name=name)])


def made(**members: Any) -> type:
    """A class with those members."""
    return type("Made", (), members)


@pytest.mark.parametrize(
    ("rest", "because"),
    [
        ({"build": made()}, "no capability"),
        ({"build": made(charge=None)}, "no Charges: it lacks idempotent_charges"),
        ({"build": made(**WEBHOOKS)}, "webhooks and a door"),
        ({"door": Door({})}, "webhooks and a door"),
        ({"build": made(**WEBHOOKS), "door": Door({"x-sig": "("})}, "no regular expression"),
        ({"build": made(**WEBHOOKS), "door": Door({"X-Sig": "."})}, "lower-case"),
        ({"build": made(**WEBHOOKS), "door": Door({"x-sig": {"live": "."}})}, "environment"),
        ({"build": lambda context: None}, "annotated with the class it returns"),
        ({"settings": dict}, "pydantic model"),
        ({"secrets": ("k",), "webhook_secrets": ("k",)}, "only a gateway with webhooks"),
        (
            {"build": made(**WEBHOOKS), "secrets": ("key",), "webhook_secrets": ("pin",)},
            "must be among secrets, and are not: pin",
        ),
    ],
)
def test_a_gateway_that_claims_what_it_cannot_hold_is_refused(rest: dict[str, Any], because: str):
    with pytest.raises(PluginError, match=rf"^acmepay: gateway 'acme': .*{re.escape(because)}"):
        load([gateway_plugin(**rest)])


def test_a_sink_that_cannot_deliver_is_refused():
    with pytest.raises(PluginError, match=r"^acmepager: sink 'pager': .*lacks deliver"):
        load([sink_plugin(build=made(accepts=None))])


def test_a_function_may_build_when_it_says_what():
    def build(context: Any) -> AcmePay:
        return AcmePay(context)

    assert AcmePay is load([gateway_plugin(build=build)]).gateway("acme").made


def test_a_simulator_without_a_function_to_build_it_is_refused():
    def penstock_register_simulators(register: RegisterSimulator) -> None:
        register(name="acme", build="acmepay.simulator")

    with pytest.raises(PluginError, match=r"^acmesim: simulator 'acme'"):
        load([plugin("acmesim", penstock_register_simulators)])


def test_objects_with_hooks_are_plugins_too():
    class Acme:
        @hookimpl
        def penstock_register_sinks(self, register: Register[Any]) -> None:
            register(name="pager", settings=NoSettings, build=Pager)

    assert "Acme" == load([Acme()]).sink("pager").plugin


def test_a_name_nobody_registered_lists_what_is_installed():
    registry = load([gateway_plugin(), sink_plugin()])

    with pytest.raises(PluginError, match=r"gateway named 'pager'; installed: acme \(acmepay\)"):
        registry.gateway("pager")
    with pytest.raises(PluginError, match=r"sink named 'slack'; installed: pager \(acmepager\)"):
        registry.sink("slack")


INDEXED = """
import json, sys
from penstock.plugins import indexed_whole_currencies, load
registry = load(only=json.loads(sys.argv[1]))
print(json.dumps([one.name for one in registry.registrations]))
print(json.dumps([name for name in ("acmepay", "acmepager") if name in sys.modules]))
print(json.dumps(indexed_whole_currencies()))
"""
ACME = """
from penstock.api import hookimpl
from tests.plugins.registry.fakes import AcmePay, AcmeSettings

@hookimpl
def penstock_register_gateways(register):
    register(name="acme", settings=AcmeSettings, build=AcmePay)
"""


@pytest.mark.parametrize(
    ("only", "names", "imported"),
    [
        ({"acme": "acme"}, '["acme"]', '["acmepay"]'),
        ({"acme-eu": "acme"}, '["acme"]', '["acmepay"]'),
        ({"nobody": "nobody"}, "[]", "[]"),
    ],
)
def test_with_an_index_no_other_plugin_is_looked_for_or_imported(
    tmp_path: Path, only: dict[str, str], names: str, imported: str
):
    """
    In a zip the index alone counts: what is installed beside it is neither found nor imported.
    """
    repository = Path(__file__).parents[3]
    (tmp_path / "penstock").mkdir()
    for part in (repository / "runtime/penstock").iterdir():
        (tmp_path / "penstock" / part.name).symlink_to(part)
    acme = {"name": "acme", "whole_currencies": ["TWD"]}
    (tmp_path / "penstock/_plugins.json").write_text(
        json.dumps(
            {
                "plugins": [
                    {"module": "acmepay", "gateways": [acme], "sinks": []},
                    {"module": "acmepager", "gateways": [], "sinks": [{"name": "pager"}]},
                ]
            }
        )
    )
    (tmp_path / "acmepay.py").write_text(ACME)
    (tmp_path / "acmepager.py").write_text("raise RuntimeError('nobody asked for it')")

    answer = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-c", INDEXED, json.dumps(only)],
        env={"PYTHONPATH": f"{tmp_path}:{repository}", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    assert [names, imported, '{"acme": ["TWD"]}'] == answer.stdout.splitlines()


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (gateway_plugin(whole_currencies=("TWD", "NTD")), "are not: NTD"),
        (sink_plugin(whole_currencies=("TWD",)), "a sink takes no money"),
    ],
)
def test_currencies_without_decimals_are_a_gateways_and_of_iso_4217(made: Any, says: str):
    with pytest.raises(PluginError, match=says):
        load([made])
