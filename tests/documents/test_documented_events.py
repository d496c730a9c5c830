"""Each event, line of the log, metric, path and problem that a document names exists."""

from __future__ import annotations

import re

import pytest
import yaml

from infra.signals import COUNTED
from penstock.adapters.memory import MemoryLedger
from penstock.api import EventType
from penstock.domain.caller import Scope
from penstock.domain.operation import OperationKind
from penstock.entrypoints.serve.gauges import Gauges
from penstock.entrypoints.serve.metrics import Metrics
from penstock.plugins import load
from penstock.problems import KINDS
from penstock.testing.clock import FrozenClock
from tests.documents.commands import ROOT, documents
from tests.documents.pages import CODE, first_cells, page, section, spans

_ID = re.compile(r"{\w+}|(?<=/webhooks/)\w+")


SOURCES = ("runtime", "plugins", "infra", "local")


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


def test_the_metrics_are_in_the_table_and_no_other() -> None:
    listed = [one for one in first_cells(page("docs/operating.md")) if one.startswith("penstock_")]
    metrics = Metrics()
    Gauges({}, MemoryLedger(), FrozenClock(), metrics.registry)
    kept = {one.name for one in metrics.registry.collect() if one.name.startswith("penstock_")}

    assert kept == {one.removesuffix("_total") for one in listed}


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
