"""Whether what was made is still there: asked of AWS, by type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from infra.emulated.kind import Clients, found

State = Mapping[str, Any]
There = Callable[[Clients, str, State], bool]


def _asked(service: str, call: str, argument: str, **more: str) -> There:
    """By a call that takes the id, and inputs besides (boto3 name=input name)."""

    def there(clients: Clients, id_: str, state: State) -> bool:
        inputs = {theirs: state[ours] for theirs, ours in more.items()}
        return found(getattr(clients(service), call), **{argument: id_}, **inputs) is not None

    return there


def _listed(service: str, call: str, path: str, **more: str) -> There:
    """By a call that lists, where the id is at a place of one of the items."""
    items, _, place = path.partition(".")

    def there(clients: Clients, id_: str, state: State) -> bool:
        inputs = {theirs: state[ours] for theirs, ours in more.items()}
        answer = found(getattr(clients(service), call), **inputs) or {items: []}
        return any((one[place] if place else one) == id_ for one in answer[items])

    return there


def _attribute(name: str) -> There:
    def there(clients: Clients, id_: str, state: State) -> bool:
        ask = clients("sqs").get_queue_attributes
        answer = found(ask, QueueUrl=id_, AttributeNames=[name]) or {}
        return bool(answer.get("Attributes", {}).get(name))

    return there


def _statement(clients: Clients, id_: str, state: State) -> bool:
    answer = found(clients("lambda").get_policy, FunctionName=state["function"])
    return answer is not None and f'"{id_}"' in answer["Policy"]


def _log_group(clients: Clients, id_: str, state: State) -> bool:
    answer = clients("logs").describe_log_groups(logGroupNamePrefix=id_)
    return any(one["logGroupName"] == id_ for one in answer["logGroups"])


def _role_policy(clients: Clients, id_: str, state: State) -> bool:
    role, name = id_.split(":", 1)
    return found(clients("iam").get_role_policy, RoleName=role, PolicyName=name) is not None


def _target(clients: Clients, id_: str, state: State) -> bool:
    answer = found(clients("events").list_targets_by_rule, Rule=state["rule"]) or {"Targets": []}
    return any(one["Id"] == state["targetId"] for one in answer["Targets"])


def _metric_filter(clients: Clients, id_: str, state: State) -> bool:
    ask = clients("logs").describe_metric_filters
    answer = found(ask, logGroupName=state["logGroupName"]) or {"metricFilters": []}
    return any(one["filterName"] == id_ for one in answer["metricFilters"])


def _alarm(clients: Clients, id_: str, state: State) -> bool:
    return bool(clients("cloudwatch").describe_alarms(AlarmNames=[id_])["MetricAlarms"])


def _budget(clients: Clients, id_: str, state: State) -> bool:
    account, name = id_.split(":", 1)
    ask = clients("budgets").describe_budget
    return found(ask, AccountId=account, BudgetName=name) is not None


def _record(clients: Clients, id_: str, state: State) -> bool:
    ask = clients("route53").list_resource_record_sets
    answer = found(ask, HostedZoneId=state["zoneId"]) or {"ResourceRecordSets": []}
    wanted = (state["name"].rstrip("."), state["type"])
    return any(
        (one["Name"].rstrip("."), one["Type"]) == wanted for one in answer["ResourceRecordSets"]
    )


PRESENCE: Mapping[str, There] = {
    "aws:acm/certificate:Certificate": _asked("acm", "describe_certificate", "CertificateArn"),
    "aws:acm/certificateValidation:CertificateValidation": _asked(
        "acm", "describe_certificate", "CertificateArn"
    ),
    "aws:apigatewayv2/api:Api": _asked("apigatewayv2", "get_api", "ApiId"),
    "aws:apigatewayv2/apiMapping:ApiMapping": _asked(
        "apigatewayv2", "get_api_mapping", "ApiMappingId", DomainName="domainName"
    ),
    "aws:apigatewayv2/domainName:DomainName": _asked(
        "apigatewayv2", "get_domain_name", "DomainName"
    ),
    "aws:apigatewayv2/integration:Integration": _asked(
        "apigatewayv2", "get_integration", "IntegrationId", ApiId="apiId"
    ),
    "aws:apigatewayv2/route:Route": _asked("apigatewayv2", "get_route", "RouteId", ApiId="apiId"),
    "aws:apigatewayv2/stage:Stage": _asked(
        "apigatewayv2", "get_stage", "StageName", ApiId="apiId"
    ),
    "aws:budgets/budget:Budget": _budget,
    "aws:cloudwatch/dashboard:Dashboard": _listed(
        "cloudwatch", "list_dashboards", "DashboardEntries.DashboardName"
    ),
    "aws:cloudwatch/eventRule:EventRule": _asked("events", "describe_rule", "Name"),
    "aws:cloudwatch/eventTarget:EventTarget": _target,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _metric_filter,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:dynamodb/table:Table": _asked("dynamodb", "describe_table", "TableName"),
    "aws:iam/role:Role": _asked("iam", "get_role", "RoleName"),
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:lambda/eventSourceMapping:EventSourceMapping": _asked(
        "lambda", "get_event_source_mapping", "UUID"
    ),
    "aws:lambda/function:Function": _asked("lambda", "get_function_configuration", "FunctionName"),
    "aws:lambda/permission:Permission": _statement,
    "aws:route53/record:Record": _record,
    "aws:secretsmanager/secret:Secret": _asked("secretsmanager", "describe_secret", "SecretId"),
    "aws:sns/topic:Topic": _asked("sns", "get_topic_attributes", "TopicArn"),
    "aws:sns/topicPolicy:TopicPolicy": _asked("sns", "get_topic_attributes", "TopicArn"),
    "aws:sns/topicSubscription:TopicSubscription": _asked(
        "sns", "get_subscription_attributes", "SubscriptionArn"
    ),
    "aws:sqs/queue:Queue": _asked("sqs", "get_queue_attributes", "QueueUrl"),
    "aws:sqs/queuePolicy:QueuePolicy": _attribute("Policy"),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": _attribute("RedriveAllowPolicy"),
    "aws:sqs/redrivePolicy:RedrivePolicy": _attribute("RedrivePolicy"),
}
