"""What AWS says of what was made: whether it is still there, and what was changed by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from infra.emulated.access import as_the_emulator_asks, sessions_of_roles_too
from infra.emulated.drift import Ask, Live, State
from infra.emulated.kind import Clients, found
from infra.emulated.messaging import QUEUE, SUBSCRIPTION, TOPIC


def _asked(service: str, call: str, argument: str, **more: str) -> Ask:
    """By a call that takes the id, and inputs besides (boto3 name=input name)."""

    def ask(clients: Clients, id_: str, state: State) -> Any:
        inputs = {theirs: state[ours] for theirs, ours in more.items()}
        return found(getattr(clients(service), call), **{argument: id_}, **inputs)

    return ask


def _queue(clients: Clients, id_: str, state: State) -> Any:
    return found(clients("sqs").get_queue_attributes, QueueUrl=id_, AttributeNames=["All"])


def _queue_attribute(
    ours: str, theirs: str, asked: Callable[[str], str] = lambda value: value
) -> Live:
    """One attribute of a queue; without it, it is gone."""

    def ask(clients: Clients, id_: str, state: State) -> Any:
        answer = _queue(clients, id_, state) or {}
        return answer.get("Attributes", {}).get(theirs) or None

    return Live(ask, {ours: "@"}, {ours: asked})


def _dashboard(clients: Clients, id_: str, state: State) -> Any:
    listed = clients("cloudwatch").list_dashboards(DashboardNamePrefix=id_)["DashboardEntries"]
    if not any(one["DashboardName"] == id_ for one in listed):
        return None
    return clients("cloudwatch").get_dashboard(DashboardName=id_)


def _statement(clients: Clients, id_: str, state: State) -> Any:
    answer = found(clients("lambda").get_policy, FunctionName=state["function"])
    return answer if answer and f'"{id_}"' in answer["Policy"] else None


def _log_group(clients: Clients, id_: str, state: State) -> Any:
    answer = clients("logs").describe_log_groups(logGroupNamePrefix=id_)
    return next((one for one in answer["logGroups"] if one["logGroupName"] == id_), None)


def _role_policy(clients: Clients, id_: str, state: State) -> Any:
    role, name = id_.split(":", 1)
    return found(clients("iam").get_role_policy, RoleName=role, PolicyName=name)


def _target(clients: Clients, id_: str, state: State) -> Any:
    answer = found(clients("events").list_targets_by_rule, Rule=state["rule"]) or {"Targets": []}
    return next((one for one in answer["Targets"] if one["Id"] == state["targetId"]), None)


def _metric_filter(clients: Clients, id_: str, state: State) -> Any:
    ask = clients("logs").describe_metric_filters
    answer = found(ask, logGroupName=state["logGroupName"]) or {"metricFilters": []}
    return next((one for one in answer["metricFilters"] if one["filterName"] == id_), None)


def _alarm(clients: Clients, id_: str, state: State) -> Any:
    return next(
        iter(clients("cloudwatch").describe_alarms(AlarmNames=[id_])["MetricAlarms"]), None
    )


def _budget(clients: Clients, id_: str, state: State) -> Any:
    account, name = id_.split(":", 1)
    return found(clients("budgets").describe_budget, AccountId=account, BudgetName=name)


def _record(clients: Clients, id_: str, state: State) -> Any:
    ask = clients("route53").list_resource_record_sets
    answer = found(ask, HostedZoneId=state["zoneId"]) or {"ResourceRecordSets": []}
    wanted = (state["name"].rstrip("."), state["type"])
    return next(
        (
            one
            for one in answer["ResourceRecordSets"]
            if (one["Name"].rstrip("."), one["Type"]) == wanted
        ),
        None,
    )


def _key(clients: Clients, id_: str, state: State) -> Any:
    answer = found(clients("kms").describe_key, KeyId=id_)
    # It can still be had back, and is nobody's meanwhile.
    gone = answer and answer["KeyMetadata"]["KeyState"] == "PendingDeletion"
    return None if gone else answer


def _table(clients: Clients, id_: str, state: State) -> Any:
    api = clients("dynamodb")
    table = found(api.describe_table, TableName=id_)
    return table and {
        **table,
        **api.describe_time_to_live(TableName=id_),
        **api.describe_continuous_backups(TableName=id_),
    }


def _attributes(names: Mapping[str, str]) -> dict[str, str]:
    return {ours: f"Attributes.{theirs}" for ours, theirs in names.items()}


_BACKUPS = "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus"
_ALARM = {
    "alarmDescription": "AlarmDescription",
    "namespace": "Namespace",
    "metricName": "MetricName",
    "statistic": "Statistic",
    "extendedStatistic": "ExtendedStatistic",
    "comparisonOperator": "ComparisonOperator",
    "threshold": "Threshold",
    "period": "Period",
    "evaluationPeriods": "EvaluationPeriods",
    "treatMissingData": "TreatMissingData",
    "alarmActions": "AlarmActions",
    "okActions": "OKActions",
}

LIVE: Mapping[str, Live] = {
    "aws:acm/certificate:Certificate": Live(
        _asked("acm", "describe_certificate", "CertificateArn")
    ),
    "aws:acm/certificateValidation:CertificateValidation": Live(
        _asked("acm", "describe_certificate", "CertificateArn")
    ),
    "aws:apigatewayv2/api:Api": Live(
        _asked("apigatewayv2", "get_api", "ApiId"),
        {"disableExecuteApiEndpoint": "DisableExecuteApiEndpoint"},
    ),
    "aws:apigatewayv2/apiMapping:ApiMapping": Live(
        _asked("apigatewayv2", "get_api_mapping", "ApiMappingId", DomainName="domainName")
    ),
    "aws:apigatewayv2/domainName:DomainName": Live(
        _asked("apigatewayv2", "get_domain_name", "DomainName")
    ),
    "aws:apigatewayv2/integration:Integration": Live(
        _asked("apigatewayv2", "get_integration", "IntegrationId", ApiId="apiId"),
        {"integrationUri": "IntegrationUri", "timeoutMilliseconds": "TimeoutInMillis"},
    ),
    "aws:apigatewayv2/route:Route": Live(
        _asked("apigatewayv2", "get_route", "RouteId", ApiId="apiId"), {"target": "Target"}
    ),
    "aws:apigatewayv2/stage:Stage": Live(
        _asked("apigatewayv2", "get_stage", "StageName", ApiId="apiId"),
        {
            "autoDeploy": "AutoDeploy",
            "defaultRouteSettings": "DefaultRouteSettings && {"
            "throttlingRateLimit: DefaultRouteSettings.ThrottlingRateLimit, "
            "throttlingBurstLimit: DefaultRouteSettings.ThrottlingBurstLimit}",
        },
    ),
    "aws:budgets/budget:Budget": Live(_budget, {"limitAmount": "Budget.BudgetLimit.Amount"}),
    "aws:cloudwatch/dashboard:Dashboard": Live(_dashboard, {"dashboardBody": "DashboardBody"}),
    "aws:cloudwatch/eventRule:EventRule": Live(
        _asked("events", "describe_rule", "Name"),
        {"scheduleExpression": "ScheduleExpression", "state": "State"},
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Live(_target, {"arn": "Arn"}),
    "aws:cloudwatch/logGroup:LogGroup": Live(
        # Without a retention logs are kept for ever, which Pulumi writes as 0.
        _log_group,
        {"retentionInDays": "retentionInDays || `0`"},
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Live(
        _metric_filter, {"pattern": "filterPattern"}
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Live(_alarm, _ALARM),
    "aws:dynamodb/table:Table": Live(
        _table,
        {
            "deletionProtectionEnabled": "Table.DeletionProtectionEnabled",
            "ttl": "TimeToLiveDescription.{attributeName: AttributeName, "
            "enabled: TimeToLiveStatus == 'ENABLED' || TimeToLiveStatus == 'ENABLING'}",
            "pointInTimeRecovery": f"{{enabled: {_BACKUPS} == 'ENABLED'}}",
        },
    ),
    "aws:iam/role:Role": Live(
        _asked("iam", "get_role", "RoleName"),
        {"assumeRolePolicy": "Role.AssumeRolePolicyDocument"},
    ),
    "aws:iam/rolePolicy:RolePolicy": Live(
        _role_policy, {"policy": "PolicyDocument"}, {"policy": as_the_emulator_asks}
    ),
    "aws:kms/key:Key": Live(_key, {"description": "KeyMetadata.Description"}),
    "aws:lambda/eventSourceMapping:EventSourceMapping": Live(
        _asked("lambda", "get_event_source_mapping", "UUID"),
        {
            "batchSize": "BatchSize",
            "enabled": "State != 'Disabled' && State != 'Disabling'",
            "functionResponseTypes": "FunctionResponseTypes",
            "scalingConfig": "ScalingConfig && "
            "{maximumConcurrency: ScalingConfig.MaximumConcurrency}",
        },
    ),
    "aws:lambda/function:Function": Live(
        _asked("lambda", "get_function", "FunctionName"),
        {
            "runtime": "Configuration.Runtime",
            "handler": "Configuration.Handler",
            "role": "Configuration.Role",
            "timeout": "Configuration.Timeout",
            "memorySize": "Configuration.MemorySize",
            "environment": "{variables: Configuration.Environment.Variables}",
            "tracingConfig": "{mode: Configuration.TracingConfig.Mode}",
            "reservedConcurrentExecutions": "Concurrency.ReservedConcurrentExecutions",
        },
    ),
    "aws:lambda/permission:Permission": Live(_statement),
    "aws:route53/record:Record": Live(_record, {"ttl": "TTL"}),
    "aws:secretsmanager/secret:Secret": Live(
        _asked("secretsmanager", "describe_secret", "SecretId"), {"description": "Description"}
    ),
    "aws:sns/topic:Topic": Live(
        _asked("sns", "get_topic_attributes", "TopicArn"), _attributes(TOPIC)
    ),
    "aws:sns/topicPolicy:TopicPolicy": Live(
        _asked("sns", "get_topic_attributes", "TopicArn"), {"policy": "Attributes.Policy"}
    ),
    "aws:sns/topicSubscription:TopicSubscription": Live(
        _asked("sns", "get_subscription_attributes", "SubscriptionArn"), _attributes(SUBSCRIPTION)
    ),
    "aws:sqs/queue:Queue": Live(_queue, _attributes(QUEUE)),
    "aws:sqs/queuePolicy:QueuePolicy": _queue_attribute("policy", "Policy", sessions_of_roles_too),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": _queue_attribute(
        "redriveAllowPolicy", "RedriveAllowPolicy"
    ),
    "aws:sqs/redrivePolicy:RedrivePolicy": _queue_attribute("redrivePolicy", "RedrivePolicy"),
}
