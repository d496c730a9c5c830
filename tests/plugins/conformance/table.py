"""`python -m tests.plugins.conformance.table`: docs/plugin-checks.md anew."""

from __future__ import annotations

from pathlib import Path

from tests.plugins.conformance.failing import row
from tests.plugins.conformance.sitting import CHECKS

PAGE = Path(__file__).parents[3] / "docs/plugin-checks.md"
HEAD = """# What a plugin is checked for

The checks of the conformance kit (`penstock.testing`), by class. For each there is a plugin that
is broken in what the check is for: the third column says how, the fourth is the line that the
check fails with. `penstock plugins check NAME` runs them ([plugins.md](plugins.md)).

`make plugin-checks` writes this page; a test compares each row with what the check says.

| class | a plugin passes if | what the broken one does | the check says |
| --- | --- | --- | --- |
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(HEAD + "".join(f"{row(name)}\n" for name in CHECKS), "utf-8")


if __name__ == "__main__":
    main()
