"""What a selection of events costs, and what the bill says of itself."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping

import pytest

from infra.bill import prices
from infra.bill.cost import (
    BATCHES,
    TARGET,
    of_sinks,
    per_million,
    printed,
    total,
    unfiltered,
    verdict,
)
from infra.bill.estimate import UNCONFIRMED, Assumed, Line, by_function, by_month, by_webhook
from infra.bill.estimate import letters as mailed
from infra.bill.traffic import KINDS
from infra.config.project import ROOT
from infra.rules.view import of
from tests.infra.bills import MILLION, Graph, changed, committed, graph, lines

__all__ = ["committed", "graph"]


def fixed(graph: Graph) -> dict[str, Line]:
    return {line.what: line for line in by_month(graph)}


def selecting(graph: Graph, sink: str, *types: str) -> Graph:
    """The stack with a sink that takes these events only."""
    policy = json.dumps({"type": list(types)})
    return [
        dataclasses.replace(o, inputs={**o.inputs, "filterPolicy": policy})
        if o.type.endswith(":TopicSubscription") and o.name == f"sink-{sink}"
        else o
        for o in graph
    ]


def test_a_sink_that_selects_one_of_a_sales_three_events_pays_a_third_of_the_letters(
    graph: Graph,
) -> None:
    chosen = selecting(graph, "email", "invoice.paid")

    assert (3 * MILLION, MILLION) == tuple(
        mailed(one, KINDS["sale"], MILLION).quantity for one in (graph, chosen)
    )
    assert 0 == mailed(chosen, KINDS["refund"], MILLION).quantity


def test_by_default_a_sale_is_one_slack_message_and_no_letter(
    committed: Graph, graph: Graph
) -> None:
    delivered = by_function(committed, KINDS["sale"], MILLION, 1)

    assert "deliver-slack" in delivered
    assert "deliver-email" not in delivered
    assert 0 == mailed(committed, KINDS["sale"], MILLION).quantity
    assert 5 * MILLION == (
        lines(graph)["SNS FIFO, to subscribers"].quantity
        - lines(committed)["SNS FIFO, to subscribers"].quantity
    )


def test_the_documents_say_what_the_default_selection_costs(
    committed: Graph, graph: Graph
) -> None:
    page = (ROOT / "docs" / "stack.md").read_text()
    kinds = ("recorded", "refund", "sale")
    every, chosen = (
        [of_sinks(stack, kind, MILLION, 10) for kind in kinds] for stack in (graph, committed)
    )
    rows = [f"| {most:.2f} | {least:.2f} |" for most, least in zip(every, chosen, strict=True)]

    assert [] == [row for row in rows if row not in page]


def test_an_event_that_no_sink_selects_costs_no_delivery(graph: Graph) -> None:
    silent = selecting(selecting(graph, "email", "invoice.paid"), "slack", "invoice.paid")
    functions = by_function(silent, KINDS["refund"], MILLION, 1)

    assert {"receive", "verify", "process"} == functions.keys()
    assert "SNS FIFO, to subscribers" in lines(silent, "sale")
    assert MILLION == lines(silent, "refund")["SNS FIFO, to subscribers"].quantity


def test_a_selection_is_compared_with_every_event_letters_included(graph: Graph) -> None:
    chosen = selecting(graph, "email", "invoice.paid")
    every = of_sinks(graph, "sale", MILLION, 10)

    assert every == pytest.approx(of_sinks(unfiltered(chosen), "sale", MILLION, 10))
    assert of_sinks(chosen, "sale", MILLION, 10) < every - prices.EMAIL * MILLION


def test_each_alarm_secret_and_metric_of_the_graph_is_paid_for(graph: Graph) -> None:
    found = fixed(graph)
    made = [m["metricTransformation"] for m in of(graph, "LogMetricFilter").values()]
    counted = {one["name"] for one in made if one["unit"] == "Count"}

    assert len(of(graph, "MetricAlarm")) == found["Alarms"].quantity
    assert len(of(graph, "Secret")) == found["Secrets"].quantity
    assert len(counted) == found["Metrics from logs"].quantity
    # receive, verify, process, charge, deliver, sweep.
    assert 6 == found["Metrics of stages"].quantity


def test_a_stack_with_a_host_of_its_own_polls_nothing_by_lambda(graph: Graph) -> None:
    assert (
        0
        == fixed(changed(graph, "EventSourceMapping", enabled=False))[
            "SQS polls of idle queues"
        ].usd
    )


@pytest.mark.parametrize(
    ("certain", "doubtful", "said"),
    [(4.0, 0.0, "kept"), (3.6, 0.5, "in doubt"), (4.1, 0.5, "missed")],
)
def test_a_line_in_doubt_is_told_where_it_decides(
    certain: float, doubtful: float, said: str
) -> None:
    assert said == verdict([Line("calls", 1, certain), Line(UNCONFIRMED, 1, doubtful)])


def test_the_bill_is_told_for_each_kind_with_its_verdict_and_what_it_assumes(
    graph: Graph,
) -> None:
    text = "\n".join(printed(graph, MILLION, "sale", Assumed()))

    for name, kind in KINDS.items():
        (told,) = (
            row for row in text.splitlines() if row.startswith(f"  {name} ") and kind.means in row
        )
        for batch in BATCHES:
            found = by_webhook(graph, kind, MILLION, batch)
            assert re.search(rf"\b{total(found):.2f} +{verdict(found)}\b", told), told
    assert all(field.name in text for field in dataclasses.fields(Assumed))


def test_the_bill_does_not_grow_unnoticed(graph: Graph) -> None:
    full: Mapping[str, float] = {name: per_million(graph, name, 10) for name in KINDS}
    most = {
        "refused": 1.55,
        "forged": 3.6,
        "duplicate": 4.15,
        "recorded": 15.5,
        "revised": 17.3,
        "refund": 31.2,
        "sale": 40.35,
        "renewal": 39.25,
        "missed": 37.95,
        "charge": 19.65,
        "checkout": 67.5,
        "subscription": 96.7,
        "refunding": 43.7,
    }

    assert {} == {name: usd for name, usd in full.items() if usd > most[name]}
    assert per_million(graph, "sale", 1) < 59.0


def test_what_is_refused_or_forged_keeps_the_target_and_the_rest_of_the_intake_but_for_a_doubt(
    graph: Graph,
) -> None:
    intake = {name: verdict(by_webhook(graph, KINDS[name], MILLION, 10)) for name in KINDS}

    assert {
        "refused": "kept",
        "forged": "kept",
        "duplicate": "in doubt",
        "recorded": "missed",
        "revised": "missed",
        "refund": "missed",
        "sale": "missed",
        "renewal": "missed",
        "missed": "missed",
        "charge": "missed",
        "checkout": "missed",
        "subscription": "missed",
        "refunding": "missed",
    } == intake
    assert TARGET == 4.0


def test_the_figures_in_the_documents_are_those_of_the_bill(graph: Graph) -> None:
    page = (ROOT / "docs" / "stack.md").read_text()
    rows = [
        f"| {per_million(graph, name, 1):.2f} | {per_million(graph, name, 10):.2f} |"
        for name in KINDS
    ]
    writes = lines(graph, batch=10)["DynamoDB write units"]
    told = [
        f"A month costs {total([*fixed(graph).values()]):.2f} besides",
        f"**{writes.usd:.2f}** for {writes.quantity / MILLION:.0f} write units",
        f"{mailed(graph, KINDS['sale'], MILLION).usd:.0f} for a million sales' letters",
        f"{prices.XRAY_TRACE:.2f} a million",
    ]

    assert [] == [text for text in (*rows, *told) if text not in page]
