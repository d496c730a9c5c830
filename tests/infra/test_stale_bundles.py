"""Zips that are not what the sources say are not deployed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.bundle import Stamp, record, sources
from infra.config.plugins import Plugin, PluginFile, installed
from infra.config.project import ConfigError
from infra.graph.capture import capture


@pytest.fixture
def stack(dev: dict[str, Any], bundles: Path, tmp_path: Path) -> Mapping[str, Any]:
    """The configuration of dev, with zips of its own to stamp."""
    shutil.copytree(bundles, tmp_path, dirs_exist_ok=True)
    return {**dev, "bundles": str(tmp_path)}


def test_zips_of_these_sources_are_deployed(stack: Mapping[str, Any], tmp_path: Path) -> None:
    record(tmp_path, Stamp("aws", sources(installed()), "rest"))

    assert capture("dev", stack)


@pytest.mark.parametrize("made_of", ["other sources", ""])
def test_zips_of_other_sources_or_of_half_a_build_are_refused_with_the_command(
    stack: Mapping[str, Any], tmp_path: Path, made_of: str
) -> None:
    record(tmp_path, Stamp("aws", made_of, "rest"))

    with pytest.raises(ConfigError, match="not made of the sources as they are now: run `make"):
        capture("dev", stack)


def test_zips_that_nobody_says_the_making_of_are_refused_with_the_command(
    stack: Mapping[str, Any], tmp_path: Path
) -> None:
    (tmp_path / ".bundle").unlink()

    with pytest.raises(ConfigError, match="says what its zips were made of: run `make build`"):
        capture("dev", stack)


def test_zips_that_trust_the_emulators_keys_do_not_go_to_aws(
    stack: Mapping[str, Any], tmp_path: Path
) -> None:
    record(tmp_path, Stamp("local", sources(installed()), "rest"))
    emulator = {"aws:endpoints": [{"sts": "http://127.0.0.1:1"}]}

    assert capture("dev", {**stack, **emulator})
    with pytest.raises(ConfigError, match="trust the keys of this machine's emulator"):
        capture("dev", stack)


def test_the_fingerprint_tells_a_changed_source_and_not_where_the_checkout_lies(
    tmp_path: Path,
) -> None:
    here = Plugin("acme", tmp_path / "here" / "acme", PluginFile(module="acme"), {})
    there = replace(here, folder=tmp_path / "there" / "acme")
    for plugin in (here, there):
        plugin.folder.mkdir(parents=True)
        (plugin.folder / "__init__.py").write_text("one")
    before = sources([here])

    assert before == sources([there])
    (here.folder / "__init__.py").write_text("two")
    assert before != sources([here])
