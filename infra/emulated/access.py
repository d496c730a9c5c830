"""Handlers of roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.emulated.kind import Clients, Inputs, Kind, found, tag_list
from infra.monitor import Made


def _put_role(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    iam, name, trust = clients("iam"), inputs["name"], inputs["assumeRolePolicy"]
    there = found(iam.get_role, RoleName=name)
    if there is None:
        there = iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=trust, Tags=tag_list(inputs)
        )
    else:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
    return Made(name, {"arn": there["Role"]["Arn"]})


def _drop_role(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("iam").delete_role, RoleName=id_)


def _put_role_policy(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    role, name = inputs["role"], inputs["name"]
    clients("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=inputs["policy"])
    return Made(f"{role}:{name}", {})


def _drop_role_policy(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    role, name = id_.split(":", 1)
    found(clients("iam").delete_role_policy, RoleName=role, PolicyName=name)


KINDS: Mapping[str, Kind] = {
    "aws:iam/role:Role": Kind(
        _put_role,
        _drop_role,
        frozenset(["name", "assumeRolePolicy", "tags"]),
        replacing=frozenset(["name"]),
        computed=frozenset(["arn"]),
    ),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        _put_role_policy,
        _drop_role_policy,
        frozenset(["name", "role", "policy"]),
        replacing=frozenset(["name", "role"]),
    ),
}
