"""Nothing that a document names is missing: the other direction of test_nothing_undocumented."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest
import typer
import yaml

from infra.config.settings import StackSettings
from infra.signals import COUNTED
from penstock.adapters.memory import MemoryLedger
from penstock.api import EventType, account, hookspecs
from penstock.api.context import Context
from penstock.api.gateway import CAPABILITIES
from penstock.domain.caller import Scope
from penstock.domain.operation import OperationKind
from penstock.entrypoints.cli.catalogue import COMMANDS, GROUPS
from penstock.entrypoints.serve.gauges import Gauges
from penstock.entrypoints.serve.metrics import Metrics
from penstock.plugins import Kind, load
from penstock.problems import KINDS
from penstock.testing.clock import FrozenClock
from tests.contract.cli.running import run
from tests.documents.commands import ROOT, commands, documents, recipe

CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
_ID = re.compile(r"{\w+}|(?<=/webhooks/)\w+")
OTHERS_OPTIONS = {"--create-bucket-configuration", "--deletion-protection-enabled"}
"""Of AWS's own command line."""
SOURCES = ("runtime", "plugins", "infra", "local")


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def section(text: str, heading: str) -> str:
    """What is below a heading, to the next one of any level."""
    return re.split(r"^#+ ", text.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.M)[0]


def first_cells(text: str) -> list[str]:
    """What the first cell of each row of a table has in backticks."""
    rows = re.findall(r"^\|([^|]*)\|", text, re.M)
    return [one for cell in rows for one in CODE.findall(cell)]


@cache
def spans() -> list[str]:
    """Everything that the documents have in backticks; the changelog names what is gone, too."""
    pages = [doc for doc in documents() if doc.name != "CHANGELOG.md"]
    return sorted({one for doc in pages for one in CODE.findall(doc.read_text("utf-8"))})


def inline_commands() -> Iterator[tuple[str, ...]]:
    """Commands within sentences, as far as their names go; of alternatives each."""
    for span in spans():
        line = span.removeprefix(".venv/bin/")
        if not line.startswith("penstock ") or "penstock acmepay" in line:
            continue  # `acmepay` is a reader's own plugin
        words = shlex.split(re.sub(r"--stack \w+", "", line))[1:]
        names: list[str] = []
        for word in words:
            if not re.fullmatch(r"[a-z-]+", word) or word.startswith("-"):
                break
            names.append(word)
        if names[:2] == ["secrets", "set"] or names[:2] == ["secrets", "split"]:
            names = names[:2]
        if names:
            yield tuple(names)


def in_blocks() -> set[tuple[str, ...]]:
    """What test_commands runs, with its options."""
    lines = (line for doc in documents() for line in commands(str(doc)))
    words = (tuple(re.sub(r"--stack \w+ ", "", one).split()[1:]) for one in lines)
    return {one[:size] for one in words for size in (1, 2, 3)}


@pytest.mark.parametrize("words", sorted({*inline_commands()} - in_blocks()), ids=" ".join)
def test_a_command_within_a_sentence_exists(words: tuple[str, ...]) -> None:
    shown = run([*words, "--help"])

    assert 0 == shown.exit_code, shown.output
    assert "Usage: " in shown.output


@cache
def tree() -> Any:
    """All commands, with those of PayPal's account."""
    package = "penstock.entrypoints.cli.commands"
    made = typer.Typer()
    for name in COMMANDS:
        made.command(name)(getattr(import_module(f"{package}.{name}"), name))
    for name in GROUPS:
        made.add_typer(import_module(f"{package}.{name}").app, name=name)
    made.add_typer(import_module(f"{package}.accounts").group("paypal"), name="paypal")
    return typer.main.get_command(made)


def test_each_command_of_each_group_is_in_a_document() -> None:
    """As `penstock group command`, or both words in backticks."""
    pages = [doc.read_text("utf-8") for doc in documents() if doc.name != "CHANGELOG.md"]
    text = re.sub(r"penstock (--stack \w+ )?", "`", "\n".join(pages))
    named = [
        f"{group} {command}"
        for group, one in tree().commands.items()
        for command in getattr(one, "commands", ())
    ]

    assert len(named) > 40
    assert [] == [one for one in named if not re.search(rf"`{one}\b", text)]


def options() -> frozenset[str]:
    """The options of all commands."""
    found: set[str] = {"--stack", "--json", "--help", "--version", "--confirm"}
    waiting: list[Any] = [tree()]
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        found.update(name for one in command.params for name in (*one.opts, *one.secondary_opts))
    return frozenset(found)


def test_an_option_within_a_sentence_is_one_of_a_command() -> None:
    ours = [one for one in spans() if one.startswith("--")]
    named = {option for span in ours for option in _OPTION.findall(span)}
    scripts = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    scripts += "\n".join(path.read_text() for path in (ROOT / "plugins").rglob("*.py"))

    unknown = sorted(
        one for one in named - options() - OTHERS_OPTIONS if f'"{one}"' not in scripts
    )
    assert [] == unknown


@pytest.mark.parametrize(
    "line", sorted({one.split(" |")[0] for one in spans() if re.match(r"make [a-z_-]+( |$)", one)})
)
def test_a_make_target_within_a_sentence_runs_something(line: str) -> None:
    assert recipe(line)


def test_a_path_of_the_api_that_is_named_is_one_of_the_contract() -> None:
    contract = yaml.load(page("contracts/api.yaml"), yaml.CSafeLoader)["paths"]
    known = {
        f"{method.upper()} {_ID.sub('{}', path)}"
        for path, methods in contract.items()
        for method in methods
    }
    named = [one for one in spans() if re.match(r"(GET|POST|PUT|PATCH|DELETE) /", one)]
    # PayPal's own paths have a version, a simulator's its own beginning.
    ours = [one for one in named if not re.search(r" /(v\d|_simulator|messages)\b", one)]

    unknown = [one for one in ours if _ID.sub("{}", one.partition("?")[0]) not in known]
    assert len(ours) > 20
    assert [] == unknown


def test_the_events_page_has_the_event_types_and_no_other() -> None:
    headings = re.findall(r"^## (\S+\.\S+)$", page("docs/events.md"), re.M)
    listed = re.findall(r"^\| \[`([^`]+)`\]", page("docs/events.md"), re.M)

    assert sorted(map(str, EventType)) == sorted(headings) == sorted(listed)


def logged() -> set[str]:
    """The events of our logs."""
    call = re.compile(r'\.(?:debug|info|warning|error|exception)\(\s*"([a-z_]+\.[a-z_]+)"')
    return {
        event
        for folder in SOURCES
        for path in (ROOT / folder).rglob("*.py")
        for event in call.findall(path.read_text("utf-8"))
    }


def reported() -> set[str]:
    """The types of notifications that plugins read, where a gateway names them as we do ours."""
    plugins = (ROOT / "plugins").rglob("*.py")
    quoted = re.compile(r'"([a-z_]+\.[a-z_]+)"')
    return {one for path in plugins for one in quoted.findall(path.read_text("utf-8"))}


def test_an_event_or_a_line_of_the_log_that_is_named_exists() -> None:
    """What begins as an event type or a log event does is one."""
    counted = {event for one in COUNTED.values() for event in one.events}
    known = {*logged(), *counted, *reported(), *map(str, EventType)}
    families = {one.partition(".")[0] for one in known}
    files = re.compile(r"\.(py|md|json|toml|yaml|fifo)$")
    named = {
        one
        for one in spans()
        if re.fullmatch(r"[a-z_]+\.[a-z_]+", one)
        and one.partition(".")[0] in families
        and not files.search(one)
    }

    assert len(named) > 40
    assert set() == named - known


@pytest.mark.parametrize("event", sorted({e for one in COUNTED.values() for e in one.events}))
def test_each_line_of_the_log_that_is_counted_is_in_a_page_for_operators(event: str) -> None:
    assert f"{event}" in page("docs/runbook.md") + page("docs/operating.md")


def test_the_scopes_that_are_documented_are_those_of_tokens() -> None:
    (row,) = re.findall(r"^\| `--scope` .*$", page("docs/operating.md"), re.M)
    contract = re.findall(r"x-penstock-scope: (\w+)", page("contracts/api.yaml"))

    assert set(map(str, Scope)) == set(re.findall(r"`(\w+)`: ", row))
    assert set(map(str, Scope)) == set(contract)


def test_the_kinds_of_problem_that_are_named_exist_and_the_contract_has_each() -> None:
    kinds = {one.name for one in KINDS}
    named = {
        name
        for doc in documents()
        for name in re.findall(r"\b[45]\d\d `([a-z]+(?:-[a-z]+)+)`", doc.read_text("utf-8"))
    }
    listed = set(re.findall(r"^ +\| ([a-z-]+) \| \d{3} \|", page("contracts/api.yaml"), re.M))

    assert len(named) > 8
    assert set() == named - kinds
    assert kinds == listed


def test_the_operations_of_the_architecture_are_those_of_the_ledger() -> None:
    listed = first_cells(section(page("ARCHITECTURE.md"), "The operations"))

    assert [one.value for one in OperationKind] == listed


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


def test_the_metrics_are_in_the_table_and_no_other() -> None:
    listed = [one for one in first_cells(page("docs/operating.md")) if one.startswith("penstock_")]
    metrics = Metrics()
    Gauges({}, MemoryLedger(), FrozenClock(), metrics.registry)
    kept = {one.name for one in metrics.registry.collect() if one.name.startswith("penstock_")}

    assert kept == {one.removesuffix("_total") for one in listed}


def test_there_are_kinds_to_hold_to_this() -> None:
    assert {Kind.gateway, Kind.sink} == {one.kind for one in load().registrations}


def test_the_table_of_events_says_which_sink_gets_them_by_default() -> None:
    table = section(page("docs/operating.md"), "Which events a sink gets")
    gets: dict[str, set[str]] = {"slack": set(), "email": set()}
    named: list[str] = []
    for cells in re.findall(r"^\| (`.*?) \| *(\w*) *\| *(\w*) *\|$", table, re.M):
        begun = ""
        for one in CODE.findall(cells[0]):
            begun = begun if one.startswith(".") else one.partition(".")[0]
            event = f"{begun}{one}" if one.startswith(".") else one
            named.append(event)
            for sink, yes in zip(gets, cells[1:], strict=True):
                gets[sink] |= {event} if yes else set()

    assert sorted(map(str, EventType)) == sorted(named)
    offered = {name: load().sink(name).events for name in gets}
    assert {name: set(map(str, events or ())) for name, events in offered.items()} == gets
