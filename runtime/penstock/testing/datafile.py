"""
A plugin's data file, written from its classes: `python -m penstock.testing.datafile MODULE`.

With `--check` nothing is written: exit code 1 says that the file and the classes differ.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from pathlib import Path

from penstock.errors import PluginError
from penstock.plugins import describe, load


def path(module: str) -> Path:
    """
    Where the data file of a plugin's package is; the package is not imported.

    Raises:
        PluginError: there is no such package.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise PluginError(f"{module}: a plugin is a package, and there is none of that name")
    return Path(spec.submodule_search_locations[0], "plugin.json")


def render(module: str) -> str:
    """The data file as the plugin's classes have it now."""
    (plugin,) = load([module]).plugins
    return json.dumps(describe(plugin), indent=2, ensure_ascii=False) + "\n"


def current(module: str) -> bool:
    """Whether the data file says what the classes say."""
    file = path(module)
    return file.is_file() and file.read_text("utf-8") == render(module)


def main(arguments: list[str] | None = None) -> int:
    """Write or check one data file."""
    parser = argparse.ArgumentParser(prog="python -m penstock.testing.datafile")
    parser.add_argument("module", help="the plugin's package, such as penstock_paypal")
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args(arguments)
    if options.check:
        return 0 if current(options.module) else 1

    path(options.module).write_text(render(options.module), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
