"""Handlers of functions, what feeds them, and their logs."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from infra.emulated.kind import Clients, Inputs, Kind, found, given
from infra.graph.monitor import Made
from infra.graph.values import Archive


def _put_function(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    api, name = clients("lambda"), inputs["name"]
    archive: Archive = inputs["code"]
    settings = given(
        inputs,
        Runtime="runtime",
        Handler="handler",
        Role="role",
        Timeout="timeout",
        MemorySize="memorySize",
        Environment="environment",
    )
    settings["Environment"] = {
        "Variables": dict(inputs.get("environment", {}).get("variables", {}))
    }
    settings["TracingConfig"] = {
        "Mode": inputs.get("tracingConfig", {}).get("mode", "PassThrough")
    }
    if logging := inputs.get("loggingConfig"):
        settings["LoggingConfig"] = given(
            logging,
            LogFormat="logFormat",
            SystemLogLevel="systemLogLevel",
            ApplicationLogLevel="applicationLogLevel",
        )
    there = found(api.get_function_configuration, FunctionName=name)
    if there is None:
        with clients.code(archive) as code:
            answer = api.create_function(
                FunctionName=name,
                Code=code,
                Architectures=inputs["architectures"],
                Tags=dict(inputs.get("tags", {})),
                **settings,
            )
        _reserve(clients, inputs)
        return Made(name, {"arn": answer["FunctionArn"]})
    answer = api.update_function_configuration(FunctionName=name, **settings)
    _reserve(clients, inputs)
    if there["CodeSha256"] != base64.b64encode(bytes.fromhex(archive.digest)).decode():
        with clients.code(archive) as code:
            api.update_function_code(
                FunctionName=name, Architectures=inputs["architectures"], **code
            )
    return Made(name, {"arn": answer["FunctionArn"]})


def _reserve(clients: Clients, inputs: Inputs) -> None:
    api, reserved = clients("lambda"), inputs.get("reservedConcurrentExecutions")
    if reserved is None:
        api.delete_function_concurrency(FunctionName=inputs["name"])
    else:
        api.put_function_concurrency(
            FunctionName=inputs["name"], ReservedConcurrentExecutions=reserved
        )


def _drop_function(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("lambda").delete_function, FunctionName=id_)
    clients.forget_code()


def _put_permission(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    api = clients("lambda")
    named = given(inputs, FunctionName="function", StatementId="statementId")
    # There is no changing a statement.
    found(api.remove_permission, **named)
    api.add_permission(
        **named, **given(inputs, Action="action", Principal="principal", SourceArn="sourceArn")
    )
    return Made(inputs["statementId"], {})


def _drop_permission(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("lambda").remove_permission, FunctionName=kept["function"], StatementId=id_)


def _put_mapping(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    api = clients("lambda")
    settings = given(
        inputs,
        FunctionName="functionName",
        BatchSize="batchSize",
        Enabled="enabled",
        FunctionResponseTypes="functionResponseTypes",
    )
    scaling = inputs.get("scalingConfig", {})
    settings["ScalingConfig"] = given(scaling, MaximumConcurrency="maximumConcurrency")
    # It has no name: the one between that queue and that function is it.
    same = api.list_event_source_mappings(
        EventSourceArn=inputs["eventSourceArn"], FunctionName=inputs["functionName"]
    )["EventSourceMappings"]
    known = id_ and found(api.get_event_source_mapping, UUID=id_)
    uuid = id_ if known else same[0]["UUID"] if same else None
    if uuid:
        api.update_event_source_mapping(UUID=uuid, **settings)
        return Made(uuid, {})
    answer = api.create_event_source_mapping(
        EventSourceArn=inputs["eventSourceArn"], Tags=dict(inputs.get("tags", {})), **settings
    )
    return Made(answer["UUID"], {})


def _drop_mapping(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("lambda").delete_event_source_mapping, UUID=id_)


def _put_log_group(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    logs, name = clients("logs"), inputs["name"]
    if not _log_group(clients, name):
        logs.create_log_group(logGroupName=name, tags=dict(inputs.get("tags", {})))
    if key := inputs.get("kmsKeyId"):
        logs.associate_kms_key(logGroupName=name, kmsKeyId=key)
    if "retentionInDays" in inputs:
        logs.put_retention_policy(logGroupName=name, retentionInDays=inputs["retentionInDays"])
    # The provider's ARN ends with the name; the API's has another ":*" at its end.
    return Made(name, {"arn": _log_group(clients, name)["arn"].removesuffix(":*")})


def _log_group(clients: Clients, name: str) -> Mapping[str, Any]:
    groups = clients("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return next((one for one in groups if one["logGroupName"] == name), {})


def _drop_log_group(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("logs").delete_log_group, logGroupName=id_)


def _put_rule(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    answer = clients("events").put_rule(
        **given(inputs, Name="name", ScheduleExpression="scheduleExpression", State="state")
    )
    return Made(inputs["name"], {"arn": answer["RuleArn"]})


def _drop_rule(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("events").delete_rule, Name=id_)


def _put_target(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    rule, target = inputs["rule"], inputs["targetId"]
    clients("events").put_targets(Rule=rule, Targets=[{"Id": target, "Arn": inputs["arn"]}])
    return Made(f"{rule}-{target}", {})


def _drop_target(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("events").remove_targets, Rule=kept["rule"], Ids=[kept["targetId"]])


_PERMISSION = frozenset(["function", "statementId", "action", "principal", "sourceArn"])

KINDS: Mapping[str, Kind] = {
    "aws:lambda/function:Function": Kind(
        _put_function,
        _drop_function,
        frozenset(
            [
                "name",
                "runtime",
                "architectures",
                "handler",
                "code",
                "role",
                "timeout",
                "memorySize",
                "environment",
                "loggingConfig",
                "tracingConfig",
                "reservedConcurrentExecutions",
                "tags",
            ]
        ),
        replacing=frozenset(["name"]),
        computed=frozenset(["arn"]),
    ),
    "aws:lambda/permission:Permission": Kind(
        _put_permission,
        _drop_permission,
        _PERMISSION,
        replacing=_PERMISSION,
        kept=frozenset(["function"]),
    ),
    "aws:lambda/eventSourceMapping:EventSourceMapping": Kind(
        _put_mapping,
        _drop_mapping,
        frozenset(
            [
                "eventSourceArn",
                "functionName",
                "batchSize",
                "enabled",
                "functionResponseTypes",
                "scalingConfig",
                "tags",
            ]
        ),
        replacing=frozenset(["eventSourceArn"]),
    ),
    "aws:cloudwatch/logGroup:LogGroup": Kind(
        _put_log_group,
        _drop_log_group,
        frozenset(["name", "retentionInDays", "kmsKeyId", "tags"]),
        replacing=frozenset(["name"]),
        computed=frozenset(["arn"]),
    ),
    "aws:cloudwatch/eventRule:EventRule": Kind(
        _put_rule,
        _drop_rule,
        frozenset(["name", "scheduleExpression", "state", "tags"]),
        replacing=frozenset(["name"]),
        computed=frozenset(["arn"]),
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Kind(
        _put_target,
        _drop_target,
        frozenset(["rule", "targetId", "arn"]),
        replacing=frozenset(["rule", "targetId"]),
        kept=frozenset(["rule", "targetId"]),
    ),
}
