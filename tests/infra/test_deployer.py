"""The policy of who deploys: every type of the graph, its own names, and no more where AWS can."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from infra.access.deployer import policy
from infra.access.deployer_needs import EVERYWHERE, NEEDS
from infra.config.project import ConfigError
from infra.emulated.table import TABLE
from infra.graph.capture import capture
from infra.graph.monitor import Declared
from infra.graph.program import stack_config
from infra.rules.view import of
from tests.infra.stacks import STACKS

KEY = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
INLINE = 10_240
"""[aws] Characters of a role's inline policies together, without blanks (IAM, "Quotas")."""
OTHERS = {
    # Actions that are no operations.
    "iam:PassRole",
    "budgets:ModifyBudget",
    "budgets:ViewBudget",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    *(f"logs:{one}LogDelivery" for one in ("Create", "Get", "Update", "Delete")),
    "logs:ListLogDeliveries",
}
UNNAMED = {
    # [aws] Service Authorization Reference: these take no resource.
    "sns": {"GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"},
    "logs": {
        "DescribeLogGroups",
        "CreateLogDelivery",
        "GetLogDelivery",
        "UpdateLogDelivery",
        "DeleteLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "DescribeResourcePolicies",
    },
    "route53": {"ListHostedZones", "ListHostedZonesByName", "ListTagsForResource", "GetChange"},
}
FOREIGN = ("aws-service-role", ":event-source-mapping:")
"""What has an id of AWS's, or is AWS's own."""


@pytest.fixture(scope="module")
def changed(bundles: Path) -> Sequence[Declared]:
    """A stack of prod's with a key of the customer's and another name for its API."""
    domain = {"name": "till.example.org", "zone": "example.org"}
    config = {**stack_config("prod"), "bundles": str(bundles), "kmsKey": KEY, "domain": domain}
    return capture("prod", config)


@pytest.fixture(params=[*STACKS, "served", "changed"])
def graph(request: pytest.FixtureRequest) -> Sequence[Declared]:
    """Each stack, one whose work a host does, and one with what few stacks have."""
    if request.param in STACKS:
        return request.getfixturevalue("graphs")[request.param]
    return request.getfixturevalue(request.param)


def allowed(graph: Sequence[Declared]) -> Sequence[Mapping[str, Any]]:
    return json.loads(policy(graph))["Statement"]


def test_every_type_that_a_stack_may_hold_has_its_actions() -> None:
    types = {one for one in TABLE if not one.startswith("pulumi:")}

    assert types == NEEDS.keys()


def test_a_type_without_actions_is_an_error_and_not_left_out(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    strange = Declared("urn:p:dev::x", "aws:new/thing:Thing", "t", {}, "", True, False, (), "a:1")
    with pytest.raises(ConfigError, match="no entry for aws:new/thing:Thing: add it"):
        policy([*graphs["dev"], strange])


def test_names_are_the_stacks_own(graph: Sequence[Declared]) -> None:
    """
    Another stack of the same account is out of reach, where AWS lets a name say so.
    """
    stack = graph[0].urn.split(":")[2]
    named = ("sqs", "sns", "lambda", "dynamodb", "events", "secretsmanager", "iam", "logs")
    for statement in allowed(graph):
        for resource in statement["Resource"]:
            if resource.split(":")[2:3] and resource.split(":")[2] in named:
                own = re.search(f"penstock[-/]{stack}", resource)
                assert own or any(one in resource for one in FOREIGN), resource


def test_what_is_allowed_everywhere_cannot_be_narrowed_or_is_narrowed_by_a_condition(
    graph: Sequence[Declared],
) -> None:
    for statement in allowed(graph):
        if EVERYWHERE in statement["Resource"] and "Condition" not in statement:
            for action in statement["Action"]:
                service, _, name = action.partition(":")
                assert name in UNNAMED[service], action


def test_actions_are_those_of_aws(graph: Sequence[Declared]) -> None:
    loader = Loader()
    known: dict[str, set[str]] = {}
    for statement in allowed(graph):
        for action in statement["Action"]:
            service, _, name = action.partition(":")
            if service == "apigateway" or action in OTHERS:
                continue
            if service not in known:
                model = loader.load_service_model(service, "service-2")
                known[service] = set(ServiceModel(model, service).operation_names)
            assert name in known[service], action


def test_it_fits_into_a_role(graph: Sequence[Declared]) -> None:
    assert INLINE > len(json.dumps(json.loads(policy(graph)), separators=(",", ":")))


def test_only_the_stacks_own_account_and_region_are_meant(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    prod = [one for statement in allowed(graphs["prod"]) for one in statement["Resource"]]

    assert "arn:aws:sqs:us-east-1:123456789012:penstock-prod-*" in prod
    assert "arn:aws:sqs:us-east-1:*:penstock-dev-*" in [
        one for statement in allowed(graphs["dev"]) for one in statement["Resource"]
    ]


def test_a_restore_needs_no_new_policy(
    graphs: Mapping[str, Sequence[Declared]], served: Sequence[Declared]
) -> None:
    """
    Its first step hands the work to hosts, whose log group is of another name.
    """
    before, then = ({*_each(one)} for one in (graphs["prod"], served))
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/penstock/prod/*"

    assert ("logs:CreateLogGroup", group, "{}") in before
    # What a policy lacks of the other is what hosts do not need.
    assert set() == then - before


def _each(graph: Sequence[Declared]) -> Iterator[tuple[str, str, str]]:
    """Each action with its resource and condition."""
    for one in allowed(graph):
        limits = json.dumps(one.get("Condition", {}))
        yield from ((a, r, limits) for a in one["Action"] for r in one["Resource"])


def test_every_log_group_is_within_reach(graph: Sequence[Declared]) -> None:
    """
    [aws] As it is named for tags, and with `:*` behind it for everything else.
    """
    patterns = [r for a, r, _ in _each(graph) if a == "logs:CreateLogGroup"]
    for one in of(graph, "LogGroup").values():
        for end in ("", ":*"):
            text = f"arn:aws:logs:us-east-1:123456789012:log-group:{one['name']}{end}"
            assert any(fnmatchcase(text, pattern) for pattern in patterns), text


def test_roles_are_passed_to_lambda_only(graph: Sequence[Declared]) -> None:
    (passing,) = [one for one in allowed(graph) if "iam:PassRole" in one["Action"]]

    assert {"StringEquals": {"iam:PassedToService": ["lambda.amazonaws.com"]}} == (
        passing["Condition"]
    )


def test_with_a_boundary_no_role_is_made_without_it(dev: dict[str, Any]) -> None:
    limits = {"path": "/payments/", "permissionsBoundary": BOUNDARY}
    graph = capture("dev", {**dev, "roles": limits})
    (making,) = [one for one in allowed(graph) if "iam:CreateRole" in one["Action"]]

    assert {"StringEquals": {"iam:PermissionsBoundary": [BOUNDARY]}} == making["Condition"]
    assert ["arn:aws:iam::*:role/payments/penstock-dev-*"] == making["Resource"]
    assert not [one for one in allowed(graph) if "DeleteRolePermissionsBoundary" in str(one)]


def test_records_are_changed_under_the_apis_name_only(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    (changing,) = [
        one
        for one in allowed(graphs["prod"])
        if "route53:ChangeResourceRecordSets" in one["Action"]
    ]

    assert {"ForAllValues:StringLike"} == changing["Condition"].keys()
    assert ["*pay.example.com"] == next(iter(changing["Condition"].values()))[
        "route53:ChangeResourceRecordSetsNormalizedRecordNames"
    ]
    assert [] == [one for one in allowed(graphs["dev"]) if "route53" in str(one)]
