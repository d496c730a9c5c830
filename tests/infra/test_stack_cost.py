"""What each line of the bill costs."""

from __future__ import annotations

import pytest

from infra.bill.cost import BATCHES
from infra.bill.estimate import MONTH_SECONDS, UNCONFIRMED, by_function
from infra.bill.estimate import letters as mailed
from infra.bill.traffic import KINDS
from tests.infra.bills import MILLION, Graph, changed, committed, graph, lines

__all__ = ["committed", "graph"]


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
