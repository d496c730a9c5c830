"""Every alarm of prod has its entry in the runbook."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from infra.config.project import ROOT
from infra.graph.monitor import Declared
from infra.rules.view import of
from tests.documents.commands import commands
from tests.infra.filter_pattern import matcher
from tests.infra.stacks import ALARMS, QUEUES

_REDRIVE = re.compile(r"start dlq redrive|start-message-move-task|StartMessageMoveTask", re.I)
_ENTRY = re.compile(r"^## (.+)$", re.M)
_ALARM, _BUDGET = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:budgets/budget:Budget"
WHAT = {
    *QUEUES,
    "function-errors",
    "function-throttles",
    "retries",
    "old-dead-letters",
    *ALARMS,
}
"""What somebody must be told of, whatever else."""


@pytest.fixture
def prod(graphs: Mapping[str, Sequence[Declared]]) -> Sequence[Declared]:
    return graphs["prod"]


def entries() -> dict[str, str]:
    """The runbook's entries by their heading."""
    parts = _ENTRY.split((ROOT / "docs/runbook.md").read_text())[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def kind(alarm: Declared) -> str:
    """The entry that an alarm sends its reader to."""
    page, _, heading = str(alarm.inputs["alarmDescription"]).partition("docs/runbook.md#")
    assert page, alarm.name
    assert heading, alarm.name
    return heading


def test_every_alarm_of_prod_has_its_entry_and_every_entry_its_alarm(
    prod: Sequence[Declared],
) -> None:
    alarms = [one for one in prod if one.type == _ALARM]
    budgets = {"budget" for one in prod if one.type == _BUDGET}

    assert {kind(alarm) for alarm in alarms} | budgets == entries().keys()
    assert {"budget", *WHAT} <= entries().keys()
    assert all(alarm.inputs["name"].startswith(f"penstock-prod-{kind(alarm)}") for alarm in alarms)


def test_every_alarm_of_each_stack_has_its_entry(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    alarms = [one for graph in graphs.values() for one in graph if one.type == _ALARM]

    assert {kind(alarm) for alarm in alarms} <= entries().keys()
    assert {"dev", "prod"} <= graphs.keys()


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_redrive_is_our_command_or_names_its_destination(page: Path) -> None:
    """
    A message that was sent to a dead-letter queue has no source that SQS could send it back to.
    """
    asked = [one for one in page.read_text().split("\n\n") if _REDRIVE.search(one)]

    assert [] == [one for one in asked if "custom destination" not in one]
    assert [] == [one for one in asked if not one.startswith("**In the console**")]


def test_the_runbook_redrives_by_our_command() -> None:
    run = entries()["dead-letters"].partition("**Run.**")[2]

    assert "penstock --stack prod dlq redrive " in run.partition("**In the console**")[0]


def test_every_consumed_queue_has_its_alarms_and_every_function(prod: Sequence[Declared]) -> None:
    names = {str(one.inputs["name"]) for one in prod if one.type == _ALARM}
    functions = [one.inputs["name"] for one in prod if one.type == "aws:lambda/function:Function"]

    for queue in ("deliveries", "verified", "payments", "sink-slack", "sink-email"):
        for kind in QUEUES:
            assert f"penstock-prod-{kind}-{queue}" in names
    for function in functions:
        own = str(function).removeprefix("penstock-prod-")
        assert f"penstock-prod-function-errors-{own}" in names
        assert f"penstock-prod-function-throttles-{own}" in names


def test_every_log_that_the_runbook_looks_into_is_one_of_the_stack(
    prod: Sequence[Declared],
) -> None:
    """With a filter that CloudWatch understands; penstock's own commands tests/documents runs."""
    groups = {one["name"] for one in of(prod, "LogGroup").values()}
    tails = [line for line in commands("docs/runbook.md") if line.startswith("aws logs tail ")]

    assert tails
    for line in tails:
        words = shlex.split(line)
        assert words[3] in groups, line
        if "--filter-pattern" in words:
            matcher(words[words.index("--filter-pattern") + 1])


@pytest.mark.parametrize("heading", sorted(entries()))
def test_an_entry_says_what_it_means_what_to_look_at_and_what_to_run(heading: str) -> None:
    entry = entries()[heading]

    assert ["Means", "Look", "Run"] == re.findall(r"^\*\*(\w+)\.\*\*", entry, re.M)
    assert re.search(r"\*\*Run\.\*\*.*", entry, re.S)
