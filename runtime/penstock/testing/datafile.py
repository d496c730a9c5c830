"""
A plugin's data file, written from its classes: `python -m penstock.testing.datafile MODULE`.

With `--check` nothing is written: exit code 1 says that the file and the classes differ. Exit code
2 says that the plugin cannot be loaded, or its file not written.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path

from penstock.errors import PluginError
from penstock.plugins import describe, load


def path(module: str) -> Path:
    """
    Where the data file of a plugin's package is; the package is not imported.

    Raises:
        PluginError: there is no such package.
    """
    if not module.isidentifier():
        raise PluginError(f"{module}: name the plugin's package, as an import does: acmepay")
    spec = importlib.util.find_spec(module)
    if spec is None:
        raise PluginError(
            f"{module}: there is no package of that name: install it (pip install --no-deps -e"
            " FOLDER), or correct the name"
        )
    if not spec.submodule_search_locations:
        raise PluginError(
            f"{module}: it is one file, and a plugin is a folder: move it to {module}/__init__.py"
        )
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
    try:
        return _check(options.module) if options.check else _write(options.module)
    except PluginError as exc:
        return _told(str(exc), 2)
    except OSError as exc:
        return _told(f"{exc.filename}: {exc.strerror}: make it a file that you may write", 2)


def _check(module: str) -> int:
    if current(module):
        return 0
    return _told(
        f"{module}: its plugin.json is not what its classes say: run"
        f" python -m penstock.testing.datafile {module}",
        1,
    )


def _write(module: str) -> int:
    path(module).write_text(render(module), "utf-8")
    return 0


def _told(what: str, code: int) -> int:
    print(f"penstock: {what}", file=sys.stderr)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
