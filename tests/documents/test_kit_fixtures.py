"""docs/plugins.md says which fixtures each class of the conformance kit needs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.testing import conformance
from tests.documents.commands import ROOT

PAGE = (ROOT / "docs/plugins.md").read_text("utf-8")
CLASSES = [name for name in dir(conformance) if name.endswith("Conformance")]
OURS = {"self", "itself", "bench"}
BESIDE = {"LookupConformance": "ChargesConformance"}
"""A class whose fixtures another one has, which the same tests must have, too."""


def asked(cls: type) -> set[str]:
    """Every fixture that its checks take, and those that its own fixtures take."""
    found: set[str] = set()
    waiting = [taken for check in checks(cls) for taken in check]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        fixture: Any = getattr(cls, name, None)
        if fixture is not None:
            waiting += set(inspect.signature(fixture._get_wrapped_function()).parameters) - OURS
    return found


def checks(cls: type) -> Iterator[set[str]]:
    """Of each check the fixtures that it takes."""
    for name, check in inspect.getmembers(cls, callable):
        if name.startswith("test_"):
            marks = [one for one in getattr(check, "pytestmark", ()) if one.name == "parametrize"]
            given = {
                part.strip()
                for mark in marks
                for part in (
                    mark.args[0].split(",") if isinstance(mark.args[0], str) else mark.args[0]
                )
            }
            yield set(inspect.signature(check).parameters) - OURS - given


def documented(name: str) -> tuple[set[str], set[str]]:
    """What the page says one must give, and may give."""
    rows = [line.split("|")[1:4] for line in PAGE.splitlines() if f"`{name}`" in line[:80]]
    (row,) = [row for row in rows if name in row[0] and len(row) == 3]
    must, may = (set(re.findall(r"`(\w+)`", cell)) for cell in row[1:])
    return must, may


@pytest.mark.parametrize("name", sorted({*CLASSES} - {"GatewayConformance"}))
def test_the_page_names_the_fixtures_of_each_class(name: str) -> None:
    cls = getattr(conformance, BESIDE.get(name, name))
    wanted = asked(cls)
    optional = {one for one in wanted if hasattr(cls, one)}

    assert (wanted - optional, optional) == documented(name)
