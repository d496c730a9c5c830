"""Each setting, capability and hook that a document names exists."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from infra.config.settings import StackSettings
from penstock.api import account, hookspecs
from penstock.api.context import Context
from penstock.api.gateway import CAPABILITIES
from penstock.plugins import Kind, load
from tests.documents.commands import documents
from tests.documents.pages import CODE, first_cells, page, section


def stack_keys() -> set[str]:
    return {field.alias or name for name, field in StackSettings.model_fields.items()}


def test_the_table_of_settings_has_each_key_of_a_stack_and_no_other() -> None:
    """`pages` has a page of its own, and `bundles` is for the project's own tests."""
    table = section(page("docs/operating.md"), "Settings")
    keys = {one.removeprefix("penstock:") for one in first_cells(table)}

    assert stack_keys() - {"pages", "bundles"} == keys


def test_a_setting_that_is_named_is_one_of_a_stack() -> None:
    text = "\n".join(doc.read_text("utf-8") for doc in documents())

    assert set() == set(re.findall(r"(?<!urn:)\bpenstock:([a-z]\w+)", text)) - stack_keys()


def nested() -> Iterator[tuple[str, str]]:
    """The keys within keys, as a stack's file has them."""
    schema = StackSettings.model_json_schema(by_alias=True)
    for key, one in schema["properties"].items():
        for variant in (one, *one.get("anyOf", ())):
            name = variant.get("$ref", "").rpartition("/")[2]
            for inner in schema.get("$defs", {}).get(name, {}).get("properties", ()):
                yield key, inner


@pytest.mark.parametrize(("key", "inner"), list(nested()))
def test_each_setting_within_a_setting_is_in_a_document(key: str, inner: str) -> None:
    about = [doc.read_text("utf-8") for doc in documents() if key in doc.read_text("utf-8")]

    assert any(re.search(rf"\b{inner}\b", text) for text in about)


def test_the_settings_of_each_plugin_are_documented_and_no_other() -> None:
    """In the table for operators, or in a page of the plugin's own."""
    table = section(page("docs/operating.md"), "Settings of gateways and sinks")
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", table, re.M)
    ours = {
        (one.name, field)
        for one in load().registrations
        if one.plugin.startswith("penstock_")
        for field in one.settings.model_fields
    }
    pages = [doc.read_text("utf-8") for doc in documents() if doc.name != "CHANGELOG.md"]

    def elsewhere(name: str, field: str) -> bool:
        return any(re.search(rf"\b{name}\b", one) and f"`{field}`" in one for one in pages)

    assert {*rows} <= ours
    assert len(rows) == len(set(rows))
    assert [] == [one for one in sorted(ours - {*rows}) if not elsewhere(*one)]


def test_the_capabilities_are_in_the_table_with_their_methods() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (`[^|]+) \|$", page("docs/plugins.md"), re.M)
    listed = {name: set(CODE.findall(methods)) for name, methods in rows}
    known = {one.__name__: {m for m in vars(one) if not m.startswith("_")} for one in CAPABILITIES}

    assert known == {name: listed.get(name) for name in known}


def test_the_protocols_of_an_account_are_in_the_table_and_no_other() -> None:
    text = page("docs/plugins.md").partition("`penstock.api.account`")[2].partition("\n## ")[0]
    protocols = [
        name for name, one in vars(account).items() if getattr(one, "_is_protocol", False)
    ]

    assert {*protocols} - {"Protocol", "Finds"} == set(re.findall(r"^\| `(\w+)` \|", text, re.M))


def test_the_hooks_are_in_the_table_and_no_other() -> None:
    listed = first_cells(section(page("docs/plugins.md"), "Hooks"))

    assert {one for one in dir(hookspecs) if one.startswith("penstock_")} == set(listed)


def test_what_a_plugin_is_given_is_in_the_page_and_nothing_else() -> None:
    text = section(page("docs/plugins.md"), "What it is given")
    named = {*first_cells(text), *CODE.findall(text.partition("it holds")[0])}

    assert {*Context.__dataclass_fields__, "Context"} - {"profile"} == named


def test_there_are_kinds_to_hold_to_this() -> None:
    assert {Kind.gateway, Kind.sink} == {one.kind for one in load().registrations}
