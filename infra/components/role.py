"""A role that people or hosts take on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.access.merging import merged
from infra.components.function import Bounds, Permit, policy_document


@dataclass(frozen=True, slots=True)
class StackRoleArgs:
    """
    Attributes:
        name: the physical name.
        description: who takes it on, for people.
        trust: who may take it on, as IAM writes it.
    """

    name: str
    description: str
    trust: pulumi.Input[str]
    permits: Sequence[Permit]
    bounds: Bounds


class StackRole(pulumi.ComponentResource):
    """A role and all that it may do."""

    role: aws.iam.Role

    def __init__(
        self, name: str, args: StackRoleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:access:StackRole", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            name,
            name=args.name,
            description=args.description,
            path=args.bounds.path,
            permissions_boundary=args.bounds.boundary,
            assume_role_policy=args.trust,
            opts=child,
        )
        aws.iam.RolePolicy(
            name,
            name=args.name,
            role=self.role.name,
            policy=policy_document(args.permits, merged),
            opts=child,
        )
        self.register_outputs({"arn": self.role.arn})
