"""A new plugin's package, written from one that is kept beside this module."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path

from penstock.entrypoints.cli.session import Code, CommandError

_NAME = re.compile(r"[a-z][a-z0-9]{1,19}")
_PLAYED = {"gateway": ("acmepay", "AcmePay"), "sink": ("acmechat", "AcmeChat")}
"""The name of the package that is kept for each kind, as it is and as a class has it."""


def write(kind: str, name: str, taken: set[str], into: Path) -> list[Path]:
    """
    Write the package, and return its files.

    Args:
        kind: gateway or sink.
        taken: names of installed plugins.
        into: the folder that its own folder, `penstock-<name>`, is made in.

    Raises:
        CommandError: the name cannot be used, or the folder is there already. Nothing is written.
    """
    _refuse(kind, name, taken)
    folder = into / f"penstock-{name}"
    if folder.exists():
        raise CommandError(f"{folder} is there already: choose another name", Code.refused)
    source = files("penstock.entrypoints.cli").joinpath("skeletons", kind)
    try:
        made = [
            _copied(one, folder / _named(place, kind, name), kind, name)
            for place, one in _walk(source)
        ]
    except OSError as exc:
        raise CommandError(
            f"--into: {exc.filename}: {exc.strerror}; name a folder that you may write to",
            Code.refused,
        ) from exc
    return sorted([*made, _data_file(folder, name)])


def _refuse(kind: str, name: str, taken: set[str]) -> None:
    if kind not in _PLAYED:
        raise CommandError(f"{kind}: a plugin is a gateway or a sink; name one", Code.usage)
    if not _NAME.fullmatch(name):
        raise CommandError(
            "NAME: write 2 to 20 lower-case letters and digits, a letter first; it names the"
            " package, the queue and the secret",
            Code.usage,
        )
    if name in taken:
        raise CommandError(f"NAME: a plugin {name} is installed; choose another", Code.usage)
    if iskeyword(name) or find_spec(name) is not None:
        # Its package would hide that module, or could not be imported at all.
        raise CommandError(
            f"NAME: {name} is a module or a word of Python; choose another, such as {name}pay",
            Code.usage,
        )


def _walk(folder: Traversable, at: str = "") -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for one in folder.iterdir():
        place = f"{at}{one.name}"
        if one.is_dir():
            found += _walk(one, f"{place}/") if one.name != "__pycache__" else []
        else:
            found.append((place, one))
    return found


def _copied(source: Traversable, target: Path, kind: str, name: str) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_named(source.read_text("utf-8"), kind, name), "utf-8")
    return target


def _named(text: str, kind: str, name: str) -> str:
    lower, camel = _PLAYED[kind]
    text = text.replace(camel, name.capitalize())
    return text.replace(lower, name).replace(lower.upper(), name.upper())


def _data_file(folder: Path, name: str) -> Path:
    """The plugin's data file, written by a process that may import it before it is installed."""
    python_path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    subprocess.run(  # noqa: S603 - our own module, on the package that was just written
        [sys.executable, "-m", "penstock.testing.datafile", name],
        env={**os.environ, "PYTHONPATH": python_path},
        check=True,
    )
    return folder / name / "plugin.json"
