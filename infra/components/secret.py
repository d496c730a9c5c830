"""A plugin's secret: the container only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True)
class PluginSecretArgs:
    """
    Attributes:
        name: the physical name.
        fields: the fields its value has, named in its description for people.
        shared_with: the function that reads it until it is split, as a tag says.
        key: the ARN of the key that encrypts it; None for Secrets Manager's own.
    """

    name: str
    fields: Sequence[str]
    shared_with: str | None = None
    key: str | None = None


class PluginSecret(pulumi.ComponentResource):
    """
    Where a plugin's secret values are kept.

    Values never pass through Pulumi: commands write them, so a rotation needs no deployment and a
    deployment undoes no rotation.
    """

    secret: aws.secretsmanager.Secret

    def __init__(
        self, name: str, args: PluginSecretArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:storage:PluginSecret", name, {}, opts)
        self.secret = aws.secretsmanager.Secret(
            name,
            name=args.name,
            description=f"A JSON object of: {', '.join(args.fields)}",
            kms_key_id=args.key,
            tags={"shared-with": args.shared_with} if args.shared_with else None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"arn": self.secret.arn})
