"""Handlers of the ledger's table, of secrets and of keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from infra.emulated.kind import Clients, Inputs, Kind, found, given, tag_list
from infra.graph.monitor import Made


def _put_table(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    api, name = clients("dynamodb"), inputs["name"]
    indexes = [_index(one) for one in inputs.get("globalSecondaryIndexes", [])]
    attributes = [
        {"AttributeName": one["name"], "AttributeType": one["type"]}
        for one in inputs["attributes"]
    ]
    protection = inputs.get("deletionProtectionEnabled", False)
    there = found(api.describe_table, TableName=name)
    if there is None:
        api.create_table(
            TableName=name,
            BillingMode=inputs["billingMode"],
            KeySchema=_keys(inputs),
            AttributeDefinitions=attributes,
            **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
            DeletionProtectionEnabled=protection,
            Tags=tag_list(inputs),
            **_encrypted(inputs),
        )
    else:
        _converge(clients, name, there["Table"], attributes, indexes)
        api.update_table(
            TableName=name, DeletionProtectionEnabled=protection, **_encrypted(inputs)
        )
    _switch(clients, name, inputs)
    arn = api.describe_table(TableName=name)["Table"]["TableArn"]
    return Made(name, {"arn": arn})


def _encrypted(inputs: Inputs) -> dict[str, Any]:
    asked = inputs.get("serverSideEncryption")
    if asked is None:
        return {}
    key = {"SSEType": "KMS", "KMSMasterKeyId": asked["kmsKeyArn"]}
    return {"SSESpecification": {"Enabled": asked["enabled"], **key}}


def _converge(
    clients: Clients,
    name: str,
    table: Mapping[str, Any],
    attributes: Sequence[Mapping[str, str]],
    indexes: Sequence[Mapping[str, Any]],
) -> None:
    """Add and remove indexes, one at a time as AWS has it."""
    have = {one["IndexName"] for one in table.get("GlobalSecondaryIndexes", [])}
    want = {one["IndexName"] for one in indexes}
    changes: list[dict[str, Any]] = [
        {"Delete": {"IndexName": index}} for index in sorted(have - want)
    ]
    changes += [{"Create": one} for one in indexes if one["IndexName"] not in have]
    for change in changes:
        clients("dynamodb").update_table(
            TableName=name,
            AttributeDefinitions=attributes,
            GlobalSecondaryIndexUpdates=[change],
        )


def _switch(clients: Clients, name: str, inputs: Inputs) -> None:
    api = clients("dynamodb")
    ttl = inputs.get("ttl", {})
    described = api.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    # To enable what is enabled is refused.
    if ttl.get("enabled") and described["TimeToLiveStatus"] == "DISABLED":
        api.update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": ttl["attributeName"]},
        )
    api.update_continuous_backups(
        TableName=name,
        PointInTimeRecoverySpecification={
            "PointInTimeRecoveryEnabled": inputs.get("pointInTimeRecovery", {}).get(
                "enabled", False
            )
        },
    )


def _index(index: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "IndexName": index["name"],
        "KeySchema": _keys(index),
        "Projection": {"ProjectionType": index["projectionType"]},
    }


def _keys(keyed: Mapping[str, Any]) -> list[dict[str, str]]:
    kinds = (("hashKey", "HASH"), ("rangeKey", "RANGE"))
    return [{"AttributeName": keyed[k], "KeyType": kind} for k, kind in kinds if k in keyed]


def _drop_table(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("dynamodb").delete_table, TableName=id_)


def _put_secret(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    api, name = clients("secretsmanager"), inputs["name"]
    there = found(api.describe_secret, SecretId=name)
    if there is None:
        arn = api.create_secret(
            Name=name,
            Description=inputs.get("description", ""),
            Tags=tag_list(inputs),
            **given(inputs, KmsKeyId="kmsKeyId"),
        )["ARN"]
        return Made(arn, {"arn": arn})
    if there.get("DeletedDate"):
        api.restore_secret(SecretId=name)
    api.update_secret(
        SecretId=name,
        Description=inputs.get("description", ""),
        **given(inputs, KmsKeyId="kmsKeyId"),
    )
    if tags := tag_list(inputs):
        api.tag_resource(SecretId=name, Tags=tags)
    return Made(there["ARN"], {"arn": there["ARN"]})


def _drop_secret(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    try:
        found(
            clients("secretsmanager").delete_secret, SecretId=id_, ForceDeleteWithoutRecovery=True
        )
    except ClientError as exc:
        # It is being deleted already.
        if exc.response.get("Error", {}).get("Code") != "InvalidRequestException":
            raise


def _put_key(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    """A key has no name: without the id it had, it is another one."""
    api = clients("kms")
    there = found(api.describe_key, KeyId=id_) if id_ else None
    if there is None or there["KeyMetadata"]["KeyState"] == "PendingDeletion":
        made = api.create_key(
            Description=inputs.get("description", ""),
            Policy=inputs["policy"],
            Tags=tag_list(inputs, "TagKey", "TagValue"),
        )["KeyMetadata"]
    else:
        made = there["KeyMetadata"]
        api.update_key_description(KeyId=id_, Description=inputs.get("description", ""))
        api.put_key_policy(KeyId=id_, PolicyName="default", Policy=inputs["policy"])
    if inputs.get("enableKeyRotation"):
        api.enable_key_rotation(KeyId=made["KeyId"])
    return Made(made["KeyId"], {"arn": made["Arn"]})


def _drop_key(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    try:
        found(clients("kms").schedule_key_deletion, KeyId=id_, PendingWindowInDays=30)
    except ClientError as exc:
        # It is being deleted already.
        if exc.response.get("Error", {}).get("Code") != "KMSInvalidStateException":
            raise


KINDS: Mapping[str, Kind] = {
    "aws:kms/key:Key": Kind(
        _put_key,
        _drop_key,
        frozenset(["description", "policy", "enableKeyRotation", "tags"]),
        computed=frozenset(["arn"]),
    ),
    "aws:dynamodb/table:Table": Kind(
        _put_table,
        _drop_table,
        frozenset(
            [
                "name",
                "billingMode",
                "hashKey",
                "rangeKey",
                "attributes",
                "globalSecondaryIndexes",
                "ttl",
                "pointInTimeRecovery",
                "serverSideEncryption",
                "deletionProtectionEnabled",
                "tags",
            ]
        ),
        replacing=frozenset(["name", "hashKey", "rangeKey"]),
        computed=frozenset(["arn"]),
    ),
    "aws:secretsmanager/secret:Secret": Kind(
        _put_secret,
        _drop_secret,
        frozenset(["name", "description", "kmsKeyId", "tags"]),
        replacing=frozenset(["name"]),
        computed=frozenset(["arn"]),
    ),
}
