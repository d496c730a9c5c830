"""A data file that is missing or wrong is one line that says what to do."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from infra.config.plugins import installed
from infra.config.project import ConfigError
from penstock.testing import datafile
from tests.plugins.registry.mistaken import Write, registering


def test_a_stack_names_the_command_that_writes_a_data_file(package: Write):
    name = package(__init__=registering())

    with pytest.raises(ConfigError) as raised:
        installed([EntryPoint("acmepay", name, "penstock")])

    assert (
        "plugin acmepay: its package has no plugin.json: write it with"
        f" `.venv/bin/python -m penstock.testing.datafile {name}`"
    ) == str(raised.value)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (
            "acme_nowhere",
            "acme_nowhere: there is no package of that name: install it (pip install --no-deps"
            " -e FOLDER), or correct the name",
        ),
        ("./acmepay", "./acmepay: name the plugin's package, as an import does: acmepay"),
        ("acme.pay", "acme.pay: name the plugin's package, as an import does: acmepay"),
        (
            "bisect",
            "bisect: it is one file, and a plugin is a folder: move it to bisect/__init__.py",
        ),
    ],
)
def test_the_data_file_of_no_package_is_one_line(
    capsys: pytest.CaptureFixture[str], module: str, said: str
):
    assert 2 == datafile.main([module])
    assert f"penstock: {said}\n" == capsys.readouterr().err


def test_the_data_file_of_a_plugin_that_cannot_be_loaded_is_one_line(
    package: Write, capsys: pytest.CaptureFixture[str]
):
    name = package(__init__="import stripe_of_acme")

    assert 2 == datafile.main([name])

    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"penstock: {name}: importing it failed: there is no module")


def test_a_data_file_that_cannot_be_written_is_one_line(
    package: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    name = package(__init__=registering())
    file = tmp_path / name / "plugin.json"
    file.mkdir()

    assert 2 == datafile.main([name])
    assert (
        f"penstock: {file}: Is a directory: make it a file that you may write\n"
        == capsys.readouterr().err
    )


def test_a_data_file_that_is_old_names_the_command(
    package: Write, capsys: pytest.CaptureFixture[str]
):
    name = package(__init__=registering())

    assert 1 == datafile.main([name, "--check"])
    assert (
        f"penstock: {name}: its plugin.json is not what its classes say: run"
        f" python -m penstock.testing.datafile {name}\n"
    ) == capsys.readouterr().err
