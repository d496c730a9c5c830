"""A month's bill: every line follows from the graph and from what is assumed, and is printed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from infra.cost import Assumed, Line, bill, printed
from infra.graph import capture
from infra.monitor import Declared
from infra.program import stack_config
from infra.rules.view import of
from infra.settings import ROOT

MILLION = 1e6


@pytest.fixture(scope="module")
def graph(bundles: Path) -> Sequence[Declared]:
    return capture("prod", {**stack_config("prod"), "bundles": str(bundles)})


def lines(graph: Sequence[Declared], webhooks: float = MILLION, **given: float) -> dict[str, Line]:
    return {line.what: line for line in bill(graph, webhooks, Assumed(**given))}


def per_million(found: Mapping[str, Line]) -> float:
    return sum(line.usd for line in found.values() if not line.fixed)


def test_a_million_requests_of_the_api_are_a_dollar(graph: Sequence[Declared]) -> None:
    assert 1.0 == pytest.approx(lines(graph)["HTTP API requests"].usd)


def test_what_is_paid_by_the_webhook_grows_with_them_and_the_rest_does_not(
    graph: Sequence[Declared],
) -> None:
    one, ten = lines(graph), lines(graph, 10 * MILLION)

    for what, line in one.items():
        assert (1 if line.fixed else 10) * line.usd == pytest.approx(ten[what].usd), what


def test_a_full_batch_costs_a_third_of_the_calls_and_less_of_everything_else(
    graph: Sequence[Declared],
) -> None:
    one, ten = lines(graph), lines(graph, batch=10)

    assert 3 / 1.2 == pytest.approx(one["SQS FIFO calls"].usd / ten["SQS FIFO calls"].usd)
    assert per_million(ten) < per_million(one)


def test_a_webhook_without_news_writes_nothing_and_reaches_no_sink(
    graph: Sequence[Declared],
) -> None:
    found = lines(graph, news=0)

    assert 0 == found["DynamoDB write units"].usd
    assert 3 * MILLION == found["Lambda requests"].quantity


def test_a_sink_less_is_cheaper(graph: Sequence[Declared]) -> None:
    left = [o for o in graph if not (o.custom and o.name == "deliver-email")]

    assert per_million(lines(left)) < per_million(lines(graph))


def test_each_alarm_and_secret_of_the_graph_is_paid_for(graph: Sequence[Declared]) -> None:
    found = lines(graph)

    assert len(of(graph, "MetricAlarm")) == found["Alarms"].quantity
    assert len(of(graph, "Secret")) == found["Secrets"].quantity


def test_a_stack_with_a_host_of_its_own_polls_nothing_by_lambda(
    graph: Sequence[Declared],
) -> None:
    off = [
        dataclasses.replace(o, inputs={**o.inputs, "enabled": False})
        if o.type.endswith(":EventSourceMapping")
        else o
        for o in graph
    ]

    assert 0 == lines(off)["SQS polls of idle queues"].usd


def test_the_bill_says_what_it_assumes_and_whether_the_target_is_kept(
    graph: Sequence[Declared],
) -> None:
    text = "\n".join(printed(bill(graph, MILLION), MILLION, Assumed()))

    assert "the target of 4.00 is missed" in text
    assert all(field.name in text for field in dataclasses.fields(Assumed))


def test_the_bill_does_not_grow_unnoticed(graph: Sequence[Declared]) -> None:
    assert per_million(lines(graph)) < 50
    assert per_million(lines(graph, batch=10)) < 37
    assert per_million(lines(graph, news=0, batch=10)) < 8


def test_the_figures_in_the_documents_are_those_of_the_bill(graph: Sequence[Declared]) -> None:
    page = (ROOT / "docs" / "stack.md").read_text()
    rows = [
        f"| {per_million(lines(graph, news=news)):.2f} "
        f"| {per_million(lines(graph, news=news, batch=10)):.2f} |"
        for news in (1, 0)
    ]
    fixed = sum(line.usd for line in lines(graph).values() if line.fixed)

    assert [] == [row for row in rows if row not in page]
    assert f"A month costs {fixed:.2f} besides" in page
