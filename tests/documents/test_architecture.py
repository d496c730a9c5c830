"""The pages tell the truth: what they name is there, and the drawings are the code's."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.documents.commands import ROOT, documents

RUNTIME = ROOT / "runtime" / "penstock"
PAGE = (ROOT / "ARCHITECTURE.md").read_text()
_LINK = re.compile(r"\]\(([^)#:]+)\)")
_PAGE_NAME = re.compile(r"(?<![\w/.-])[\w./-]*[\w-]\.md\b")
# Nothing of a check-out but what it tracks is a source: no environment, no build.
_SOURCES = ("*.py", "*.md", "*.yaml", "*.toml", "Makefile")


def sources() -> list[Path]:
    """Every text file of the project."""
    shown = subprocess.run(  # noqa: S603 - git, with our own arguments
        ["git", "ls-files", "-z", "--", *_SOURCES],  # noqa: S607 - the check-out's own git
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode:
        pytest.skip("not a git check-out: what is a source cannot be told")
    return [path for name in shown.stdout.split("\0") if (path := ROOT / name).is_file()]


def section(title: str) -> str:
    """A section of the page."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The rows of a section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.name)
def test_a_link_to_a_page_of_ours_leads_there(page: Path) -> None:
    gone = [link for link in _LINK.findall(page.read_text()) if not (page.parent / link).exists()]

    assert [] == gone


def test_a_page_that_a_source_names_is_one_of_the_project() -> None:
    gone = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources()
        for name in _PAGE_NAME.findall(path.read_text())
        if not any((folder / name).exists() for folder in (ROOT, ROOT / "docs", path.parent))
    }

    assert set() == gone


def test_each_word_is_where_the_table_says() -> None:
    for word, _, where in rows("The words"):
        (place,) = re.findall(r"`([^`]+)`", where)
        module = place if place.endswith(".py") else f"../{place.replace('.', '/')}.py"

        assert (RUNTIME / module).is_file(), f"{word}: {place}"


def test_each_stage_is_the_module_the_table_says() -> None:
    named = [name for row in rows("The flow") for name in re.findall(r"`([^`]+\.py)`", row[1])]
    modules = {path.name for path in (RUNTIME / "pipeline").glob("*.py")}

    assert {Path(name).name for name in named} <= modules


def test_the_layers_are_those_that_are_enforced() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    enforced = next(one["layers"] for one in rules["contracts"] if one["type"] == "layers")
    drawn = re.findall(r"^```\n(.*?)^```", section("The layers"), re.M | re.S)[0].splitlines()

    assert [layer.split(" | ") for layer in enforced] == [
        re.sub(r"\s{2,}[^|]*$", "", re.sub(r"\s*\|\s*", "|", line)).strip().split("|")
        for line in drawn
    ]
