"""The HTTP API: a route for every operation of the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components.function import Function
from infra.config.contract import Operation

# [aws] HTTP APIs end an integration at 30 s whatever is asked for.
TIMEOUT_MILLISECONDS = 29_000
# Who asked for what and what came of it: no body, no header, no query.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "route": "$context.routeKey",
    "status": "$context.status",
    "ms": "$context.responseLatency",
}


@dataclass(frozen=True, slots=True)
class HttpApiArgs:
    """
    Attributes:
        name: the physical name.
        stack: named in each line of its access log, for the metrics that are made of them.
        throttling_rate: requests a second.
        throttling_burst: requests at once.
        domain: the name it answers to alone; without one, it answers to AWS's own.
        key: the ARN of the key that encrypts its log; None for CloudWatch's own.
    """

    name: str
    stack: str
    throttling_rate: int
    throttling_burst: int
    log_retention_days: int
    domain: str | None = None
    key: str | None = None


class HttpApi(pulumi.ComponentResource):
    """
    The API's address, its limits and its access log.

    Its routes are a component of their own: functions know the address, routes the functions.
    """

    api: aws.apigatewayv2.Api
    stage: aws.apigatewayv2.Stage
    log: aws.cloudwatch.LogGroup
    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: HttpApiArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:web:HttpApi", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.api = aws.apigatewayv2.Api(
            name,
            name=args.name,
            protocol_type="HTTP",
            ip_address_type="dualstack",
            disable_execute_api_endpoint=args.domain is not None,
            opts=child,
        )
        self.log = aws.cloudwatch.LogGroup(
            # Not the name of the function's, so that a graph by names holds both.
            f"{name}-access",
            # [aws] Below this name the services' right to write needs no policy of ours.
            name=f"/aws/vendedlogs/{args.name}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.key,
            opts=pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(name=name)]),
        )
        self.stage = aws.apigatewayv2.Stage(
            name,
            api_id=self.api.id,
            name="$default",
            auto_deploy=True,
            access_log_settings={
                "destination_arn": self.log.arn,
                "format": json.dumps({**ACCESS_LOG, "stack": args.stack}, separators=(",", ":")),
            },
            default_route_settings={
                "throttling_rate_limit": args.throttling_rate,
                "throttling_burst_limit": args.throttling_burst,
            },
            opts=child,
        )
        own = pulumi.Output.from_input(f"https://{args.domain}")
        self.url = own if args.domain else self.api.api_endpoint
        self.register_outputs({"url": self.url})


@dataclass(frozen=True, slots=True)
class RoutesArgs:
    """
    Attributes:
        functions: by the name that operations call them.
        fallback: the function that answers what no operation matches, as the contract has it.
    """

    api: HttpApi
    operations: Sequence[Operation]
    functions: Mapping[str, Function]
    fallback: str = "api"


class Routes(pulumi.ComponentResource):
    """One integration per function, one route per operation, and `$default`."""

    def __init__(
        self, name: str, args: RoutesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:web:Routes", name, {}, opts)
        api = args.api.api
        used = dict.fromkeys([*(o.function for o in args.operations), args.fallback])
        targets = {f: self._integrate(f, api, args.functions[f]) for f in used}
        routes = {o.id: (o.route, o.function) for o in args.operations}
        for route_name, (key, function) in {
            **routes,
            "default": ("$default", args.fallback),
        }.items():
            aws.apigatewayv2.Route(
                route_name,
                api_id=api.id,
                route_key=key,
                target=targets[function],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})

    def _integrate(
        self, name: str, api: aws.apigatewayv2.Api, function: Function
    ) -> pulumi.Output[str]:
        permission = aws.lambda_.Permission(
            f"api-{name}",
            statement_id="api",
            action="lambda:InvokeFunction",
            function=function.function.name,
            principal="apigateway.amazonaws.com",
            source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        integration = aws.apigatewayv2.Integration(
            name,
            api_id=api.id,
            integration_type="AWS_PROXY",
            integration_uri=function.function.arn,
            payload_format_version="2.0",
            timeout_milliseconds=TIMEOUT_MILLISECONDS,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
        return pulumi.Output.concat("integrations/", integration.id)
