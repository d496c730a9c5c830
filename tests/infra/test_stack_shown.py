"""What a stack would create is printed, and the picture in the documents is that of its graph."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from infra.access.permitted import permitted
from infra.config.project import ROOT
from infra.graph import show
from infra.graph.drawing import mermaid
from infra.graph.monitor import Declared
from infra.rules.view import of

FLOW = ROOT / "docs" / "flow.md"


@pytest.fixture(scope="module")
def graph() -> Sequence[Declared]:
    return show.committed("prod")


@pytest.fixture(scope="module")
def printed() -> list[dict[str, Any]]:
    """In a process of its own: servers of other tests may write a log line here meanwhile."""
    command = [sys.executable, "-m", "infra.graph.show", "prod", "json"]
    ran = subprocess.run(  # noqa: S603 - our own module
        command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_the_picture_in_the_documents_is_that_of_the_graph(graph: Sequence[Declared]) -> None:
    (drawn,) = re.findall(r"```mermaid\n(.*?)```", FLOW.read_text(), re.DOTALL)

    assert mermaid(graph) == drawn


def test_the_table_of_permissions_in_the_documents_is_that_of_the_graph(
    graph: Sequence[Declared],
) -> None:
    page = (ROOT / "docs" / "stack.md").read_text()
    shown = page.partition("## What each function may do")[2].partition("\n## ")[0]

    assert permitted(graph) in shown


def test_every_function_is_in_the_table_with_all_that_it_may(graph: Sequence[Declared]) -> None:
    _, _, *lines = permitted(graph).splitlines()
    rows = dict(line.strip("| ").split(" | ", 1) for line in lines)

    assert of(graph, "Function").keys() == rows.keys()
    assert "`sns:Publish` on topic `deliveries`" == rows["receive"]
    assert "items `attempt#slack#*` only" in rows["deliver-slack"]
    assert "`dynamodb:Query` on table `ledger`, `index/due`" in rows["sweep"]


def test_the_picture_leads_from_the_webhook_to_the_sink(graph: Sequence[Declared]) -> None:
    picture = mermaid(graph)
    way = [
        'API -- "POST /webhooks/{gateway}" --> Function_receive',
        "Function_receive --> Topic_deliveries",
        "Topic_deliveries --> Queue_deliveries",
        "Queue_deliveries --> Function_verify",
        "Function_verify --> Queue_verified",
        "Queue_verified --> Function_process",
        "Function_process --> Topic_events",
        "Topic_events --> Queue_sink_slack",
        "Queue_sink_slack --> Function_deliver_slack",
    ]

    assert [] == [step for step in way if step not in picture]


def test_each_resource_is_an_object_with_its_inputs_and_options(
    graph: Sequence[Declared], printed: list[dict[str, Any]]
) -> None:
    table = next(one for one in printed if one["type"] == "aws:dynamodb/table:Table")

    assert sum(one.custom for one in graph) == len(printed)
    assert {"type", "name", "inputs", "options"} == set(table)
    assert table["options"]["protect"]
    assert "PAY_PER_REQUEST" == table["inputs"]["billingMode"]


def test_it_needs_no_zips_and_shows_no_path_of_this_machine(printed: list[dict[str, Any]]) -> None:
    codes = {one["inputs"]["code"]["archive"] for one in printed if "code" in one["inputs"]}

    assert {"receive.zip", "api.zip", "merchant.zip", "worker.zip", "deliver.zip"} == codes
    assert "/tmp" not in json.dumps(printed)  # noqa: S108 - a path that must not be there


def test_a_stack_without_a_file_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["show", "nowhere"])

    assert 1 == show.main()
    assert "there is no Pulumi.nowhere.yaml" in capsys.readouterr().err
