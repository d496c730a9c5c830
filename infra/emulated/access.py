"""Handlers of roles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from infra.emulated.kind import Clients, Inputs, Kind, found, given, tag_list
from infra.graph.monitor import Made


def _put_role(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    iam, name, trust = clients("iam"), inputs["name"], inputs["assumeRolePolicy"]
    there = found(iam.get_role, RoleName=name)
    if there is None:
        limits = given(
            inputs,
            Path="path",
            PermissionsBoundary="permissionsBoundary",
            Description="description",
        )
        there = iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=trust, Tags=tag_list(inputs), **limits
        )
    else:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        if boundary := inputs.get("permissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        elif there["Role"].get("PermissionsBoundary"):
            iam.delete_role_permissions_boundary(RoleName=name)
    return Made(name, {"arn": there["Role"]["Arn"]})


def _drop_role(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("iam").delete_role, RoleName=id_)


def _put_role_policy(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    role, name = inputs["role"], inputs["name"]
    policy = as_the_emulator_asks(inputs["policy"])
    clients("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=policy)
    return Made(f"{role}:{name}", {})


def as_the_emulator_asks(policy: str) -> str:
    """
    A policy that allows on the emulator what the given one allows on AWS.

    Where the two differ the emulator is stricter, so nothing is allowed there that AWS would
    refuse: it wants an action of its own for the batch form of ChangeMessageVisibility, and it
    does not know which identity SendEmail sends from, nor from whom the letter is.
    """
    document = json.loads(policy)
    for statement in document["Statement"]:
        actions = statement["Action"]
        if "sqs:ChangeMessageVisibility" in actions:
            actions.append("sqs:ChangeMessageVisibilityBatch")
        if actions == ["ses:SendEmail"]:
            statement["Resource"] = ["*"]
            equal = statement.get("Condition", {}).get("StringEquals", {})
            if equal.keys() == {"ses:FromAddress"}:
                del statement["Condition"]
    return json.dumps(document)


def sessions_of_roles_too(policy: str) -> str:
    """
    A resource's policy that spares on the emulator whom the given one spares on AWS.

    On AWS `aws:PrincipalArn` of a session is its role; on the emulator it is the session's own.
    """
    document = json.loads(policy)
    for statement in document["Statement"]:
        spared = statement.get("Condition", {}).get("ArnNotEquals", {}).get("aws:PrincipalArn", [])
        for arn in [arn for arn in spared if ":role/" in arn]:
            account, name = arn.split(":")[4], arn.rsplit("/", 1)[-1]
            spared.append(f"arn:aws:sts::{account}:assumed-role/{name}/*")
    return json.dumps(document)


def _drop_role_policy(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    role, name = id_.split(":", 1)
    found(clients("iam").delete_role_policy, RoleName=role, PolicyName=name)


KINDS: Mapping[str, Kind] = {
    "aws:iam/role:Role": Kind(
        _put_role,
        _drop_role,
        frozenset(
            ["name", "assumeRolePolicy", "description", "path", "permissionsBoundary", "tags"]
        ),
        replacing=frozenset(["name", "path"]),
        computed=frozenset(["arn"]),
    ),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        _put_role_policy,
        _drop_role_policy,
        frozenset(["name", "role", "policy"]),
        replacing=frozenset(["name", "role"]),
    ),
}
