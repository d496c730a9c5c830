"""Everything of a stack that the emulator holds, asked service by service."""

from __future__ import annotations

from typing import Any

import jmespath

from local.aws import client

# service, call, where the names are
_LISTS = (
    ("sqs", "list_queues", "QueueUrls"),
    ("sns", "list_topics", "Topics[].TopicArn"),
    ("sns", "list_subscriptions", "Subscriptions[].Endpoint"),
    ("lambda", "list_functions", "Functions[].FunctionName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings[].FunctionArn"),
    ("iam", "list_roles", "Roles[].RoleName"),
    ("dynamodb", "list_tables", "TableNames"),
    ("secretsmanager", "list_secrets", "SecretList[].Name"),
    # A function that ends after its group was deleted makes it again, without a retention.
    ("logs", "describe_log_groups", "logGroups[?retentionInDays].logGroupName"),
    ("logs", "describe_metric_filters", "metricFilters[].filterName"),
    ("events", "list_rules", "Rules[].Name"),
    ("apigatewayv2", "get_apis", "Items[].Name"),
    ("apigatewayv2", "get_domain_names", "Items[].DomainName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms[].AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries[].DashboardName"),
    ("acm", "list_certificates", "CertificateSummaryList[].DomainName"),
    ("s3", "list_buckets", "Buckets[].Name"),
)


# What a zone has for itself.
_RECORDS = "ResourceRecordSets[?Type != 'NS' && Type != 'SOA'].Name"


def inventory(endpoint_url: str) -> dict[str, list[str]]:
    """The names of what there is, by the call that lists it; what there is none of is left out."""
    calls: list[tuple[str, str, str, dict[str, str]]] = [(*one, {}) for one in _LISTS]
    account = client("sts", endpoint_url).get_caller_identity()["Account"]
    budgets = ("budgets", "describe_budgets", "Budgets[].BudgetName", {"AccountId": account})
    calls.append(budgets)
    # Zones are not ours, what is in them is.
    for zone in client("route53", endpoint_url).list_hosted_zones()["HostedZones"]:
        where = {"HostedZoneId": zone["Id"]}
        calls.append(("route53", "list_resource_record_sets", _RECORDS, where))
    found: dict[str, list[str]] = {}
    for service, call, path, arguments in calls:
        answer: Any = getattr(client(service, endpoint_url), call)(**arguments)
        if names := sorted(jmespath.search(path, answer) or []):
            found[f"{service} {call}"] = names
    return found
