"""The roles that people and hosts take on: what they may do, who takes them on, their limits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import pytest

from infra.access.merging import merged
from infra.access.permitted import taken_on
from infra.access.policies import Grant, items_only
from infra.config.load import load
from infra.config.project import ROOT, ConfigError
from infra.config.roles import RoleSettings
from infra.graph.capture import capture
from infra.graph.monitor import Declared
from infra.rules import broken
from infra.rules.view import of
from infra.rules.view import statements as statements_of
from tests.infra.allowed import leading_keys, statements
from tests.infra.test_stack_settings import given

BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
ONCALL = "arn:aws:iam::123456789012:role/oncall"
TABLE = "${Table/ledger.arn}"


def policy(graph: Sequence[Declared], role: str) -> Sequence[Mapping[str, Any]]:
    return list(statements_of(of(graph, "RolePolicy")[role]["policy"]))


def items(graph: Sequence[Declared], role: str, pk: str) -> set[str]:
    """What a role may do to the ledger's items of a partition key."""
    return {
        action.removeprefix("dynamodb:")
        for statement in policy(graph, role)
        if TABLE in statement["Resource"]
        and any(fnmatchcase(pk, pattern) for pattern in leading_keys(statement))
        for action in statement["Action"]
        # About the table, whatever its items are.
        if not action.startswith("dynamodb:Describe")
    }


def limits(statement: Mapping[str, Any]) -> Sequence[str]:
    """The values of a statement's condition, with its key; one without a value if it has none."""
    found = [
        f"{key}={value}"
        for keys in statement.get("Condition", {}).values()
        for key, values in keys.items()
        for value in values
    ]
    return found or [""]


def queues(graph: Sequence[Declared], role: str, action: str) -> set[str]:
    return {
        resource.removeprefix("${Queue/").removesuffix(".arn}")
        for statement in policy(graph, role)
        if action in statement["Action"]
        for resource in statement["Resource"]
    }


def test_people_have_a_role_of_the_stack_that_its_queues_know(graph: Sequence[Declared]) -> None:
    stack = graph[0].urn.split(":")[2]

    assert f"penstock-{stack}-operator" == of(graph, "Role")["operator"]["name"]
    for queue in ("verified", "verified-dlq", "payments", "payments-dlq"):
        assert "${Role/operator.arn}" in of(graph, "QueuePolicy")[queue]["policy"]


def test_an_operator_commits_intents_and_reads_no_secret(graph: Sequence[Declared]) -> None:
    """
    Functions execute what is committed, with the secrets that they alone read.
    """
    commits = {"GetItem", "Query", "PutItem"}

    assert commits == items(graph, "operator", "payment#p")
    assert {"GetItem", "Query", "PutItem", "DeleteItem"} == items(graph, "operator", "tokens")
    assert {"Query", "PutItem", "DeleteItem"} == items(graph, "operator", "restrictions")
    assert {"PutItem"} == items(graph, "operator", "restricted#gateway#g")
    assert {"Query", "PutItem"} == items(graph, "operator", "audit#2026-03-01")
    assert {"GetItem"} == items(graph, "operator", "attempt#slack#e")
    assert set() == items(graph, "operator", "watermarks")
    services = {a.partition(":")[0] for one in policy(graph, "operator") for a in one["Action"]}
    assert {"dynamodb", "sqs", "lambda", "logs", "events", "sns"} == services
    publishing = [one for one in policy(graph, "operator") if "sns:Publish" in one["Action"]]
    assert [] == publishing


def test_an_operator_looks_at_the_log_of_the_host_that_works(
    graphs: Mapping[str, Sequence[Declared]], served: Sequence[Declared]
) -> None:
    """
    `doctor` says whether it arrives.
    """
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/penstock/prod/serve:*"
    reads, none = (
        [
            one
            for one in policy(graph, "operator")
            if group in one["Resource"] and "logs:DescribeLogStreams" in one["Action"]
        ]
        for graph in (served, graphs["prod"])
    )

    assert (1, []) == (len(reads), none)


def test_an_operator_sends_to_queues_and_parks_nothing(graph: Sequence[Declared]) -> None:
    every = set(of(graph, "Queue"))

    assert every == queues(graph, "operator", "sqs:ReceiveMessage")
    assert every == queues(graph, "operator", "sqs:PurgeQueue")
    assert {one for one in every if not one.endswith("-dlq")} == (
        queues(graph, "operator", "sqs:SendMessage")
    )


def test_an_operators_role_is_taken_on_by_whom_the_account_lets_or_by_those_named(
    dev: dict[str, Any],
) -> None:
    named = capture("dev", {**dev, "roles": {"operatorTrusts": [ONCALL]}})
    both = [of(one, "Role")["operator"] for one in (capture("dev", dev), named)]
    trusts = [json.loads(one["assumeRolePolicy"])["Statement"][0]["Principal"] for one in both]

    assert [{"AWS": "arn:aws:iam::123456789012:root"}, {"AWS": [ONCALL]}] == trusts
    assert {} == broken(named)


def test_a_host_of_ones_own_may_do_what_all_functions_may(served: Sequence[Declared]) -> None:
    missing = [
        (name, action, resource)
        for name, statement in statements(served)
        if not statement["Action"][0].startswith(("logs:", "xray:"))
        for action in statement["Action"]
        for resource in statement["Resource"]
        for limit in limits(statement)
        if not any(
            action in one["Action"] and resource in one["Resource"] and limit in limits(one)
            for one in policy(served, "serve")
        )
    ]

    assert [] == missing
    assert set(of(served, "Queue")) == queues(served, "serve", "sqs:GetQueueAttributes")
    assert {} == broken(served)


def test_a_role_for_hosts_is_made_only_where_a_host_does_the_work(
    graph: Sequence[Declared], served: Sequence[Declared]
) -> None:
    """
    It may do all that functions may: where functions work, there is none.
    """
    assert "serve" not in of(graph, "Role")
    assert "penstock-prod-serve" == of(served, "Role")["serve"]["name"]
    assert "${Role/serve.arn}" in of(served, "QueuePolicy")["payments"]["policy"]


def test_a_host_is_a_task_of_this_account_unless_the_stack_says_otherwise(
    dev: dict[str, Any],
) -> None:
    dev |= {"consumers": "serve"}
    other = capture("dev", {**dev, "roles": {"serveTrusts": ["ec2.amazonaws.com", ONCALL]}})
    plain, named = (
        json.loads(of(one, "Role")["serve"]["assumeRolePolicy"])["Statement"]
        for one in (capture("dev", dev), other)
    )

    assert [{"Service": "ecs-tasks.amazonaws.com"}] == [one["Principal"] for one in plain]
    assert {"StringEquals": {"aws:SourceAccount": "123456789012"}} == plain[0]["Condition"]
    assert [{"AWS": [ONCALL]}, {"Service": "ec2.amazonaws.com"}] == (
        sorted((one["Principal"] for one in named), key=str)
    )
    assert {} == broken(other)


def test_path_and_boundary_are_on_every_role_and_on_none_by_default(
    graphs: Mapping[str, Sequence[Declared]], dev: dict[str, Any]
) -> None:
    limits = {"path": "/payments/", "permissionsBoundary": BOUNDARY}
    limited = capture("dev", {**dev, "consumers": "serve", "roles": limits})
    roles = of(limited, "Role")

    assert {"operator", "serve", "charge"} <= roles.keys()
    assert {("/payments/", BOUNDARY)} == {
        (one["path"], one["permissionsBoundary"]) for one in roles.values()
    }
    assert {} == broken(limited)
    for one in of(graphs["dev"], "Role").values():
        assert {"path", "permissionsBoundary"}.isdisjoint(one)


def test_a_role_that_is_there_already_is_not_made_and_is_spared_by_its_name(
    dev: dict[str, Any],
) -> None:
    kept = {"existing": ["serve", "operator"], "path": "/payments/"}
    graph = capture("dev", {**dev, "consumers": "serve", "roles": kept})
    spared = of(graph, "QueuePolicy")["payments"]["policy"]

    assert {"operator", "serve"}.isdisjoint(of(graph, "Role"))
    for name in ("operator", "serve"):
        assert f'"arn:aws:iam::123456789012:role/payments/penstock-dev-{name}"' in spared


def test_statements_are_merged_into_fewer_that_allow_the_same() -> None:
    put = ("dynamodb:PutItem",)
    found = merged(
        [
            Grant(put, ["t"], items_only("b")),
            Grant(put, ["t"], items_only("a")),
            Grant(put, ["u"], items_only("a")),
            Grant(["sqs:SendMessage"], ["q"]),
            Grant(["sqs:SendMessage"], ["p", "q"]),
        ]
    )

    assert [
        Grant(put, ["t"], items_only("a", "b")),
        Grant(put, ["u"], items_only("a")),
        Grant(("sqs:SendMessage",), ["p", "q"]),
    ] == sorted(found, key=lambda one: (one.actions, str(one.condition), one.resources))


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ({"path": "payments"}, "penstock:roles.path: not a path of roles: begin and end it"),
        ({"path": "/a"}, "penstock:roles.path: not a path of roles"),
        ({"permissionsBoundary": "boundary"}, "roles.permissionsBoundary: not the ARN of a polic"),
        ({"operatorTrusts": ["*"]}, "penstock:roles.operatorTrusts.0: not the ARN of a role or"),
        ({"serveTrusts": ["lambda.amazonaws.com"]}, "penstock:roles.serveTrusts.0: neither a se"),
        ({"serveTrusts": []}, "penstock:roles.serveTrusts has a value of kind list"),
        ({"existing": ["charge"]}, "penstock:roles.existing.0 has a value of kind str"),
        ({"pathh": "/a/"}, "penstock:roles.pathh is not a key of this project: did you mean path"),
        ("operator", "penstock:roles has a value of kind str that does not do: write {path"),
    ],
)
def test_wrong_roles_are_refused_with_their_key_and_the_remedy(roles: Any, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load("dev", given(roles=roles))

    assert said in str(caught.value)


def test_the_order_of_who_is_trusted_means_nothing() -> None:
    names = ["arn:aws:iam::123456789012:role/b", ONCALL]
    one, other = (
        RoleSettings.model_validate({"operatorTrusts": order}) for order in (names, names[::-1])
    )

    assert one == other


def test_the_documents_show_what_they_may(
    graphs: Mapping[str, Sequence[Declared]], served: Sequence[Declared]
) -> None:
    page = set((ROOT / "docs" / "stack.md").read_text().splitlines())

    assert set(taken_on(graphs["prod"]).splitlines()) <= page
    assert set(taken_on(served).splitlines()) <= page
