"""The data file says what the classes say."""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from penstock.api import Door, Permission, RegisterSimulator
from penstock.errors import PluginError
from penstock.plugins import describe, load
from penstock.testing import datafile
from tests.plugins.registry.fakes import AcmePay, gateway_plugin, plugin, sink_plugin

INSTALLED = sorted({entry.value for entry in entry_points(group="penstock")})


class Listening(AcmePay):
    """AcmePay with webhooks."""

    async def authenticate(self, delivery: Any, now: Any) -> Any: ...

    def read(self, delivery: Any) -> Any: ...


def test_a_gateway_as_data():
    module = gateway_plugin(
        build=Listening,
        whole_currencies=("TWD",),
        secrets=("key",),
        permissions=(Permission("kms:Sign", "key/acme"),),
        door=Door({"x-sig": "[0-9a-f]{64}"}, body_limit=1000, json=False),
    )
    (loaded,) = load([module]).plugins

    document = json.loads(json.dumps(describe(loaded)))

    (gateway,) = document["gateways"]
    settings = gateway.pop("settings")
    assert {
        "name": "acme",
        "capabilities": ["webhooks", "charges"],
        "whole_currencies": ["TWD"],
        "secrets": ["key"],
        "permissions": [{"action": "kms:Sign", "resource": "key/acme"}],
        "door": {"headers": {"x-sig": "[0-9a-f]{64}"}, "body_limit": 1000, "json": False},
    } == gateway
    assert ["request_uri"] == settings["required"]
    assert ("acmepay", [], []) == tuple(document[k] for k in ("module", "sinks", "simulators"))


def test_a_sink_and_a_simulator_as_data():
    def penstock_register_simulators(register: RegisterSimulator) -> None:
        register(name="pager", build="acmepager.simulator:build")

    module = sink_plugin()
    simulated = plugin("acmepager", penstock_register_simulators)
    module.penstock_register_simulators = simulated.penstock_register_simulators
    (loaded,) = load([module]).plugins

    document = describe(loaded)

    assert ["pager"] == [sink["name"] for sink in document["sinks"]]
    assert [{"name": "pager", "build": "acmepager.simulator:build"}] == document["simulators"]


@pytest.mark.parametrize("module", INSTALLED)
def test_the_data_file_of_every_plugin_is_its_classes(module: str):
    assert datafile.render(module) == datafile.path(module).read_text("utf-8"), (
        f"run: python -m penstock.testing.datafile {module}"
    )


def acme_package(folder: Path) -> None:
    (folder / "acmepackage").mkdir()
    (folder / "acmepackage/__init__.py").write_text(
        "from tests.plugins.registry.fakes import gateway_plugin\n"
        "penstock_register_gateways = gateway_plugin().penstock_register_gateways\n"
    )


def test_the_command_writes_and_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    acme_package(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "acmepackage/plugin.json"

    assert 1 == datafile.main(["acmepackage", "--check"])
    assert not file.exists()
    assert 0 == datafile.main(["acmepackage"])
    assert 0 == datafile.main(["acmepackage", "--check"])

    file.write_text(file.read_text().replace("charges", "refunds"))

    assert 1 == datafile.main(["acmepackage", "--check"])


def test_a_module_that_is_no_package_has_no_data_file():
    with pytest.raises(PluginError, match="penstock_nowhere"):
        datafile.path("penstock_nowhere")
