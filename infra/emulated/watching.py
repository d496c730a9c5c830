"""Handlers of metrics from logs, alarms, dashboards and budgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.emulated.kind import Clients, Inputs, Kind, found, given, tag_list
from infra.graph.monitor import Made


def _put_filter(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    to = inputs["metricTransformation"]
    transformation = given(
        to,
        metricName="name",
        metricNamespace="namespace",
        metricValue="value",
        unit="unit",
        dimensions="dimensions",
    )
    clients("logs").put_metric_filter(
        logGroupName=inputs["logGroupName"],
        filterName=inputs["name"],
        filterPattern=inputs["pattern"],
        metricTransformations=[transformation],
    )
    return Made(inputs["name"], {})


def _drop_filter(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("logs").delete_metric_filter, logGroupName=kept["logGroupName"], filterName=id_)


def _put_alarm(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    settings = given(
        inputs,
        AlarmName="name",
        AlarmDescription="alarmDescription",
        Namespace="namespace",
        MetricName="metricName",
        Statistic="statistic",
        ExtendedStatistic="extendedStatistic",
        ComparisonOperator="comparisonOperator",
        Threshold="threshold",
        Period="period",
        EvaluationPeriods="evaluationPeriods",
        TreatMissingData="treatMissingData",
        AlarmActions="alarmActions",
        OKActions="okActions",
    )
    dimensions = [
        {"Name": name, "Value": value} for name, value in sorted(inputs["dimensions"].items())
    ]
    clients("cloudwatch").put_metric_alarm(
        **settings, Dimensions=dimensions, Tags=tag_list(inputs)
    )
    return Made(inputs["name"], {})


def _drop_alarm(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    # Answers the same whether or not it is there.
    clients("cloudwatch").delete_alarms(AlarmNames=[id_])


def _put_dashboard(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    name = inputs["dashboardName"]
    clients("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=inputs["dashboardBody"])
    return Made(name, {})


def _drop_dashboard(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("cloudwatch").delete_dashboards, DashboardNames=[id_])


def _put_budget(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    api, name, account = clients("budgets"), inputs["name"], clients.account
    budget = {
        "BudgetName": name,
        "BudgetType": inputs["budgetType"],
        "TimeUnit": inputs["timeUnit"],
        "BudgetLimit": {"Amount": inputs["limitAmount"], "Unit": inputs["limitUnit"]},
    }
    # A notification is named by all it says: to change one is to make the budget anew.
    found(api.delete_budget, AccountId=account, BudgetName=name)
    api.create_budget(
        AccountId=account,
        Budget=budget,
        NotificationsWithSubscribers=[_notification(one) for one in inputs["notifications"]],
        ResourceTags=tag_list(inputs),
    )
    return Made(f"{account}:{name}", {})


def _notification(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Notification": given(
            one,
            NotificationType="notificationType",
            ComparisonOperator="comparisonOperator",
            Threshold="threshold",
            ThresholdType="thresholdType",
        ),
        "Subscribers": [
            {"SubscriptionType": "SNS", "Address": arn} for arn in one["subscriberSnsTopicArns"]
        ],
    }


def _drop_budget(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    account, name = id_.split(":", 1)
    found(clients("budgets").delete_budget, AccountId=account, BudgetName=name)


_ALARM = """
    name alarmDescription namespace metricName dimensions statistic extendedStatistic
    comparisonOperator threshold period evaluationPeriods treatMissingData alarmActions okActions
    tags
"""
_BUDGET = "name budgetType timeUnit limitAmount limitUnit notifications tags"

KINDS: Mapping[str, Kind] = {
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Kind(
        _put_filter,
        _drop_filter,
        frozenset(["name", "logGroupName", "pattern", "metricTransformation"]),
        replacing=frozenset(["name", "logGroupName"]),
        kept=frozenset(["logGroupName"]),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind(
        _put_alarm, _drop_alarm, frozenset(_ALARM.split()), replacing=frozenset(["name"])
    ),
    "aws:cloudwatch/dashboard:Dashboard": Kind(
        _put_dashboard,
        _drop_dashboard,
        frozenset(["dashboardName", "dashboardBody"]),
        replacing=frozenset(["dashboardName"]),
    ),
    "aws:budgets/budget:Budget": Kind(
        _put_budget, _drop_budget, frozenset(_BUDGET.split()), replacing=frozenset(["name"])
    ),
}
