"""What watches over the stack: metrics from logs, alarms, a dashboard, a budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pulumi
import pulumi_aws as aws

from infra.alarms import watches
from infra.charts import charts
from infra.components.alarm import Alarms, AlarmsArgs
from infra.components.alerts import Alerts, AlertsArgs
from infra.components.budget import Budget, BudgetArgs
from infra.components.dashboard import Dashboard, DashboardArgs
from infra.components.function import Function
from infra.components.log_metric import LogMetric, LogMetrics
from infra.config.settings import StackSettings
from infra.signals import AGE, ANSWERED, BY_STATUS, COUNTED, MEASURED, OLDEST, is_stage
from infra.stack import Foundation, log_of_serve

SERVE = "serve"


def watch(made: Foundation, functions: Mapping[str, Function]) -> dict[str, pulumi.Output[str]]:
    """
    Make everything that tells somebody how the stack is.

    Returns:
        What the stack exports of it: who is told, and where `penstock serve` shall log, if that
        is who works.
    """
    hosted = None if made.settings.enabled else _hosted_log(made)
    LogMetrics("metrics", _counted(made, functions, hosted), made.options)
    settings = made.settings
    told = Alerts(
        "alerts",
        AlertsArgs(
            f"{made.prefix}-alerts",
            made.account,
            settings.alert_emails,
            settings.alert_endpoints,
            settings.key,
        ),
        made.options,
    )
    alerts = told.topic.arn
    alarms = Alarms(
        "alarms",
        AlarmsArgs(made.prefix, watches(made, functions), [alerts, *settings.alert_topics]),
        made.options,
    )
    dashboard = _dashboard(made, functions)
    if settings.monthly_budget_usd:
        # The topic's policy lets it publish. It comes after what works, because an account may
        # refuse it: one that is a day old, or another one's in an organization [aws].
        Budget(
            "budget",
            BudgetArgs(
                f"{made.prefix}-budget",
                settings.monthly_budget_usd,
                _told_of_costs(settings, alerts),
                (told.policy, alarms, dashboard),
            ),
            made.options,
        )
    return {"alertsTopicArn": alerts} | ({"serveLogGroup": hosted.name} if hosted else {})


def _told_of_costs(settings: StackSettings, alerts: pulumi.Input[str]) -> pulumi.Input[str]:
    """
    The budget notifies one topic [aws]: ours, or the first of `alertTopics` if ours has no
    subscribers.
    """
    heard = settings.alert_emails or settings.alert_endpoints or not settings.alert_topics
    return alerts if heard else settings.alert_topics[0]


def _hosted_log(made: Foundation) -> aws.cloudwatch.LogGroup:
    """The log of a host of one's own, which sends it there: ours to count and to end."""
    return aws.cloudwatch.LogGroup(
        SERVE,
        name=log_of_serve(made.stack),
        retention_in_days=made.settings.log_retention_days,
        kms_key_id=made.settings.key,
        opts=made.options,
    )


def _counted(
    made: Foundation, functions: Mapping[str, Function], hosted: aws.cloudwatch.LogGroup | None
) -> Iterator[LogMetric]:
    everything = {SERVE: hosted.name} if hosted else {}
    for metric, signal in COUNTED.items():
        logs = {name: functions[name].log.name for name in signal.logged_by(functions)}
        yield LogMetric(metric, signal.pattern, {**logs, **everything})
    for metric, pattern in ANSWERED.items():
        yield LogMetric(metric, pattern, {"access": made.api.log.name})
    oldest = {"renew": functions["renew"].log.name, **everything}
    yield LogMetric(AGE, OLDEST, oldest, "$.oldest_days")
    stages = {name: one.log.name for name, one in functions.items() if is_stage(name)}
    yield LogMetric("ms", MEASURED, {**stages, **everything}, "$.ms", "Milliseconds", BY_STATUS)


def _dashboard(made: Foundation, functions: Mapping[str, Function]) -> Dashboard:
    queues = [(q.queue.name, q.dlq.name if q.dlq else None) for q in made.queues.values()]
    known = pulumi.Output.all(
        made.api.api.id, queues, [one.function.name for one in functions.values()]
    )
    return Dashboard(
        "dashboard",
        DashboardArgs(
            made.prefix,
            pulumi.Config("aws").require("region"),
            known.apply(lambda known: charts(made.stack, known[0], dict(known[1]), known[2])),
        ),
        made.options,
    )
