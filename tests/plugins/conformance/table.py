"""`python -m tests.plugins.conformance.table`: docs/plugin-checks.md anew."""

from __future__ import annotations

from pathlib import Path

from tests.plugins.conformance.broken_packages import IMPORTS
from tests.plugins.conformance.failing import row
from tests.plugins.conformance.sitting import CHECKS

PAGE = Path(__file__).parents[3] / "docs/plugin-checks.md"
HEAD = """# What a plugin is checked for

The checks of the conformance kit (`penstock.testing`), by class. For each there is a plugin that
is broken in what the check is for: the third column says how, the fourth is the line that the
check fails with. A broken plugin fails its check and no other, except where one fault breaks
several promises: the last column names the others. `penstock plugins check NAME` runs all of them
([plugins.md](plugins.md)).

`make plugin-checks` writes this page; tests compare each row with what the checks say.

| class | a plugin passes if | what the broken one does | the check says | it fails as well |
| --- | --- | --- | --- | --- |
"""


IMPORTED = """
## What importing a package must not do

It is imported in a process of its own, under an audit hook. A file of the package may be read.

| the package | the check says |
| --- | --- |
"""
PACKAGE = """
## What needs no tests of yours

`penstock plugins check` looks at the package as it is installed, too.

| a plugin passes if | else it says |
| --- | --- |
| it registers what it has | what is wrong with the registration, and the remedy |
| no other installed plugin has its names | each name that another one registers, and which |
| its data file says what its classes say | the command that writes it |
| its methods are shaped as needed | each method whose kind, parameters or types are wrong |
| it can be built with the settings of its simulator | what `build` raised and where |
| its simulator sends samples | that `penstock trigger` cannot work (skipped without a simulator) |
| pyright finds no error | how many errors there are, and the first (skipped with `--no-types`) |
| its tests subclass the kit's classes | that no test does, or why pytest could not run |
"""


def page() -> str:
    """The whole page."""
    rows = "".join(f"{row(name)}\n" for name in CHECKS)
    imported = "".join(f"| {what} | `{said}` |\n" for what, (_, said) in IMPORTS.items())
    return HEAD + rows + IMPORTED + imported + PACKAGE


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
