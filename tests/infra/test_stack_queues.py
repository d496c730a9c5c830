"""The queues of the stack: what they keep, whom they take from and who takes from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.access.guard import GUARDED
from infra.config.plugins import installed
from infra.config.project import ConfigError
from infra.graph.capture import capture
from infra.graph.monitor import Declared
from infra.graph.program import stack_config
from infra.rules.view import of
from penstock.pipeline.batch import MARGIN
from tests.unit.pipeline.recovering import EVERY, FUNCTION_SECONDS


def subscribed(graph: Sequence[Declared]) -> dict[str, Mapping[str, Any]]:
    """The subscriptions of queues; people's go by e-mail."""
    return {
        n: one for n, one in of(graph, "TopicSubscription").items() if one["protocol"] == "sqs"
    }


def test_every_queue_but_rejected_has_a_dead_letter_queue(graph: Sequence[Declared]) -> None:
    queues = {name for name in of(graph, "Queue") if not name.endswith("-dlq")}
    redriven = {
        name: json.loads(one["redrivePolicy"]) for name, one in of(graph, "RedrivePolicy").items()
    }

    assert {"rejected"} == queues - redriven.keys()
    for name, policy in redriven.items():
        assert f"${{Queue/{name}-dlq.arn}}" == policy["deadLetterTargetArn"]
        assert 200 == policy["maxReceiveCount"]


def test_a_dead_letter_queue_takes_from_its_own_queue_only(graph: Sequence[Declared]) -> None:
    for name, one in of(graph, "RedriveAllowPolicy").items():
        policy = json.loads(one["redriveAllowPolicy"])

        assert "byQueue" == policy["redrivePermission"]
        assert [f"${{Queue/{name}.arn}}"] == policy["sourceQueueArns"]


def test_no_queue_of_the_account_may_name_a_main_queue_as_its_dead_letter_queue(
    graph: Sequence[Declared],
) -> None:
    """
    SQS moves letters itself, past the queue's Deny: its default lets every queue of the account.
    """
    main = {name: one for name, one in of(graph, "Queue").items() if not name.endswith("-dlq")}

    assert {"rejected", "verified", "payments", "deliveries"} <= main.keys()
    assert {'{"redrivePermission": "denyAll"}'} == {
        one.get("redriveAllowPolicy") for one in main.values()
    }


def test_queues_hide_messages_six_times_as_long_as_a_consumer_runs(
    graph: Sequence[Declared],
) -> None:
    functions = of(graph, "Function")
    longest = max(functions[name]["timeout"] for name in of(graph, "EventSourceMapping"))

    assert {6 * longest} == {q["visibilityTimeoutSeconds"] for q in of(graph, "Queue").values()}


def test_the_gap_detector_has_time_for_hundreds_of_pages(graph: Sequence[Declared]) -> None:
    """
    More than a message has; and it ends before the next run begins.
    """
    seconds = {name: one["timeout"] for name, one in of(graph, "Function").items()}

    assert (10, 300) == (seconds["receive"], seconds["gaps"])
    assert "rate(10 minutes)" == of(graph, "EventRule")["gaps"]["scheduleExpression"]


def test_the_sweep_may_run_until_the_next_one_has_begun(graph: Sequence[Declared]) -> None:
    sweep = of(graph, "Function")["sweep"]
    item = float(sweep["environment"]["variables"]["PENSTOCK_ITEM_TIMEOUT_SECONDS"])

    # The benchmark and the tests of recovery are about this very limit.
    assert FUNCTION_SECONDS == sweep["timeout"]
    assert EVERY - MARGIN == sweep["timeout"] - item - MARGIN


def test_queues_and_topics_have_both_high_throughput_settings(graph: Sequence[Declared]) -> None:
    for queue in of(graph, "Queue").values():
        assert ("messageGroup", "perMessageGroupId") == (
            queue["deduplicationScope"],
            queue["fifoThroughputLimit"],
        )
    fifo = [one for one in of(graph, "Topic").values() if one.get("fifoTopic")]

    assert {"MessageGroup"} == {one["fifoThroughputScope"] for one in fifo}
    assert 2 == len(fifo)


def test_queues_are_fifo_encrypted_and_kept_for_two_weeks(graph: Sequence[Declared]) -> None:
    for queue in of(graph, "Queue").values():
        assert queue["name"].endswith(".fifo")
        assert (True, True, 1_209_600) == (
            queue["fifoQueue"],
            queue["sqsManagedSseEnabled"],
            queue["messageRetentionSeconds"],
        )


def test_a_subscription_that_fails_keeps_what_it_could_not_deliver(
    graph: Sequence[Declared],
) -> None:
    for name, one in subscribed(graph).items():
        target = json.loads(one["redrivePolicy"])["deadLetterTargetArn"]

        assert f"${{Queue/{name}-dlq.arn}}" == target
        assert one["rawMessageDelivery"]


def test_only_its_own_topic_may_send_to_a_queue_from_outside(graph: Sequence[Declared]) -> None:
    topics = {n: one["topic"] for n, one in subscribed(graph).items()}
    for name, one in of(graph, "QueuePolicy").items():
        if name.removesuffix("-dlq") in GUARDED:
            continue
        (statement,) = json.loads(one["policy"])["Statement"]

        assert "sqs:SendMessage" == statement["Action"]
        assert {"Service": "sns.amazonaws.com"} == statement["Principal"]
        assert {"ArnEquals": {"aws:SourceArn": topics[name.removesuffix("-dlq")]}} == (
            statement["Condition"]
        )


def test_a_sinks_events_narrow_what_reaches_its_queue(bundles: Path) -> None:
    config = {**stack_config("dev"), "bundles": str(bundles)}
    config["penstock:sinks"] = {"slack": {"events": ["payment.succeeded", "invoice.paid"]}}

    subscription = of(capture("dev", config), "TopicSubscription")["sink-slack"]

    assert {"type": ["invoice.paid", "payment.succeeded"]} == json.loads(
        subscription["filterPolicy"]
    )
    assert "MessageAttributes" == subscription["filterPolicyScope"]


def test_without_a_selection_a_sinks_queue_gets_what_its_plugin_chose(
    graph: Sequence[Declared],
) -> None:
    chosen = {
        offer.name: sorted(offer.events or ()) for one in installed() for offer in one.file.sinks
    }
    subscriptions, functions = of(graph, "TopicSubscription"), of(graph, "Function")

    for sink in ("slack", "email"):
        policy = json.loads(subscriptions[f"sink-{sink}"]["filterPolicy"])
        variables = functions[f"deliver-{sink}"]["environment"]["variables"]
        assert {"type": chosen[sink]} == policy
        assert chosen[sink] == json.loads(variables[f"SINK_{sink.upper()}_EVENTS"])
        assert "dispute.opened" in chosen[sink]
        assert "notification.recorded" not in chosen[sink]


@pytest.mark.parametrize("everything", ["all", ["*"], ["payment.parked", "*"]])
def test_a_sink_may_get_every_event(bundles: Path, everything: Any) -> None:
    config = {**stack_config("dev"), "bundles": str(bundles)}
    config["penstock:sinks"] = {"slack": {"events": everything}}
    made = capture("dev", config)

    assert of(made, "TopicSubscription")["sink-slack"].get("filterPolicy") is None
    assert (
        "all"
        == of(made, "Function")["deliver-slack"]["environment"]["variables"]["SINK_SLACK_EVENTS"]
    )


@pytest.mark.parametrize("size", [1, 7])
def test_payments_are_taken_as_many_at_a_time_as_the_stack_says(bundles: Path, size: int) -> None:
    config = {**stack_config("dev"), "bundles": str(bundles), "sqsMaxNumberOfMessages": size}
    graph = capture("dev", config)
    batches = {name: one["batchSize"] for name, one in of(graph, "EventSourceMapping").items()}
    variables = of(graph, "Function")["charge"]["environment"]["variables"]

    assert size == batches.pop("charge")
    assert {10} == set(batches.values())
    assert str(size) == variables["SQS_MAX_NUMBER_OF_MESSAGES"]


def test_each_mapping_reports_item_by_item(graph: Sequence[Declared]) -> None:
    for one in of(graph, "EventSourceMapping").values():
        assert ["ReportBatchItemFailures"] == one["functionResponseTypes"]


def test_a_host_of_ones_own_has_the_queues_to_itself(bundles: Path) -> None:
    config = {**stack_config("dev"), "bundles": str(bundles), "consumers": "serve"}
    graph = capture("dev", config)

    assert {False} == {one["enabled"] for one in of(graph, "EventSourceMapping").values()}
    assert {"DISABLED"} == {one["state"] for one in of(graph, "EventRule").values()}


@pytest.mark.parametrize("wrong", [["payment.suceeded"], [], "some", {"a": 1}, 7, [None]])
def test_a_sink_that_waits_for_events_nobody_publishes_is_refused(
    dev: dict[str, Any], wrong: Any
) -> None:
    dev["penstock:sinks"] = {"slack": {"events": wrong}}
    with pytest.raises(ConfigError, match=r"penstock:sinks\.slack\.events .*payment\.succeeded"):
        capture("dev", dev)
