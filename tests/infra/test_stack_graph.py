"""What the stack is made of, read off the program without an account."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from infra.contract import CONTRACT, operations
from infra.graph import capture
from infra.monitor import Declared
from infra.policies import UNSCOPED
from infra.program import stack_config
from infra.settings import ConfigError
from penstock.adapters.aws.attempts import DynamoAttempts
from penstock.settings import Function, Settings

STACKS = ("dev", "prod")


@pytest.fixture(scope="session")
def graphs(bundles: Path) -> Mapping[str, Sequence[Declared]]:
    return {s: capture(s, {**stack_config(s), "bundles": str(bundles)}) for s in STACKS}


@pytest.fixture(params=STACKS)
def graph(
    request: pytest.FixtureRequest, graphs: Mapping[str, Sequence[Declared]]
) -> Sequence[Declared]:
    return graphs[request.param]


def of(graph: Sequence[Declared], kind: str) -> dict[str, Mapping[str, Any]]:
    return {one.name: one.inputs for one in graph if one.custom and one.type.endswith(f":{kind}")}


def subscribed(graph: Sequence[Declared]) -> dict[str, Mapping[str, Any]]:
    """The subscriptions of queues; people's go by e-mail."""
    return {
        n: one for n, one in of(graph, "TopicSubscription").items() if one["protocol"] == "sqs"
    }


def statements(graph: Sequence[Declared]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, inputs in of(graph, "RolePolicy").items():
        for statement in json.loads(inputs["policy"])["Statement"]:
            yield name, statement


def allowed(graph: Sequence[Declared], function: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for name, statement in statements(graph)
        if name == function
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not action.startswith(("logs:", "xray:"))
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


def test_queues_hide_messages_six_times_as_long_as_a_function_runs(
    graph: Sequence[Declared],
) -> None:
    longest = max(one["timeout"] for one in of(graph, "Function").values())

    assert {6 * longest} == {q["visibilityTimeoutSeconds"] for q in of(graph, "Queue").values()}


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
        if name == "verified":
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


def test_nothing_is_allowed_on_everything(graph: Sequence[Declared]) -> None:
    for _, statement in statements(graph):
        for action in statement["Action"]:
            assert "*" not in action
        if UNSCOPED.issuperset(statement["Action"]):
            continue
        for resource in statement["Resource"]:
            # The streams of a function's own log group have no other name.
            assert "*" not in resource.removesuffix(":*")
            assert not resource.endswith(":*") or resource.startswith("${LogGroup/")


def test_each_function_writes_its_own_log_only(graph: Sequence[Declared]) -> None:
    for name, statement in statements(graph):
        if statement["Action"][0].startswith("logs:"):
            assert [f"${{LogGroup/{name}.arn}}:*"] == statement["Resource"]


def test_receive_may_publish_deliveries_and_nothing_else(graph: Sequence[Declared]) -> None:
    assert {("sns:Publish", "${Topic/deliveries.arn}")} == allowed(graph, "receive")


def test_only_verify_and_nobody_else_may_send_to_verified(graph: Sequence[Declared]) -> None:
    senders = {
        name
        for name, statement in statements(graph)
        if "sqs:SendMessage" in statement["Action"]
        and "${Queue/verified.arn}" in statement["Resource"]
    }

    assert {"verify"} == senders


def test_a_sink_reads_its_own_secret_only(graph: Sequence[Declared]) -> None:
    secrets = {
        resource
        for action, resource in allowed(graph, "deliver-slack")
        if action == "secretsmanager:GetSecretValue"
    }

    assert {"${Secret/slack.arn}"} == secrets


def test_a_plugins_own_permissions_go_to_its_function_only(graph: Sequence[Declared]) -> None:
    mailing = {name for name, s in statements(graph) if "ses:SendEmail" in s["Action"]}

    assert {"deliver-email"} == mailing


def test_the_sender_of_mail_is_who_may_send_it(graphs: Mapping[str, Sequence[Declared]]) -> None:
    """
    The emulator asks no such thing, so that nothing but this would tell.
    """
    sent = {to for action, to in allowed(graphs["prod"], "deliver-email") if action[:3] == "ses"}

    assert sent == {
        "arn:aws:ses:us-east-1:123456789012:identity/payments@example.com",
        "arn:aws:ses:us-east-1:123456789012:identity/example.com",
    }


def test_a_sinks_function_writes_down_its_own_attempts_and_nothing_else(
    graph: Sequence[Declared],
) -> None:
    """
    Not on the emulator, which does not know the condition: neither payments nor tokens are a
    plugin's to write.
    """
    for name, statement in statements(graph):
        if name.startswith("deliver-") and statement["Action"][0].startswith("dynamodb:"):
            pk = f"attempt#{name.removeprefix('deliver-')}#evt-1"
            (patterns,) = statement["Condition"].values()

            assert ["dynamodb:GetItem", "dynamodb:PutItem"] == statement["Action"]
            assert any(fnmatchcase(pk, one) for one in patterns["dynamodb:LeadingKeys"])
            assert not any(fnmatchcase("tokens", one) for one in patterns["dynamodb:LeadingKeys"])


@dataclass
class Asked:
    """AWS, which keeps what it was asked and answers nothing."""

    calls: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        self.calls.append(arguments)
        return {}


async def test_what_a_sink_was_sent_is_kept_under_the_key_that_its_role_names() -> None:
    aws = Asked()
    attempts = DynamoAttempts(cast("Any", aws), "ledger")
    await attempts.delivered("slack", "evt-1")
    await attempts.record("slack", "evt-1", datetime.now(UTC))
    asked, written = (one.get("Key") or one["Item"] for one in aws.calls)

    assert {"S": "attempt#slack#evt-1"} == asked["pk"] == written["pk"]


def test_a_gateways_secret_is_read_by_those_that_call_it(graph: Sequence[Declared]) -> None:
    """
    PayPal takes no charges here, so that charge has nothing to read of it.
    """
    asked = ("secretsmanager:GetSecretValue", "${Secret/paypal.arn}")
    reading = {name for name in of(graph, "Function") if asked in allowed(graph, name)}

    assert {"verify", "process", "sweep"} == reading


def test_every_operation_of_the_contract_is_a_route_to_its_function(
    graph: Sequence[Declared],
) -> None:
    routes = {one["routeKey"]: one["target"] for one in of(graph, "Route").values()}
    paths = yaml.safe_load(CONTRACT.read_text())["paths"]
    expected = {
        f"{method.upper()} {path}": described["x-penstock-function"]
        for path, item in paths.items()
        for method, described in item.items()
    }

    assert {
        route: f"integrations/${{Integration/{function}.id}}"
        for route, function in {**expected, "$default": "api"}.items()
    } == routes


@pytest.mark.parametrize(
    "described", ["{}", "{operationId: a}", "{operationId: a, x-penstock-function: sweep}"]
)
def test_an_operation_that_nothing_serves_is_named(tmp_path: Path, described: str) -> None:
    contract = tmp_path / "api.yaml"
    contract.write_text(f"paths: {{/a: {{get: {described}}}}}")
    with pytest.raises(ConfigError, match="GET /a needs an operationId"):
        operations(contract)


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


def test_functions_are_given_what_they_read(graph: Sequence[Declared]) -> None:
    for name, one in of(graph, "Function").items():
        stage = name.partition("-")[0]
        if stage != "receive":
            Settings.read(one["environment"]["variables"], Function(stage))


def test_a_function_is_given_no_other_plugins_settings(graph: Sequence[Declared]) -> None:
    functions = of(graph, "Function")
    slack = functions["deliver-slack"]["environment"]["variables"]

    assert not [name for name in slack if name.startswith(("SINK_EMAIL_", "PROVIDER_"))]
    assert "SINK_EMAIL_SENDER" in functions["deliver-email"]["environment"]["variables"]


def test_what_holds_money_is_protected_where_the_stack_says_so(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    for stack, protected in (("dev", False), ("prod", True)):
        kept = [one for one in graphs[stack] if one.type.endswith((":Queue", ":Table"))]

        assert {protected} == {one.protect for one in kept}


def test_no_secret_value_passes_through_the_program(graph: Sequence[Declared]) -> None:
    for one in of(graph, "Secret").values():
        assert {"name", "description"} == set(one)


def test_every_resource_is_made_by_our_own_provider(graph: Sequence[Declared]) -> None:
    for one in graph:
        if one.custom and not one.type.startswith("pulumi:"):
            assert "defaultTags" in one.provider, one.name


def test_a_third_partys_sink_is_configuration(
    install: Callable[..., None], dev: dict[str, Any]
) -> None:
    schema = {"type": "object", "properties": {"number": {"type": "string"}}}
    offer = {
        "name": "pager",
        "settings": schema,
        "secrets": ["token"],
        "permissions": [{"action": "sns:Publish", "resource": "sns:{settings.number}"}],
    }
    install("pager", {"sinks": [offer]})
    dev["penstock:sinks"] = {"pager": {"number": "oncall"}}

    graph = capture("dev", dev)

    assert {"sink-pager", "sink-pager-dlq"} <= of(graph, "Queue").keys()
    assert (
        "oncall"
        == (
            of(graph, "Function")["deliver-pager"]["environment"]["variables"]["SINK_PAGER_NUMBER"]
        )
    )
    assert ("sns:Publish", "arn:aws:sns:us-east-1:123456789012:oncall") in allowed(
        graph, "deliver-pager"
    )
    assert ("secretsmanager:GetSecretValue", "${Secret/pager.arn}") in allowed(
        graph, "deliver-pager"
    )


def test_a_sink_that_waits_for_events_nobody_publishes_is_refused(dev: dict[str, Any]) -> None:
    dev["penstock:sinks"] = {"slack": {"events": ["payment.suceeded"]}}
    with pytest.raises(ConfigError, match=r"penstock:sinks\.slack\.events .*payment\.succeeded"):
        capture("dev", dev)


def test_nobody_else_may_vouch_for_a_delivery_whatever_they_are_allowed(
    graph: Sequence[Declared],
) -> None:
    (statement,) = json.loads(of(graph, "QueuePolicy")["verified"]["policy"])["Statement"]
    stack = graph[0].urn.split(":")[2]
    account = "arn:aws:iam::123456789012"

    assert ("Deny", "*", "sqs:SendMessage", "${Queue/verified.arn}") == tuple(
        statement[part] for part in ("Effect", "Principal", "Action", "Resource")
    )
    assert {
        "ArnNotEquals": {
            "aws:PrincipalArn": [
                "${Role/verify.arn}",
                f"{account}:root",
                f"{account}:role/penstock-{stack}-serve",
                f"{account}:role/penstock-{stack}-operator",
            ]
        }
    } == statement["Condition"]


def test_prod_answers_to_its_own_name_only(graphs: Mapping[str, Sequence[Declared]]) -> None:
    prod, dev = graphs["prod"], graphs["dev"]

    assert of(prod, "Api")["api"]["disableExecuteApiEndpoint"]
    assert not of(dev, "Api")["api"]["disableExecuteApiEndpoint"]
    assert not of(dev, "DomainName")
    assert (
        "https://pay.example.com"
        == (of(prod, "Function")["api"]["environment"]["variables"]["PENSTOCK_API_URL"])
    )


def test_a_domain_is_proven_and_has_addresses_of_both_kinds(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    records = of(graphs["prod"], "Record")
    target = "${DomainName/api.targetDomainName}"

    assert {"api-a": "A", "api-aaaa": "AAAA"} == {
        name: one["type"] for name, one in records.items() if "aliases" in one
    }
    assert {target} == {r["aliases"][0]["name"] for r in records.values() if "aliases" in r}
    assert ["${Certificate/api.resourceRecordValue}"] == records["api-validation"]["records"]
    assert (
        "dualstack"
        == (of(graphs["prod"], "DomainName")["api"]["domainNameConfiguration"]["ipAddressType"])
    )


def test_requests_are_limited_and_logged_without_their_bodies(graph: Sequence[Declared]) -> None:
    stage = of(graph, "Stage")["api"]
    log = json.loads(stage["accessLogSettings"]["format"])

    assert {"throttlingRateLimit": 100, "throttlingBurstLimit": 200} == (
        stage["defaultRouteSettings"]
    )
    assert {"requestId", "ip", "route", "status", "ms", "stack"} == set(log)


def test_functions_are_followed_and_held_back_as_the_stack_says(dev: dict[str, Any]) -> None:
    limits = {"reservedConcurrency": {"charge": 5}, "maximumConcurrency": 3, "tracing": False}
    graph = capture("dev", {**dev, **limits})
    functions = of(graph, "Function")

    assert {"charge": 5} == {
        name: one["reservedConcurrentExecutions"]
        for name, one in functions.items()
        if "reservedConcurrentExecutions" in one
    }
    assert {"PassThrough"} == {one["tracingConfig"]["mode"] for one in functions.values()}
    assert {3} == {
        one["scalingConfig"]["maximumConcurrency"]
        for one in of(graph, "EventSourceMapping").values()
    }


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_lambda_writes_of_what_went_wrong_only_and_leaves_our_lines_to_us(
    dev: dict[str, Any], level: str
) -> None:
    functions = of(capture("dev", {**dev, "logLevel": level}), "Function")

    assert [{"logFormat": "JSON", "systemLogLevel": "WARN", "applicationLogLevel": level}] == (
        [dict(one) for one in {tuple(f["loggingConfig"].items()) for f in functions.values()}]
    )


def test_a_stack_is_made_in_its_own_accounts_only(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    accounts = {s: of(graphs[s], "aws")["aws"].get("allowedAccountIds") for s in STACKS}

    assert {"dev": None, "prod": '["123456789012"]'} == accounts


def test_each_thing_that_can_go_wrong_has_its_alarm(graph: Sequence[Declared]) -> None:
    alarms = of(graph, "MetricAlarm")
    queues = {name for name in of(graph, "Queue") if not name.endswith("-dlq")} - {"rejected"}
    functions = set(of(graph, "Function"))
    single = {
        "api-errors",
        "api-latency",
        "forged-deliveries",
        "oversize-webhooks",
        "rate-limited",
        "gateway-denied",
        "unknown-operations",
        "unrecorded-invoices",
        "no-deliveries",
    }

    assert alarms.keys() == {
        *(f"{kind}-{q}" for kind in ("dead-letters", "old-messages") for q in queues),
        *(f"{kind}-{f}" for kind in ("function-errors", "function-throttles") for f in functions),
        *single,
    }


def test_what_an_alarm_counts_is_counted(graph: Sequence[Declared]) -> None:
    counted = {
        one["metricTransformation"]["name"]: one["pattern"]
        for one in of(graph, "LogMetricFilter").values()
    }
    watched = {
        one["metricName"]
        for one in of(graph, "MetricAlarm").values()
        if one["namespace"] == "Penstock"
    }

    assert watched == set(counted)
    assert '{$.event = "operation.unknown"}' == counted["OperationsUnknown"]


def test_people_are_told_by_mail(graphs: Mapping[str, Sequence[Declared]]) -> None:
    mailed = {
        stack: [
            s["endpoint"] for s in of(g, "TopicSubscription").values() if s["protocol"] == "email"
        ]
        for stack, g in graphs.items()
    }

    assert {"dev": [], "prod": ["payments-oncall@example.com"]} == mailed


def test_a_budget_is_made_where_one_is_set(
    graphs: Mapping[str, Sequence[Declared]], dev: dict[str, Any]
) -> None:
    amounts = {s: of(g, "Budget")["budget"]["limitAmount"] for s, g in graphs.items()}

    assert {"dev": "20.0", "prod": "200.0"} == amounts
    assert not of(capture("dev", {**dev, "penstock:monthlyBudgetUsd": 0}), "Budget")


def test_the_dashboard_shows_every_queue_and_function(graph: Sequence[Declared]) -> None:
    shown = json.dumps(json.loads(of(graph, "Dashboard")["dashboard"]["dashboardBody"]))
    named = [*of(graph, "Queue").values(), *of(graph, "Function").values()]

    assert [] == [one["name"] for one in named if f'"{one["name"]}"' not in shown]
