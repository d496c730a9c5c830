"""Who may assume the roles of people and hosts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.access.policies import VERSION

_TASKS = "ecs-tasks.amazonaws.com"


def operator_trust(account: str, principals: Sequence[str]) -> str:
    """
    Let the principals assume it; without any, any principal the account's policies allow.

    [aws] The account's root stands for the account ("AWS JSON policy elements: Principal").
    """
    return _document([_taken_on({"AWS": list(principals) or _root(account)})])


def serve_trust(account: str, trusted: Sequence[str]) -> str:
    """Let hosts of some services take it on, and the principals that are named."""
    return _document(list(_hosts(account, trusted)))


def _hosts(account: str, trusted: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for one in trusted:
        if one.startswith("arn:"):
            continue
        # [aws] Amazon ECS, "Task IAM role": so that no task of another account takes it on. EC2
        # has no such condition: an instance profile is of its own account.
        own = {"Condition": {"StringEquals": {"aws:SourceAccount": account}}}
        yield {**_taken_on({"Service": one}), **(own if one == _TASKS else {})}
    if named := [one for one in trusted if one.startswith("arn:")]:
        yield _taken_on({"AWS": named})


def _taken_on(principal: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}


def _root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def _document(statements: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"Version": VERSION, "Statement": statements})
