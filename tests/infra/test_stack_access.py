"""What the functions of the stack may do and read, and no other role may."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from infra.access.policies import UNSCOPED
from infra.config.plugins import WEBHOOKS as STACKS_WEBHOOKS
from infra.config.plugins import installed
from infra.config.project import ConfigError
from infra.graph.capture import capture
from infra.graph.monitor import Declared
from infra.graph.program import stack_config
from infra.rules import broken
from infra.rules.view import of
from penstock.adapters.aws.secrets import WEBHOOKS
from tests.infra.allowed import allowed, statements
from tests.infra.breaking import changed


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


RULE = "verify_reads_no_other_functions_secret"


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

    A stack that is being split says which secrets are still shared, and shares no other.
    """
    found = readers(graph)
    shared = stack_config(graph[0].urn.split(":")[2]).get("penstock:sharedSecrets", [])

    assert {"verify"} == found["paypal-webhooks"]
    assert ("paypal" in shared) == ("verify" in found["paypal"])
    # Its one field is a signing key: that stays in the secret that was always there.
    assert {"verify"} == found.get("example", {"verify"})
    assert "example-webhooks" not in found


def test_a_secret_that_is_not_split_yet_is_read_by_verify_as_long_as_the_stack_says_so(
    dev: dict[str, Any],
) -> None:
    split = capture("dev", dev)
    shared = capture("dev", {**dev, "sharedSecrets": ["paypal"]})

    assert "verify" in readers(shared)["paypal"]
    assert {"verify"} == readers(shared)["paypal-webhooks"]
    assert {} == broken(shared)
    # What is not named is not shared: the same role in a stack that says nothing breaks the rule.
    role = changed("RolePolicy", "verify", policy=of(shared, "RolePolicy")["verify"]["policy"])
    assert {RULE: ["role verify may read secret paypal"]} == broken(role(split))


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


SENDERS = {
    "verified": ("verify", "sweep", "gaps"),
    "payments": ("api", "merchant", "sweep"),
    # What is redriven comes back without anybody's looking at it again.
    "verified-dlq": ("process", "renew"),
    "payments-dlq": ("charge", "renew"),
}


# SQS moves letters to a dead-letter queue as a service, which has no ARN of a principal.
SQS_ITSELF = {"dlq": {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}


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
                "${Role/operator.arn}",
            ]
        },
        **SQS_ITSELF.get(queue.rpartition("-")[2], {}),
    } == statement["Condition"]


def test_a_backend_that_sends_payments_itself_is_named(dev: dict[str, Any]) -> None:
    backend = "arn:aws:iam::123456789012:role/backend"
    policies = of(capture("dev", {**dev, "paymentSenders": [backend]}), "QueuePolicy")

    assert ["payments"] == [name for name, one in policies.items() if backend in one["policy"]]
