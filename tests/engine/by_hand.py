"""Somebody changes a stack in the console: one resource of each kind that matters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.aws import client

_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def change(prefix: str, endpoint_url: str) -> Mapping[str, Mapping[str, Any]]:
    """
    Change what a stack made, behind the engine's back.

    Returns:
        What the engine must find, by type and name of the resource: property and value.
    """

    def aws(service: str) -> Any:
        return client(service, endpoint_url)

    sqs, functions, alarms, sns = (aws(name) for name in ("sqs", "lambda", "cloudwatch", "sns"))
    charge = f"{prefix}-charge"
    url = sqs.get_queue_url(QueueName=f"{prefix}-payments.fifo")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "31"})
    functions.update_function_configuration(
        FunctionName=charge, MemorySize=1024, Timeout=11, Environment={"Variables": {"A": "b"}}
    )
    (mapping,) = functions.list_event_source_mappings(FunctionName=charge)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=7, Enabled=False)
    aws("iam").put_role_policy(
        RoleName=charge, PolicyName=_policy(aws("iam"), charge), PolicyDocument=json.dumps(_ALL)
    )
    aws("logs").put_retention_policy(logGroupName=f"/aws/lambda/{charge}", retentionInDays=1)
    (alarm,) = alarms.describe_alarms(AlarmNames=[f"{prefix}-api-errors"])["MetricAlarms"]
    kept = ("AlarmName", "Namespace", "MetricName", "Statistic", "ComparisonOperator", "Period")
    alarms.put_metric_alarm(
        **{name: alarm[name] for name in (*kept, "EvaluationPeriods", "Dimensions")}, Threshold=999
    )
    aws("dynamodb").update_continuous_backups(
        TableName=f"{prefix}-ledger",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    (topic,) = [
        one["TopicArn"]
        for one in sns.list_topics()["Topics"]
        if one["TopicArn"].endswith(f"{prefix}-events.fifo")
    ]
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="ContentBasedDeduplication", AttributeValue="true"
    )
    return {
        "Queue payments": {"visibilityTimeoutSeconds": 31},
        "Function charge": {
            "memorySize": 1024,
            "timeout": 11,
            "environment": {"variables": {"A": "b"}},
        },
        "EventSourceMapping charge": {"batchSize": 7, "enabled": False},
        "RolePolicy charge": {"policy": json.dumps(_ALL)},
        "LogGroup charge": {"retentionInDays": 1},
        "MetricAlarm api-errors": {"threshold": 999, "alarmActions": []},
        "Table ledger": {"pointInTimeRecovery": {"enabled": False}},
        "Topic events": {"contentBasedDeduplication": True},
    }


def _policy(iam: Any, role: str) -> str:
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return name
