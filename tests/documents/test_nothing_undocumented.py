"""Whatever people can use is named in a document, each kind of thing in its own."""

from __future__ import annotations

import re

import pytest
import yaml
from typer.main import get_command

from infra.config.settings import StackSettings
from penstock import api
from penstock.api import hookspecs
from penstock.entrypoints.cli.tree import app
from penstock.entrypoints.serve.metrics import Metrics
from tests.documents.commands import ROOT, documents

WRITTEN = "\n".join(page.read_text() for page in documents())
MAKEFILE = (ROOT / "Makefile").read_text()
INSIDE = {"bundles"}
"""Settings for the project's own tests."""


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def protocols() -> list[str]:
    """The Protocols that a plugin author may import."""
    return [name for name in api.__all__ if getattr(getattr(api, name), "_is_protocol", False)]


def paths() -> list[str]:
    """The paths of the contract."""
    return sorted(yaml.load((ROOT / "contracts/api.yaml").read_text(), yaml.CSafeLoader)["paths"])


def settings() -> list[str]:
    """The settings of a stack, as its file has them."""
    named = {field.alias or name for name, field in StackSettings.model_fields.items()}
    return sorted(named - INSIDE)


def commands() -> list[str]:
    """The commands, and the groups of commands."""
    return sorted(get_command(app).list_commands(None))  # type: ignore[attr-defined,arg-type]  # a group, which needs no context


def metrics() -> list[str]:
    """Our own, without what `prometheus_client` says of the process."""
    names = [one.name for one in Metrics().registry.collect()]
    return [name for name in names if name.startswith("penstock_")]


@pytest.mark.parametrize("hook", [one for one in dir(hookspecs) if one.startswith("penstock_")])
def test_each_hook_is_in_the_page_for_plugin_authors(hook: str) -> None:
    assert re.search(rf"(`|def ){hook}\b", page("plugins.md"))


@pytest.mark.parametrize("protocol", protocols())
def test_each_protocol_is_in_the_page_for_plugin_authors(protocol: str) -> None:
    assert re.search(rf"\b{protocol}\b", page("plugins.md"))


@pytest.mark.parametrize("path", paths())
def test_each_path_of_the_api_is_in_a_document(path: str) -> None:
    """Where it has an id, that of an example will do: `/payments/paypal-80021663DE681814L`."""
    shown = re.sub(r"\\{\w+\\}", r"[\\w{}<>$-]+", re.escape(path))

    assert re.search(rf"{shown}(?![\w/-])", WRITTEN)


@pytest.mark.parametrize("setting", settings())
def test_each_setting_is_in_a_document(setting: str) -> None:
    assert re.search(rf"\b{setting}\b", WRITTEN)


@pytest.mark.parametrize("target", re.findall(r"^([a-z_-]+):", MAKEFILE, re.M))
def test_each_make_target_says_what_it_is_for(target: str) -> None:
    assert re.search(rf"^{target}:.*## \S", MAKEFILE, re.M)


@pytest.mark.parametrize("command", commands())
def test_each_command_is_in_a_document(command: str) -> None:
    assert re.search(rf"\bpenstock( --stack \w+)? {command}\b", WRITTEN)


@pytest.mark.parametrize("metric", metrics())
def test_each_metric_is_in_the_page_for_operators(metric: str) -> None:
    assert metric.startswith("process_") or re.search(
        rf"`{metric}(_total)?`", page("operating.md")
    )
