"""The table that holds facts, seen ids and events together."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

DUE_INDEX = "due"
EVENTS_INDEX = "events"


@dataclass(frozen=True, slots=True)
class LedgerArgs:
    """
    Attributes:
        name: the physical name.
    """

    name: str
    protect: bool = False


class Ledger(pulumi.ComponentResource):
    """
    One table; its indexes find what is due, and events newest first.

    Paid by request, restorable to any second of the last 35 days.
    """

    table: aws.dynamodb.Table

    def __init__(
        self, name: str, args: LedgerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:storage:Ledger", name, {}, opts)
        keys = ("pk", "sk", "due_pk", "due_at", "events_pk", "events_sk")
        self.table = aws.dynamodb.Table(
            name,
            name=args.name,
            billing_mode="PAY_PER_REQUEST",
            hash_key="pk",
            range_key="sk",
            attributes=[{"name": key, "type": "S"} for key in keys],
            global_secondary_indexes=[
                {
                    "name": DUE_INDEX,
                    "hash_key": "due_pk",
                    "range_key": "due_at",
                    "projection_type": "KEYS_ONLY",
                },
                {
                    "name": EVENTS_INDEX,
                    "hash_key": "events_pk",
                    "range_key": "events_sk",
                    "projection_type": "ALL",
                },
            ],
            ttl={"attribute_name": "expires_at", "enabled": True},
            point_in_time_recovery={"enabled": True},
            deletion_protection_enabled=args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self.register_outputs({"name": self.table.name})

    def index_arn(self, index: str) -> pulumi.Output[str]:
        """The ARN that permits name an index by."""
        return pulumi.Output.concat(self.table.arn, "/index/", index)
