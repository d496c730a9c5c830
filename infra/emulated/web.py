"""Handlers of the HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.emulated.kind import Clients, Inputs, Kind, found, given
from infra.graph.monitor import Made


def _put_api(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    web = clients("apigatewayv2")
    same = [one for one in web.get_apis()["Items"] if one["Name"] == inputs["name"]]
    api_id = same[0]["ApiId"] if same else None
    settings = given(
        inputs,
        DisableExecuteApiEndpoint="disableExecuteApiEndpoint",
        IpAddressType="ipAddressType",
    )
    if api_id is None:
        api_id = web.create_api(
            Name=inputs["name"],
            ProtocolType=inputs["protocolType"],
            Tags=dict(inputs.get("tags", {})),
            **settings,
        )["ApiId"]
    else:
        web.update_api(ApiId=api_id, **settings)
    return Made(
        api_id,
        {
            # The emulator serves it below its own address: no name to resolve, no Host to set.
            "apiEndpoint": f"{clients.endpoint_url}/_aws/execute-api/{api_id}",
            "executionArn": f"arn:aws:execute-api:{clients.region}:{clients.account}:{api_id}",
        },
    )


def _drop_api(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("apigatewayv2").delete_api, ApiId=id_)


def _put_stage(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    web = clients("apigatewayv2")
    settings = given(inputs, ApiId="apiId", StageName="name", AutoDeploy="autoDeploy")
    if log := inputs.get("accessLogSettings"):
        settings["AccessLogSettings"] = given(
            log, DestinationArn="destinationArn", Format="format"
        )
    if limits := inputs.get("defaultRouteSettings"):
        settings["DefaultRouteSettings"] = given(
            limits,
            ThrottlingRateLimit="throttlingRateLimit",
            ThrottlingBurstLimit="throttlingBurstLimit",
        )
    if found(web.get_stage, ApiId=inputs["apiId"], StageName=inputs["name"]):
        web.update_stage(**settings)
    else:
        web.create_stage(**settings, Tags=dict(inputs.get("tags", {})))
    return Made(inputs["name"], {})


def _drop_stage(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("apigatewayv2").delete_stage, ApiId=kept["apiId"], StageName=id_)


def _put_integration(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    web, api_id = clients("apigatewayv2"), inputs["apiId"]
    settings = given(
        inputs,
        IntegrationType="integrationType",
        IntegrationUri="integrationUri",
        PayloadFormatVersion="payloadFormatVersion",
        TimeoutInMillis="timeoutMilliseconds",
    )
    # No name, so the one to that function is it.
    there = found(web.get_integrations, ApiId=api_id) or {"Items": []}
    ids = [
        one["IntegrationId"]
        for one in there["Items"]
        if one["IntegrationId"] == id_ or one["IntegrationUri"] == inputs["integrationUri"]
    ]
    if ids:
        web.update_integration(ApiId=api_id, IntegrationId=ids[0], **settings)
        return Made(ids[0], {})
    return Made(web.create_integration(ApiId=api_id, **settings)["IntegrationId"], {})


def _drop_integration(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("apigatewayv2").delete_integration, ApiId=kept["apiId"], IntegrationId=id_)


def _put_route(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    web, api_id = clients("apigatewayv2"), inputs["apiId"]
    settings = given(inputs, RouteKey="routeKey", Target="target")
    there = found(web.get_routes, ApiId=api_id) or {"Items": []}
    ids = [one["RouteId"] for one in there["Items"] if one["RouteKey"] == inputs["routeKey"]]
    if ids:
        web.update_route(ApiId=api_id, RouteId=ids[0], **settings)
        return Made(ids[0], {})
    return Made(web.create_route(ApiId=api_id, **settings)["RouteId"], {})


def _drop_route(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("apigatewayv2").delete_route, ApiId=kept["apiId"], RouteId=id_)


_OF_API = frozenset(["apiId"])

KINDS: Mapping[str, Kind] = {
    "aws:apigatewayv2/api:Api": Kind(
        _put_api,
        _drop_api,
        frozenset(["name", "protocolType", "disableExecuteApiEndpoint", "ipAddressType", "tags"]),
        replacing=frozenset(["name", "protocolType"]),
        computed=frozenset(["apiEndpoint", "executionArn"]),
    ),
    "aws:apigatewayv2/stage:Stage": Kind(
        _put_stage,
        _drop_stage,
        frozenset(
            ["apiId", "name", "autoDeploy", "accessLogSettings", "defaultRouteSettings", "tags"]
        ),
        replacing=frozenset(["apiId", "name"]),
        kept=_OF_API,
    ),
    "aws:apigatewayv2/integration:Integration": Kind(
        _put_integration,
        _drop_integration,
        frozenset(
            [
                "apiId",
                "integrationType",
                "integrationUri",
                "payloadFormatVersion",
                "timeoutMilliseconds",
            ]
        ),
        replacing=_OF_API,
        kept=_OF_API,
    ),
    "aws:apigatewayv2/route:Route": Kind(
        _put_route,
        _drop_route,
        frozenset(["apiId", "routeKey", "target"]),
        replacing=frozenset(["apiId", "routeKey"]),
        kept=_OF_API,
    ),
}
