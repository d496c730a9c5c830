"""The table that holds facts, seen ids and events together."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

DUE_INDEX = "due"
EVENTS_INDEX = "events"
DAY_INDEX = "by_day"
LOOK_UPS = {
    # index: hash and range key
    "by_reference": ("reference", "created_at"),
    "by_subscription": ("subscription", "created_at"),
    # The day is `payment#<yyyy-mm-dd>#<0..7>`: one partition takes a thousand writes a second.
    DAY_INDEX: ("day", "created_at"),
}
"""The indexes by which entities are looked up; they hold keys only."""
KEYS_ONLY = {DUE_INDEX: ("due_pk", "due_at"), **LOOK_UPS}
WHOLE = {EVENTS_INDEX: ("events_pk", "events_sk")}


@dataclass(frozen=True, slots=True)
class LedgerArgs:
    """
    Attributes:
        name: the physical name.
        key: the ARN of the key that encrypts it; None for DynamoDB's own.
        restored: whether the table is there already, from a backup: it is adopted as it is (Pulumi
            refuses one that differs from what is declared here), and never deleted.
    """

    name: str
    protect: bool = False
    key: str | None = None
    restored: bool = False


class Ledger(pulumi.ComponentResource):
    """
    One table; its indexes find what is due, events newest first, and entities by what they name.

    Paid by request, restorable to any second of the last 35 days.
    """

    table: aws.dynamodb.Table

    def __init__(
        self, name: str, args: LedgerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:storage:Ledger", name, {}, opts)
        keyed = {**KEYS_ONLY, **WHOLE}
        keys = dict.fromkeys(("pk", "sk", *(key for pair in keyed.values() for key in pair)))
        self.table = aws.dynamodb.Table(
            name,
            name=args.name,
            billing_mode="PAY_PER_REQUEST",
            hash_key="pk",
            range_key="sk",
            attributes=[{"name": key, "type": "S"} for key in keys],
            global_secondary_indexes=[
                {
                    "name": index,
                    "hash_key": hash_key,
                    "range_key": range_key,
                    "projection_type": "KEYS_ONLY" if index in KEYS_ONLY else "ALL",
                }
                for index, (hash_key, range_key) in keyed.items()
            ],
            ttl={"attribute_name": "expires_at", "enabled": True},
            point_in_time_recovery={"enabled": True},
            server_side_encryption=(
                {"enabled": True, "kms_key_arn": args.key} if args.key else None
            ),
            deletion_protection_enabled=args.protect,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                import_=args.name if args.restored else None,
                retain_on_delete=args.restored,
            ),
        )
        self.register_outputs({"name": self.table.name})

    def index_arn(self, index: str) -> pulumi.Output[str]:
        """The ARN that permits name an index by."""
        return pulumi.Output.concat(self.table.arn, "/index/", index)
