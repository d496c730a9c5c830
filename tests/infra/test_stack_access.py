"""What the functions of the stack may do and read, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from infra.access.policies import UNSCOPED
from infra.config.plugins import installed
from infra.graph.monitor import Declared
from infra.rules.view import of
from tests.infra.allowed import allowed, statements


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
    assert {"verify", "process", "sweep", "gaps", *sells, *moves} == reading


def test_the_merchants_function_sends_to_the_payments_queue_only(
    graph: Sequence[Declared],
) -> None:
    queues = [one for one in allowed(graph, "merchant") if one[0].startswith("sqs:")]

    assert [("sqs:SendMessage", "${Queue/payments.arn}")] == queues


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
                *(f"${{Role/{name}.arn}}" for name in ("verify", "sweep", "gaps")),
                f"{account}:root",
                f"{account}:role/penstock-{stack}-serve",
                f"{account}:role/penstock-{stack}-operator",
            ]
        }
    } == statement["Condition"]
