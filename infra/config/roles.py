"""What a team decides about the roles that the stack makes."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from infra.config.strict import Strict

NAMES = ("operator", "serve")
"""The roles that people and hosts of one's own take on; each function has its own besides."""
HOSTS = ("ec2.amazonaws.com", "ecs-tasks.amazonaws.com")
"""The services whose hosts may run `penstock serve`."""
# [aws] IAM, "Quotas": a path of up to 512 characters, which begins and ends with a slash.
_PATH = re.compile(r"(?=.{1,512}$)/([A-Za-z0-9_+=,.@-]+/)*")
_BOUNDARY = re.compile(r"arn:aws:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]+", re.ASCII)
_PRINCIPAL = re.compile(r"arn:aws:iam::[0-9]{12}:(role|user)/[\w+=,.@/-]+", re.ASCII)


def _is_path(value: str) -> str:
    if not _PATH.fullmatch(value):
        raise ValueError("not a path of roles: begin and end it with a slash, as in /payments/")
    return value


def _is_boundary(value: str) -> str:
    if not _BOUNDARY.fullmatch(value):
        raise ValueError(
            "not the ARN of a policy: write one as in arn:aws:iam::123456789012:policy/boundary"
        )
    return value


def _is_principal(value: str) -> str:
    if not _PRINCIPAL.fullmatch(value):
        raise ValueError(
            "not the ARN of a role or user: write one as in arn:aws:iam::123456789012:role/oncall"
        )
    return value


def _is_host(value: str) -> str:
    if value not in HOSTS and not _PRINCIPAL.fullmatch(value):
        raise ValueError(
            f"neither a service that runs hosts nor the ARN of a role: write {' or '.join(HOSTS)},"
            " or one as in arn:aws:iam::123456789012:role/host"
        )
    return value


class RoleSettings(Strict):
    """
    The stack's roles.

    Attributes:
        path: the path of every role of the stack.
        permissions_boundary: the policy that limits every role of the stack, whatever it allows.
        operator_trusts: who may assume the role `operator`; when empty, any principal the
            account's policies allow.
        serve_trusts: who may take on the role `serve`: services that run hosts, or roles.
        existing: those of the two roles that exist already; the stack makes neither them nor
            their policies.
    """

    path: Annotated[str, AfterValidator(_is_path)] = "/"
    permissions_boundary: Annotated[str, AfterValidator(_is_boundary)] | None = None
    operator_trusts: list[Annotated[str, AfterValidator(_is_principal)]] = Field(
        default_factory=list[str]
    )
    serve_trusts: list[Annotated[str, AfterValidator(_is_host)]] = Field(
        default_factory=lambda: ["ecs-tasks.amazonaws.com"], min_length=1
    )
    existing: list[Literal["operator", "serve"]] = Field(
        default_factory=list[Literal["operator", "serve"]]
    )

    @field_validator("operator_trusts", "serve_trusts", "existing")
    @classmethod
    def _in_one_order(cls, value: list[str]) -> list[str]:
        """Their order means nothing, so it must change no resource."""
        return sorted(set(value))
