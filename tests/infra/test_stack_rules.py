"""Rules hold of what is deployed, of whatever settings allow, and each is broken by some graph."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.graph import capture
from infra.monitor import Declared
from infra.policies import UNSCOPED
from infra.program import stack_config
from infra.rules import RULES, broken
from infra.settings import ROOT

Graph = Sequence[Declared]
Break = Callable[[Graph], Graph]

UNSET = object()


@pytest.fixture(scope="module")
def graphs(bundles: Path) -> Mapping[str, Graph]:
    return {s: capture(s, {**stack_config(s), "bundles": str(bundles)}) for s in ("dev", "prod")}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_what_is_deployed_breaks_no_rule(graphs: Mapping[str, Graph], stack: str) -> None:
    assert {} == broken(graphs[stack])


def changed(kind: str, name: str, /, **inputs: Any) -> Break:
    """The graph with other inputs of one resource."""

    def apply(graph: Graph) -> Graph:
        hit = [o for o in graph if o.custom and o.type.endswith(f":{kind}") and o.name == name]
        assert 1 == len(hit), f"{kind} {name}"
        new = {k: v for k, v in {**hit[0].inputs, **inputs}.items() if v is not UNSET}
        return [dataclasses.replace(o, inputs=new) if o is hit[0] else o for o in graph]

    return apply


def without(kind: str, name: str) -> Break:
    """The graph with one resource less."""

    def apply(graph: Graph) -> Graph:
        left = [
            o for o in graph if not (o.custom and o.type.endswith(f":{kind}") and o.name == name)
        ]
        assert len(graph) - 1 == len(left), f"{kind} {name}"
        return left

    return apply


def untagged(graph: Graph) -> Graph:
    return [dataclasses.replace(one, provider={}) for one in graph]


def policy(*changes: Mapping[str, Any], effect: str = "Allow", **base: Any) -> str:
    return json.dumps({"Statement": [{"Effect": effect, **base, **c} for c in changes or ({},)]})


QUEUE = "${Queue/payments.arn}"
OPEN = policy(Principal="*", Action="sqs:SendMessage", Resource=QUEUE)
ELSE = policy(
    effect="Deny",
    Principal="*",
    Action="sqs:SendMessage",
    Resource="${Queue/verified.arn}",
    Condition={"ArnNotEquals": {"aws:PrincipalArn": ["${Role/verify.arn}", "arn:aws:iam::1:*"]}},
)
ONE_SERVICE = policy(
    Principal={"Service": "cloudwatch.amazonaws.com"},
    Action="sns:Publish",
    Resource="x",
    Condition={"StringEquals": {}},
)
AT_ONCE = json.dumps({"deadLetterTargetArn": "${Queue/payments-dlq.arn}", "maxReceiveCount": 0})
LOGS_BODIES = {"destinationArn": "x", "format": '{"b": "$context.requestBody"}'}

BREAKS: Mapping[str, Sequence[Break]] = {
    "permissions_are_for_what_can_be": [
        changed(
            "RolePolicy",
            "deliver-email",
            policy=policy(
                Action="ses:SendEmail",
                Resource=resource,
            ),
        )
        for resource in (
            "arn:aws:arn:us-east-1:123456789012:aws:ses:us-east-1:123456789012:identity/x",
            "arn:aws:ses:us-east-1:123456789012:identity/{sender}",
            "arn:aws:ses:us-east-1::identity/x",
            "identity/x",
            "${Queue/payments.url}",
        )
    ],
    "queues_have_a_dead_letter_queue_of_their_kind": [
        without("RedrivePolicy", "payments"),
        without("Queue", "sink-slack-dlq"),
        changed("Queue", "payments-dlq", fifoQueue=False),
    ],
    "what_a_queue_took_can_be_parked_with_its_reason": [
        changed("Queue", "payments", maxMessageSize=1024 * 1024),
        changed("Queue", "payments-dlq", maxMessageSize=UNSET),
    ],
    "nothing_is_parked_at_its_first_receipt": [
        changed("RedrivePolicy", "payments", redrivePolicy=AT_ONCE)
    ],
    "queues_are_encrypted": [changed("Queue", "rejected", sqsManagedSseEnabled=False)],
    "queues_and_topics_are_fifo_by_name_too": [
        changed("Queue", "verified", name="penstock-dev-verified"),
        changed("Topic", "alerts", name="alerts.fifo"),
    ],
    "high_throughput_is_set_in_pairs": [
        changed("Queue", "payments", deduplicationScope="queue"),
        changed("Queue", "payments", fifoThroughputLimit=UNSET),
        changed("Queue", "payments", fifoThroughputLimit=UNSET, deduplicationScope=UNSET),
        changed("Topic", "events", fifoThroughputScope="Topic"),
    ],
    "queues_keep_messages_for_a_fortnight": [
        changed("Queue", "payments-dlq", messageRetentionSeconds=345_600)
    ],
    "subscriptions_have_a_dead_letter_queue": [
        changed("TopicSubscription", "deliveries", redrivePolicy=UNSET),
        without("Queue", "deliveries-dlq"),
        changed("Queue", "deliveries-dlq", fifoQueue=False),
    ],
    "nobody_may_do_everything": [
        changed("RolePolicy", "charge", policy=policy(Action="sqs:*", Resource=[QUEUE])),
        changed("RolePolicy", "charge", policy=policy(Action=["sqs:SendMessage"], Resource="*")),
        changed(
            "RolePolicy",
            "charge",
            policy=policy(Action=["sqs:SendMessage"], Resource=["arn:aws:sqs:*:1:payments"]),
        ),
        changed(
            "RolePolicy",
            "charge",
            policy=policy(Action=["xray:PutTraceSegments", "sqs:SendMessage"], Resource="*"),
        ),
        changed(
            "RolePolicy",
            "charge",
            policy=policy(Action=["logs:PutLogEvents"], Resource="arn:aws:logs:r:1:x:*"),
        ),
    ],
    "nothing_is_public": [
        changed("QueuePolicy", "deliveries", policy=OPEN),
        changed("TopicPolicy", "alerts", policy=OPEN),
        changed("Permission", "api-receive", sourceArn=UNSET),
        changed("Permission", "api-receive", principal="*"),
    ],
    "roles_are_of_one_service": [
        changed(
            "Role",
            "charge",
            assumeRolePolicy=policy(Principal={"AWS": "*"}, Action="sts:AssumeRole"),
        )
    ],
    "few_may_vouch_for_a_delivery": [
        without("QueuePolicy", "verified"),
        changed("QueuePolicy", "verified", policy=ELSE),
    ],
    "queues_hide_messages_for_six_times_the_functions_time": [
        changed("Queue", "payments", visibilityTimeoutSeconds=179),
        changed("Function", "charge", timeout=31),
    ],
    "batches_are_answered_item_by_item": [
        changed("EventSourceMapping", "charge", functionResponseTypes=UNSET),
        changed("EventSourceMapping", "charge", batchSize=11),
        changed("EventSourceMapping", "charge", scalingConfig=UNSET),
    ],
    "functions_have_a_log_group_that_ends": [
        without("LogGroup", "charge"),
        changed("LogGroup", "charge", retentionInDays=UNSET),
    ],
    "the_ledger_can_be_restored": [
        changed("Table", "ledger", pointInTimeRecovery=UNSET),
        changed("Table", "ledger", ttl={"enabled": False}),
    ],
    "the_api_is_limited_and_logged": [
        changed("Stage", "api", defaultRouteSettings=UNSET),
        changed("Stage", "api", accessLogSettings=UNSET),
        changed("Stage", "api", accessLogSettings=LOGS_BODIES),
        changed("Api", "api", disableExecuteApiEndpoint=False),
    ],
    "everything_says_whose_it_is": [untagged],
    "dead_letter_queues_have_an_alarm": [
        without("MetricAlarm", "dead-letters-payments"),
        changed("MetricAlarm", "dead-letters-payments", dimensions={"QueueName": "other"}),
    ],
    "consumed_queues_have_an_alarm_on_their_age": [
        without("MetricAlarm", "old-messages-verified")
    ],
    "functions_have_alarms": [
        without("MetricAlarm", "function-errors-receive"),
        without("MetricAlarm", "function-throttles-sweep"),
    ],
    "alarms_go_to_standard_topics_that_let_them_in": [
        changed("MetricAlarm", "api-errors", alarmActions=UNSET),
        changed("MetricAlarm", "api-errors", alarmActions=["${Topic/events.arn}"]),
        changed("TopicPolicy", "alerts", policy=ONE_SERVICE),
        without("TopicPolicy", "alerts"),
    ],
}


def test_every_rule_has_a_graph_that_breaks_it() -> None:
    assert RULES.keys() == BREAKS.keys()


@pytest.mark.parametrize(
    ("rule", "place"),
    [(rule, place) for rule, all_ in BREAKS.items() for place in range(len(all_))],
)
def test_a_rule_is_broken_by_its_graph(graphs: Mapping[str, Graph], rule: str, place: int) -> None:
    assert rule in broken(BREAKS[rule][place](graphs["prod"]))


def test_what_a_broken_rule_says_names_the_resource(graphs: Mapping[str, Graph]) -> None:
    graph = changed("Queue", "rejected", sqsManagedSseEnabled=False)(graphs["dev"])

    assert {"queues_are_encrypted": ["queue rejected is not encrypted"]} == broken(graph)


EMAIL = {"sender": "a@example.com", "recipients": ["b@example.com"]}
GATEWAYS = {"paypal": {"environment": "live"}, "example": {"request_uri": "https://a.b/c"}}
ROLE = "arn:aws:iam::123456789012:role/somebody"
CONFIGS = st.fixed_dictionaries(
    {
        "penstock:gateways": st.sets(st.sampled_from(sorted(GATEWAYS)), min_size=1).map(
            lambda names: {name: GATEWAYS[name] for name in sorted(names)}
        ),
    },
    optional={
        "penstock:sinks": st.sampled_from(
            [{}, {"slack": {}}, {"slack": {"events": ["payment.succeeded"]}, "email": EMAIL}]
        ),
        "reservedConcurrency": st.dictionaries(
            st.sampled_from(["receive", "api", "verify", "process", "charge", "sweep"]),
            st.just(1000),
        ),
        "operators": st.sampled_from([[], [ROLE]]),
        "logLevel": st.sampled_from(["INFO", "DEBUG"]),
        "sweepMinutes": st.integers(1, 60),
        "throttlingBurst": st.integers(1, 5_000),
        "functionTimeoutSeconds": st.integers(26, 900),
        "visibilityTimeoutSeconds": st.sampled_from([0, 5400, 43_200]),
        "sqsMaxNumberOfMessages": st.integers(1, 10),
        "consumers": st.sampled_from(["functions", "serve"]),
        "protect": st.booleans(),
        "tracing": st.booleans(),
        "maximumConcurrency": st.integers(2, 1000),
        "throttlingRate": st.integers(1, 10_000),
        "logRetentionDays": st.sampled_from([1, 30, 3653]),
        "monthlyBudgetUsd": st.integers(0, 10_000),
        "quietHours": st.integers(1, 24),
        "domain": st.sampled_from(
            [
                {"name": "example.com", "zone": "example.com"},
                {"name": "pay.eu.example.com", "zone": "example.com"},
            ]
        ),
    },
)


@pytest.mark.slow
@settings(
    max_examples=50,
    deadline=None,
    # The zips are the same for every example.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(CONFIGS)
def test_no_valid_settings_give_a_stack_that_breaks_a_rule(
    bundles: Path, config: Mapping[str, Any]
) -> None:
    needed = {
        "aws:region": "eu-west-1",
        "bundles": str(bundles),
        "alertEmails": ["a@example.com"],
        "accounts": ["123456789012"],
    }

    assert {} == broken(capture("any", {**needed, **config}))


def test_the_documents_name_every_rule_and_every_call_that_cannot_be_narrowed() -> None:
    page = (ROOT / "docs" / "stack.md").read_text()
    narrowed = page.partition("## Calls")[2].partition("## What it costs")[0]

    assert [] == [rule for rule in RULES if f"`{rule}`" not in page]
    assert UNSCOPED == set(re.findall(r"^\| `(\w+:\w+)`", narrowed, re.MULTILINE))
