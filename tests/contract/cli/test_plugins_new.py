"""`penstock plugins new`: a package that is whole from the start."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from penstock.entrypoints.cli.tree import app

KINDS = {"gateway": "zahlbar", "sink": "chatty"}


def new(kind: str, name: str, into: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["plugins", "new", kind, name, "--into", str(into)])
    return done.exit_code, done.output


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)  # noqa: S603 - our own interpreter; the caller looks at the code


def named(folder: Path, name: str) -> None:
    """What installing the package adds: an entry point."""
    metadata = folder / f"penstock_{name}-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: penstock-{name}\nVersion: 1")
    (metadata / "entry_points.txt").write_text(f"[penstock]\n{name} = {name}\n")


@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_it_writes_a_package_with_its_data_file_under_the_new_name(
    tmp_path: Path, kind: str, name: str
) -> None:
    code, said = new(kind, name, tmp_path)

    folder = tmp_path / f"penstock-{name}"
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert (0, True) == (code, all(str(path) in said for path in files))
    assert not [path for path in files if re.search("acme", path.read_text() + str(path), re.I)]
    told = json.loads((folder / name / "plugin.json").read_text())
    assert [name] == [one["name"] for one in told[f"{kind}s"]]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_what_it_writes_passes_every_check_and_is_strictly_typed(
    tmp_path: Path, kind: str, name: str
) -> None:
    new(kind, name, tmp_path)
    folder = tmp_path / f"penstock-{name}"
    named(folder, name)

    done = run(folder, "penstock.entrypoints.cli", "--json", "plugins", "check", name)

    told = json.loads(done.stdout)
    wrong = [one for one in told["checks"] if one["result"] == "failed"]
    assert (0, [], True) == (done.returncode, wrong, told["passed"])
    parts = {one["part"] for one in told["checks"] if one["result"] == "passed"}
    assert {"package", "types", f"{kind.capitalize()}Conformance"} <= parts
    assert 25 < len(told["checks"])


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("gateway", "Acme", "NAME: write 2 to 20 lower-case letters and digits"),
        ("gateway", "acme-pay", "NAME: write 2 to 20 lower-case letters and digits"),
        ("gateway", "a", "NAME: write 2 to 20 lower-case letters and digits"),
        ("gateway", "paypal", "NAME: a plugin paypal is installed; choose another"),
        ("gateway", "json", "NAME: json is a module or a word of Python; choose another"),
        ("sink", "class", "NAME: class is a module or a word of Python; choose another"),
        ("wallet", "acme", "wallet: a plugin is a gateway or a sink; name one"),
    ],
)
def test_a_name_that_cannot_be_used_writes_nothing(
    tmp_path: Path, kind: str, name: str, said: str
) -> None:
    code, output = new(kind, name, tmp_path)

    assert (2, True) == (code, said in " ".join(output.split()))
    assert [] == list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    """Nobody may write to /proc, not even root."""
    code, output = new("sink", "chatty", Path("/proc"))

    assert (5, True) == (code, "--into: /proc/penstock-chatty: " in " ".join(output.split()))


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "penstock-chatty"
    folder.mkdir()

    code, output = new("sink", "chatty", tmp_path)

    assert (5, True) == (code, "is there already" in " ".join(output.split()))
    assert [] == list(folder.iterdir())
