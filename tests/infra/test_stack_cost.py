"""A month's bill: every line follows from the graph, from what was counted, and from prices."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

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
from infra.bill.estimate import (
    MONTH_SECONDS,
    UNCONFIRMED,
    Assumed,
    Line,
    by_function,
    by_month,
    by_webhook,
)
from infra.bill.estimate import letters as mailed
from infra.bill.traffic import KINDS
from infra.config.project import ROOT
from infra.graph.monitor import Declared
from infra.rules.view import of

MILLION = 1e6
Graph = Sequence[Declared]


@pytest.fixture(scope="module")
def committed(graphs: Mapping[str, Graph]) -> Graph:
    """The stack prod as it is: its sinks get what people act on."""
    return graphs["prod"]


@pytest.fixture(scope="module")
def graph(committed: Graph) -> Graph:
    """The same with every event to both sinks: the most that it can cost."""
    return unfiltered(committed)


def lines(
    graph: Graph, kind: str = "sale", webhooks: float = MILLION, batch: float = 1
) -> dict[str, Line]:
    return {line.what: line for line in by_webhook(graph, KINDS[kind], webhooks, batch)}


def fixed(graph: Graph) -> dict[str, Line]:
    return {line.what: line for line in by_month(graph)}


def changed(graph: Graph, kind: str, **inputs: Any) -> Graph:
    return [
        dataclasses.replace(o, inputs={**o.inputs, **inputs})
        if o.type.endswith(f":{kind}") and o.custom
        else o
        for o in graph
    ]


def test_a_million_requests_of_the_api_are_a_dollar(graph: Graph) -> None:
    assert 1.0 == pytest.approx(lines(graph)["HTTP API requests"].usd)


def test_each_request_of_a_backend_a_buyer_and_a_gateway_is_paid_at_the_api(graph: Graph) -> None:
    # A checkout: the order, the buyer's return, a look at its state, two webhooks.
    asked = {"charge": 1, "refunding": 2, "checkout": 5}

    assert {kind: n * MILLION for kind, n in asked.items()} == {
        kind: lines(graph, kind)["HTTP API requests"].quantity for kind in asked
    }


def test_a_function_that_someone_waits_for_finds_one_request_at_a_time(graph: Graph) -> None:
    one, ten = (
        {
            name: next(line.quantity for line in found if line.what == "Lambda requests")
            for name, found in by_function(graph, KINDS["charge"], MILLION, batch).items()
        }
        for batch in BATCHES
    )

    assert (MILLION, MILLION) == (one["merchant"], ten["merchant"])
    assert (MILLION, MILLION / 10) == (one["charge"], ten["charge"])


def test_a_webhook_that_the_gap_detector_finds_costs_its_run_no_second_invocation(
    graph: Graph,
) -> None:
    found = {
        line.what: line.quantity
        for line in by_function(graph, KINDS["missed"], MILLION, 1)["gaps"]
        if line.quantity
    }

    assert MILLION == found["SQS sends"]
    assert not {"Lambda requests", "SQS receives and deletes", "HTTP API requests"} & {*found}


def test_ten_times_the_webhooks_are_ten_times_the_bill(graph: Graph) -> None:
    one, ten = lines(graph), lines(graph, webhooks=10 * MILLION)

    assert {what: pytest.approx(10 * line.usd) for what, line in one.items()} == (
        {what: line.usd for what, line in ten.items()}
    )


def test_a_full_batch_is_a_tenth_of_the_receipts_and_of_the_waiting(graph: Graph) -> None:
    one, ten = lines(graph), lines(graph, batch=10)

    assert 10 == pytest.approx(
        one["SQS receives and deletes"].usd / ten["SQS receives and deletes"].usd
    )
    assert one["Lambda GB-seconds"].usd > 2 * ten["Lambda GB-seconds"].usd


def test_a_batch_saves_nothing_of_what_is_written(graph: Graph) -> None:
    same = ("DynamoDB write units", "SNS FIFO publishes", "Log GB, taken in", "SQS sends")

    assert {what: lines(graph)[what] for what in same} == (
        {what: lines(graph, batch=10)[what] for what in same}
    )


@pytest.mark.parametrize("kind", ["refused", "forged", "duplicate"])
def test_a_webhook_that_brings_nothing_new_writes_nothing_and_reaches_no_sink(
    graph: Graph, kind: str
) -> None:
    assert "DynamoDB write units" not in lines(graph, kind)
    assert set(by_function(graph, KINDS[kind], MILLION, 1)) <= {"receive", "verify", "process"}


def test_each_sink_is_paid_for_with_what_reaches_it(graph: Graph) -> None:
    less = [o for o in graph if not (o.custom and o.name == "deliver-email")]

    assert 3 * MILLION == (
        lines(graph)["DynamoDB write units"].quantity
        - lines(less)["DynamoDB write units"].quantity
    )
    # Two events fewer to hand on by the topic, to take off a queue, to tell the sink of.
    for what in ("SNS FIFO, to subscribers", UNCONFIRMED, "Lambda requests"):
        assert 3 * MILLION == lines(graph)[what].quantity - lines(less)[what].quantity


def test_a_function_with_twice_the_memory_waits_at_twice_the_price(graph: Graph) -> None:
    lavish = changed(graph, "Function", memorySize=1769)
    double = changed(graph, "Function", memorySize=2 * 1769)

    assert 2 == pytest.approx(
        lines(double)["Lambda GB-seconds"].quantity / lines(lavish)["Lambda GB-seconds"].quantity
    )


def test_traces_are_of_nearly_every_invocation_while_they_come_seldom(graph: Graph) -> None:
    traced = changed(graph, "Function", tracingConfig={"mode": "Active"})
    few, many = lines(traced, "refused"), lines(traced, "refused", webhooks=4 * MONTH_SECONDS)

    assert "X-Ray traces" not in lines(graph)
    assert MILLION == few["X-Ray traces"].quantity
    assert 1.15 * MONTH_SECONDS == pytest.approx(many["X-Ray traces"].quantity)


def test_what_is_kept_longer_costs_more(graph: Graph) -> None:
    shorter = changed(graph, "LogGroup", retentionInDays=30)
    what = "Log GB, kept as long as said"

    assert 3 == pytest.approx(lines(graph)[what].quantity / lines(shorter)[what].quantity)


def test_letters_are_paid_by_those_sinks_that_may_send_them(graph: Graph) -> None:
    silent = [o for o in graph if not (o.custom and o.name == "deliver-email")]

    assert (3 * MILLION, 0) == (
        mailed(graph, KINDS["sale"], MILLION).quantity,
        mailed(silent, KINDS["sale"], MILLION).quantity,
    )
    assert 0 == mailed(graph, KINDS["duplicate"], MILLION).quantity


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
        "checkout": 67.3,
        "subscription": 95.5,
        "refunding": 43.6,
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
