"""A probe: a function of one file with another function's role, to see what that role may do."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.platform import Platform

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError"})
_SOURCE = """
import os

import boto3
from botocore.exceptions import ClientError


def handler(event, context):
    print("{}")
    answers = []
    for call in event["calls"]:
        try:
            getattr(boto3.client(call["service"]), call["operation"])(**call["arguments"])
            answers.append("done")
        except ClientError as exc:
            answers.append(exc.response["Error"]["Code"])
    return {
        "who": boto3.client("sts").get_caller_identity()["Arn"],
        "key": os.environ["AWS_ACCESS_KEY_ID"][:4],
        "answers": answers,
    }
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of AWS's API, as boto3 spells it."""

    service: str
    operation: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """
    What the probe found.

    Attributes:
        who: the ARN its calls were made as.
        key: the first four letters of its access key; temporary ones begin with ASIA.
        answers: for each call `done` or the error's code.
    """

    who: str
    key: str
    answers: Mapping[str, str]

    @property
    def refused(self) -> set[str]:
        """The calls that the role may not make; any other error comes after that was asked."""
        return {name for name, answer in self.answers.items() if answer in _DENIED}


def role_of(platform: Platform, function: str) -> str:
    """The ARN of the role a function runs with."""
    physical = platform.outputs["functions"][function]
    config = platform.client("lambda").get_function_configuration(FunctionName=physical)
    return str(config["Role"])


def ask(platform: Platform, function: str, calls: Mapping[str, Call]) -> Told:
    """Make the calls as the function: in a sandbox of the emulator, with its role's own keys."""
    return ask_as(platform, role_of(platform, function), calls)


def ask_as(platform: Platform, role: str, calls: Mapping[str, Call]) -> Told:
    """Make the calls as a role, given by its ARN."""
    with _probe(platform, role, f"probe-{role.rpartition('/')[2]}") as name:
        event = {"calls": [_plain(call) for call in calls.values()]}
        answer = platform.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        told = json.loads(answer["Payload"].read())
    assert "answers" in told, told
    return Told(told["who"], told["key"], dict(zip(calls, told["answers"], strict=True)))


def _plain(call: Call) -> Mapping[str, Any]:
    return {
        "service": call.service,
        "operation": call.operation,
        "arguments": dict(call.arguments),
    }


@contextmanager
def a_role(platform: Platform, name: str, **allowed: str) -> Iterator[str]:
    """A role of the account's owner that functions may take on; yields its ARN."""
    iam = platform.client("iam")
    trusted = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trusted))
    statements = [
        {"Effect": "Allow", "Action": action.replace("_", ":"), "Resource": resource}
        for action, resource in allowed.items()
    ]
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=_policy(*statements))
    try:
        yield str(made["Role"]["Arn"])
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName=name)
        iam.delete_role(RoleName=name)


def _policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@contextmanager
def _probe(platform: Platform, role: str, name: str) -> Iterator[str]:
    functions = platform.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="probe.handler",
        Role=role,
        Timeout=60,
        Code={"ZipFile": _zip()},
    )
    try:
        yield name
    finally:
        functions.delete_function(FunctionName=name)


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("probe.py", _SOURCE)
    return packed.getvalue()
