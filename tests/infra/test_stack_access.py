"""What the functions of the stack may do and read, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

import pytest

from infra.access.policies import UNSCOPED
from infra.config.contract import entity_prefixes
from infra.config.plugins import WEBHOOKS as STACKS_WEBHOOKS
from infra.config.plugins import installed
from infra.config.project import ConfigError
from infra.graph.capture import capture
from infra.graph.monitor import Declared
from infra.graph.program import stack_config
from infra.rules import broken
from infra.rules.view import of
from penstock.adapters.aws.attempts import DynamoAttempts
from penstock.adapters.aws.secrets import WEBHOOKS
from penstock.adapters.aws.tokens import DynamoTokens
from penstock.adapters.aws.watermarks import DynamoWatermarks
from penstock.domain.ref import EntityKind, Ref
from tests.infra.stacks import STACKS


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


def test_only_three_functions_may_send_to_verified(graph: Sequence[Declared]) -> None:
    senders = {
        name
        for name, statement in statements(graph)
        if "sqs:SendMessage" in statement["Action"]
        and "${Queue/verified.arn}" in statement["Resource"]
    }

    assert {"verify", "sweep", "gaps"} == senders


def test_renew_works_on_dead_letter_queues_and_on_nothing_else(graph: Sequence[Declared]) -> None:
    """
    It sends old letters again; a way back to a queue would be a redrive without an operator.
    """
    queues = {resource for _, resource in allowed(graph, "renew")}
    dead = {
        f"${{Queue/{name}.arn}}"
        for name, one in of(graph, "Queue").items()
        if "-dlq." in one["name"]
    }

    assert dead
    assert dead == queues


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


def test_in_the_sandbox_recipients_may_be_written_to_and_still_not_write(
    dev: dict[str, Any],
) -> None:
    """
    There SES asks for a recipient's identity as it asks for the sender's.
    """
    mail = {"sender": "us@a.example", "recipients": ["x@b.example", "y@b.example"]}
    graph = capture("dev", {**dev, "penstock:sinks": {"email": mail}})
    mailing = [one for _, one in statements(graph) if one["Action"] == ["ses:SendEmail"]]
    identities = {to.rpartition("/")[2] for one in mailing for to in one["Resource"]}

    assert {"us@a.example", "a.example", "x@b.example", "y@b.example", "b.example"} == identities
    assert mailing
    for one in mailing:
        assert {"StringEquals": {"ses:FromAddress": ["us@a.example"]}} == one["Condition"]


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


TOKENS = "tokens"
RUNS_PLUGINS = {"merchant", "process", "charge", "sweep"}
WRITTEN = (
    "payment#p-1",
    "subscription#paypal-I-1",
    "dispute#paypal-PP-1",
    "notification#paypal/WH-1",
    "seen#paypal/WH-1",
    "days",
)
"""A partition key of everything that those functions commit."""


COMMIT = {"api", *RUNS_PLUGINS}


@pytest.mark.parametrize("pk", WRITTEN)
def test_functions_that_commit_write_what_is_committed(graph: Sequence[Declared], pk: str) -> None:
    assert COMMIT == may(graph, "dynamodb:PutItem", pk)


def test_no_function_writes_a_token(graph: Sequence[Declared]) -> None:
    """
    Not on the emulator, which does not know the condition.
    """
    for action in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"):
        assert set() == may(graph, f"dynamodb:{action}", TOKENS)


CHECK_TOKENS = {"api", "merchant"}


def test_only_functions_that_check_tokens_read_them_and_note_their_use(
    graph: Sequence[Declared],
) -> None:
    assert CHECK_TOKENS == may(graph, "dynamodb:GetItem", TOKENS)
    assert set() == may(graph, "dynamodb:Query", TOKENS)
    assert CHECK_TOKENS == may(graph, "dynamodb:PutItem", "tokens-used")


async def test_tokens_and_their_use_are_kept_under_the_keys_that_the_role_names() -> None:
    aws = Asked()
    tokens = DynamoTokens(cast("Any", aws), "ledger")
    await tokens.get("t-1")
    await tokens.used("t-1", datetime.now(UTC))
    asked, written = (one.get("Key") or one["Item"] for one in aws.calls)

    assert ({"S": TOKENS}, {"S": "tokens-used"}) == (asked["pk"], written["pk"])


def test_the_prefixes_in_the_contract_are_those_of_the_runtimes_kinds_of_entities() -> None:
    assert {kind.value: str(Ref(kind, "")) for kind in EntityKind} == entity_prefixes()


def may(graph: Sequence[Declared], action: str, pk: str) -> set[str]:
    """The functions whose role allows an action on the table's items of a partition key."""
    return {
        name
        for name, statement in statements(graph)
        if "${Table/ledger.arn}" in statement["Resource"]
        and action in statement["Action"]
        and any(fnmatchcase(pk, one) for one in leading_keys(statement))
    }


def leading_keys(statement: Mapping[str, Any]) -> Sequence[str]:
    """The patterns that a statement is limited to: all items, if it has no limit."""
    for patterns in statement.get("Condition", {}).values():
        return patterns["dynamodb:LeadingKeys"]
    return ["*"]


LOOK_UPS = {
    "by_reference": ("reference", "created_at"),
    "by_subscription": ("subscription", "created_at"),
    "by_day": ("day", "created_at"),
}


def test_the_ledger_has_a_look_up_index_of_keys_for_each_question(
    graph: Sequence[Declared],
) -> None:
    (table,) = of(graph, "Table").values()
    indexes = {one["name"]: one for one in table["globalSecondaryIndexes"]}

    assert {"due", "events", *LOOK_UPS} == indexes.keys()
    for name, keys in LOOK_UPS.items():
        assert keys == (indexes[name]["hashKey"], indexes[name]["rangeKey"])
        assert "KEYS_ONLY" == indexes[name]["projectionType"]


def test_only_functions_that_list_query_the_look_up_indexes(graph: Sequence[Declared]) -> None:
    for index in LOOK_UPS:
        asked = ("dynamodb:Query", f"${{Table/ledger.arn}}/index/{index}")
        # `merchant` finds subscriptions by reference, and the payments of one.
        lists = {"api"} if index == "by_day" else {"api", "merchant"}

        assert lists == {name for name in of(graph, "Function") if asked in allowed(graph, name)}


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
    PayPal takes no charges here; charge reads its secret because it captures checkouts.
    """
    asked = ("secretsmanager:GetSecretValue", "${Secret/paypal.arn}")
    reading = {name for name in of(graph, "Function") if asked in allowed(graph, name)}

    can = next(
        offer.capabilities
        for plugin in installed()
        for offer in plugin.file.gateways
        if offer.name == "paypal"
    )
    sells = ["merchant"] if "plans" in can else []
    moves = ["charge"] if {"refunds", "checkout"} & {*can} else []
    assert {"process", "sweep", "gaps", *sells, *moves} == reading


def readers(graph: Sequence[Declared]) -> dict[str, set[str]]:
    """Who may read each secret."""
    return {
        secret: {
            name
            for name in of(graph, "Function")
            if ("secretsmanager:GetSecretValue", f"${{Secret/{secret}.arn}}")
            in allowed(graph, name)
        }
        for secret in of(graph, "Secret")
    }


def test_verify_reads_what_authenticates_webhooks_and_no_credentials(
    graph: Sequence[Declared],
) -> None:
    """
    What works on strangers' requests must not be able to move money.
    """
    found = readers(graph)

    assert {"verify"} == found["paypal-webhooks"]
    assert "verify" not in found["paypal"]
    # Its one field is a signing key: that stays in the secret that was always there.
    assert {"verify"} == found.get("example", {"verify"})
    assert "example-webhooks" not in found


def test_a_secret_that_is_not_split_yet_is_read_by_verify_as_long_as_the_stack_says_so(
    dev: dict[str, Any],
) -> None:
    found = readers(capture("dev", {**dev, "sharedSecrets": ["paypal"]}))

    assert "verify" in found["paypal"]
    assert {"verify"} == found["paypal-webhooks"]


def test_the_stack_and_the_functions_give_the_secret_of_webhooks_one_name() -> None:
    assert STACKS_WEBHOOKS == WEBHOOKS


def test_a_gateway_that_does_not_exist_has_no_shared_secret(dev: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="penstock:sharedSecrets names stripe"):
        capture("dev", {**dev, "sharedSecrets": ["stripe"]})


def test_the_merchants_function_sends_to_the_payments_queue_only(
    graph: Sequence[Declared],
) -> None:
    queues = [one for one in allowed(graph, "merchant") if one[0].startswith("sqs:")]

    assert [("sqs:SendMessage", "${Queue/payments.arn}")] == queues


def test_it_is_told_where_buyers_return_and_what_payments_give_access_to(
    graphs: Mapping[str, Sequence[Declared]], dev: dict[str, Any]
) -> None:
    keep = {"graceDays": 7, "afterRefund": "keep", "duringDispute": "end"}
    dev["penstock:access"] = keep
    functions = of(capture("dev", dev), "Function")

    for name in ("merchant", "process", "sweep"):
        variables = functions[name]["environment"]["variables"]
        assert ("7", "keep", "end", "end") == (
            variables["PENSTOCK_GRACE_DAYS"],
            variables["PENSTOCK_ACCESS_AFTER_REFUND"],
            variables["PENSTOCK_ACCESS_AFTER_CHARGEBACK"],
            variables["PENSTOCK_ACCESS_DURING_DISPUTE"],
        )
    for name in ("api", "charge", "verify"):
        assert "PENSTOCK_GRACE_DAYS" not in functions[name]["environment"]["variables"]
    api = of(graphs["prod"], "Function")["merchant"]["environment"]["variables"]
    assert api["PENSTOCK_API_URL"].startswith("https://")


def test_what_holds_money_is_protected_where_the_stack_says_so(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    for stack, protected in (("dev", False), ("prod", True)):
        kept = [one for one in graphs[stack] if one.type.endswith((":Queue", ":Table"))]

        assert {protected} == {one.protect for one in kept}


def test_a_sink_can_be_removed_where_the_ledger_is_protected(bundles: Path) -> None:
    config = {**stack_config("prod"), "bundles": str(bundles), "protectSinks": False}
    graph = capture("prod", config)
    free = {one.name for one in graph if one.type.endswith(":Queue") and not one.protect}

    assert {"sink-slack", "sink-slack-dlq", "sink-email", "sink-email-dlq"} == free
    assert {} == broken(graph)
    assert all(one.protect for one in graph if one.type.endswith((":Table", ":DomainName")))


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


SENDERS = {
    "verified": ("verify", "sweep", "gaps"),
    "payments": ("api", "merchant", "sweep"),
    # What is redriven comes back without anybody's looking at it again.
    "verified-dlq": ("process", "renew"),
    "payments-dlq": ("charge", "renew"),
}


@pytest.mark.parametrize("queue", SENDERS)
def test_nobody_else_may_send_what_is_believed_whatever_they_are_allowed(
    graph: Sequence[Declared], queue: str
) -> None:
    (statement,) = json.loads(of(graph, "QueuePolicy")[queue]["policy"])["Statement"]
    stack = graph[0].urn.split(":")[2]
    account = "arn:aws:iam::123456789012"

    assert ("Deny", "*", "sqs:SendMessage", f"${{Queue/{queue}.arn}}") == tuple(
        statement[part] for part in ("Effect", "Principal", "Action", "Resource")
    )
    assert {
        "ArnNotEquals": {
            "aws:PrincipalArn": [
                *(f"${{Role/{name}.arn}}" for name in SENDERS[queue]),
                f"{account}:root",
                f"{account}:role/penstock-{stack}-serve",
                f"{account}:role/penstock-{stack}-operator",
            ]
        }
    } == statement["Condition"]


def test_a_backend_that_sends_payments_itself_is_named(dev: dict[str, Any]) -> None:
    backend = "arn:aws:iam::123456789012:role/backend"
    policies = of(capture("dev", {**dev, "paymentSenders": [backend]}), "QueuePolicy")

    assert ["payments"] == [name for name, one in policies.items() if backend in one["policy"]]


def test_a_stack_is_made_in_its_own_accounts_only(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    accounts = {s: of(graphs[s], "aws")["aws"].get("allowedAccountIds") for s in STACKS}

    assert {"dev": None, "prod": '["123456789012"]'} == accounts


def test_the_gap_detector_reads_notifications_and_moves_watermarks_only(
    graph: Sequence[Declared],
) -> None:
    """
    Not on the emulator, which does not know the condition.
    """
    for pk in ("notification#paypal/WH-1", "watermarks"):
        assert "gaps" in may(graph, "dynamodb:GetItem", pk)
    for pk in (*WRITTEN, TOKENS):
        assert "gaps" not in may(graph, "dynamodb:PutItem", pk)
    assert {"gaps"} == may(graph, "dynamodb:PutItem", "watermarks")


async def test_watermarks_are_kept_under_the_key_that_the_role_names() -> None:
    aws = Asked()
    await DynamoWatermarks(cast("Any", aws), "ledger").get("paypal")

    assert {"S": "watermarks"} == aws.calls[0]["Key"]["pk"]
