"""What tests of the stack share: plugins, zips, graphs, and the lines of a log."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from infra.bundle import Stamp, read, record, sources
from infra.config.plugins import installed
from infra.config.project import ConfigError
from infra.graph.capture import capture
from infra.graph.monitor import Declared
from infra.graph.program import stack_config
from penstock import observability
from tests.aws_models import read_once
from tests.infra.stacks import STACKS
from tests.leaving import logging_restored

read_once()

Install = Callable[..., None]

RECEIVE = """
def handler(event, context):
    print("{}")
    return {"statusCode": 202, "body": event["rawPath"]}
"""
API = """
def handler(event, context):
    print("{}")
    return {"statusCode": 404, "body": event["rawPath"]}
"""
WORKER = """
def verify(event, context):
    print("{}")
    return {"batchItemFailures": []}

process = charge = deliver = sweep = gaps = renew = verify
"""


# Whoever imports it in the process of the stack's program is found out.
FAKE = """
import json, pathlib, sys

from pydantic import BaseModel, ConfigDict

from penstock.api import Door, hookimpl

if "infra" in sys.modules:
    raise RuntimeError("a plugin was imported")
DATA = json.loads(pathlib.Path(__file__).with_name("plugin.json").read_text())


class Settings(BaseModel):
    model_config = ConfigDict(extra="allow")


def made(**methods):
    def build(self, context):
        self.name = context.name

    return type("Fake", (), {"__init__": build, **methods})


@hookimpl
def penstock_register_gateways(register):
    for one in DATA.get("gateways", ()):
        charging = dict(idempotent_charges=True, charge=lambda *_: None)
        register(name=one["name"], settings=settings(one), build=made(**charging))


@hookimpl
def penstock_register_sinks(register):
    for one in DATA.get("sinks", ()):
        build = made(accepts=lambda *_: True, deliver=lambda *_: None)
        register(name=one["name"], settings=settings(one), build=build)


def settings(one):
    fields = one.get("settings", {}).get("properties", {})
    hints = {"__annotations__": dict.fromkeys(fields, object)}
    return type("Settings", (Settings,), {**hints, **dict.fromkeys(fields)})
"""


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of zips whose functions do next to nothing."""
    folder = tmp_path_factory.mktemp("bundles")
    made = (
        ("receive", "receive", RECEIVE),
        ("api", "api", API),
        ("merchant", "merchant", API),
        ("worker", "workers", WORKER),
        ("deliver", "workers", WORKER),
    )
    for kind, module, source in made:
        with zipfile.ZipFile(folder / f"{kind}.zip", "w") as archive:
            archive.writestr("penstock/__init__.py", "")
            archive.writestr("penstock/entrypoints/__init__.py", "")
            archive.writestr("penstock/entrypoints/functions/__init__.py", "")
            archive.writestr(f"penstock/entrypoints/functions/{module}.py", source)
    record(folder, Stamp("aws", sources(installed()), "test"))
    return folder


@pytest.fixture
def dev(bundles: Path) -> dict[str, Any]:
    """The configuration of the stack dev, with zips that exist."""
    return {**stack_config("dev"), "bundles": str(bundles)}


@pytest.fixture(scope="session")
def graphs(bundles: Path) -> Mapping[str, Sequence[Declared]]:
    """The graph of each stack."""
    return {s: capture(s, {**stack_config(s), "bundles": str(bundles)}) for s in STACKS}


@pytest.fixture(params=STACKS)
def graph(
    request: pytest.FixtureRequest, graphs: Mapping[str, Sequence[Declared]]
) -> Sequence[Declared]:
    """The graph of one stack, and then of the other."""
    return graphs[request.param]


@pytest.fixture(scope="session")
def served(bundles: Path) -> Sequence[Declared]:
    """A stack of prod's whose queues `penstock serve` consumes."""
    config = {**stack_config("prod"), "bundles": str(bundles), "consumers": "serve"}
    return capture("prod", config)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[str]]]:
    """What a function of prod has written to its log, with the logging that it really has."""
    with logging_restored():
        observability.configure("INFO", "prod")
        yield lambda: capsys.readouterr().out.splitlines()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundles: Path) -> Iterator[Install]:
    """Install a plugin, a package with its data file and entry point; the zips know of it."""
    before = read(bundles)
    assert before
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def make(name: str, data: Mapping[str, Any] | str | None, module: str | None = None) -> None:
        module = module or f"tests_plugin_{name}"
        package, metadata = site / module, site / f"tests_{name}-1.dist-info"
        package.mkdir()
        (package / "__init__.py").write_text(FAKE)
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: tests-{name}\nVersion: 1"
        )
        (metadata / "entry_points.txt").write_text(f"[penstock]\n{name} = {module}\n")
        if data is not None:
            text = data if isinstance(data, str) else json.dumps({"module": module, **data})
            (package / "plugin.json").write_text(text)
        sys.path_importer_cache.pop(str(site), None)
        with suppress(ConfigError):
            record(bundles, Stamp("aws", sources(installed()), "test"))

    yield make
    record(bundles, before)
