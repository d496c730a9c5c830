"""Handlers of the API's own name: certificate, records, domain, mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra.emulated.kind import Clients, Inputs, Kind, found, tag_list
from infra.graph.monitor import Made


def _put_certificate(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    acm = clients("acm")
    # It has no name: one for that domain that the stack has had, or that a run left behind, is it.
    known = [one["CertificateArn"] for one in _certificates(clients, inputs["domainName"])]
    arn = id_ if id_ in known else next(iter(known), None)
    if arn is None:
        arn = acm.request_certificate(
            DomainName=inputs["domainName"],
            ValidationMethod=inputs["validationMethod"],
            Tags=tag_list(inputs),
        )["CertificateArn"]
    described = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    options = [_validation(one) for one in described["DomainValidationOptions"]]
    return Made(arn, {"arn": arn, "domainValidationOptions": options})


def _certificates(clients: Clients, domain: str) -> list[Mapping[str, Any]]:
    found_ = clients("acm").list_certificates()["CertificateSummaryList"]
    return [one for one in found_ if one["DomainName"] == domain]


def _validation(option: Mapping[str, Any]) -> dict[str, str]:
    record = option["ResourceRecord"]
    return {
        "domainName": option["DomainName"],
        "resourceRecordName": record["Name"],
        "resourceRecordType": record["Type"],
        "resourceRecordValue": record["Value"],
    }


def _drop_certificate(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("acm").delete_certificate, CertificateArn=id_)


def _put_validation(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    """There is nothing to make: AWS waits for the certificate to be issued, which here it is."""
    arn = inputs["certificateArn"]
    status = clients("acm").describe_certificate(CertificateArn=arn)["Certificate"]["Status"]
    if status != "ISSUED":
        raise ValueError(f"its certificate is {status}, not issued")
    return Made(arn, {})


def _keep(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    pass


def _put_record(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    _change(clients, "UPSERT", inputs)
    return Made(
        f"{inputs['zoneId']}_{inputs['name']}_{inputs['type']}",
        {"fqdn": inputs["name"].rstrip(".")},
    )


def _change(clients: Clients, action: str, inputs: Inputs) -> None:
    record: dict[str, Any] = {"Name": inputs["name"], "Type": inputs["type"]}
    if aliases := inputs.get("aliases"):
        record["AliasTarget"] = {
            "DNSName": aliases[0]["name"],
            "HostedZoneId": aliases[0]["zoneId"],
            "EvaluateTargetHealth": aliases[0]["evaluateTargetHealth"],
        }
    else:
        record["TTL"] = inputs["ttl"]
        record["ResourceRecords"] = [{"Value": value} for value in inputs["records"]]
    clients("route53").change_resource_record_sets(
        HostedZoneId=inputs["zoneId"],
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
    )


def _drop_record(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    # Route 53 deletes what is told to it word for word, so it is asked for the words.
    route53 = clients("route53")
    name = kept["name"].rstrip(".") + "."
    zone = found(
        route53.list_resource_record_sets, HostedZoneId=kept["zoneId"], StartRecordName=name
    )
    for one in (zone or {"ResourceRecordSets": []})["ResourceRecordSets"]:
        if (one["Name"], one["Type"]) == (name, kept["type"]):
            changes = [{"Action": "DELETE", "ResourceRecordSet": one}]
            route53.change_resource_record_sets(
                HostedZoneId=kept["zoneId"], ChangeBatch={"Changes": changes}
            )


def _put_domain(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    web, name = clients("apigatewayv2"), inputs["domainName"]
    asked = inputs["domainNameConfiguration"]
    configurations = [
        {
            "CertificateArn": asked["certificateArn"],
            "EndpointType": asked["endpointType"],
            "SecurityPolicy": asked["securityPolicy"],
            "IpAddressType": asked["ipAddressType"],
        }
    ]
    if found(web.get_domain_name, DomainName=name):
        web.update_domain_name(DomainName=name, DomainNameConfigurations=configurations)
    else:
        web.create_domain_name(
            DomainName=name,
            DomainNameConfigurations=configurations,
            Tags=dict(inputs.get("tags", {})),
        )
    made = web.get_domain_name(DomainName=name)["DomainNameConfigurations"][0]
    target = {
        "targetDomainName": made["ApiGatewayDomainName"],
        "hostedZoneId": made["HostedZoneId"],
    }
    return Made(name, {"domainNameConfiguration": {**asked, **target}})


def _drop_domain(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    found(clients("apigatewayv2").delete_domain_name, DomainName=id_)


def _put_api_mapping(clients: Clients, inputs: Inputs, id_: str | None) -> Made:
    web, name = clients("apigatewayv2"), inputs["domainName"]
    wanted = {"ApiId": inputs["apiId"], "Stage": inputs["stage"]}
    there = web.get_api_mappings(DomainName=name)["Items"]
    if there:
        mapping = there[0]["ApiMappingId"]
        web.update_api_mapping(DomainName=name, ApiMappingId=mapping, **wanted)
        return Made(mapping, {})
    return Made(web.create_api_mapping(DomainName=name, **wanted)["ApiMappingId"], {})


def _drop_api_mapping(clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
    try:
        found(
            clients("apigatewayv2").delete_api_mapping,
            DomainName=kept["domainName"],
            ApiMappingId=id_,
        )
    except ClientError as exc:
        # The name went first, and its mappings with it.
        if exc.response.get("Error", {}).get("Code") != "BadRequestException":
            raise


_RECORD = frozenset(["zoneId", "name", "type", "records", "ttl", "aliases", "allowOverwrite"])

KINDS: Mapping[str, Kind] = {
    "aws:acm/certificate:Certificate": Kind(
        _put_certificate,
        _drop_certificate,
        frozenset(["domainName", "validationMethod", "tags"]),
        replacing=frozenset(["domainName", "validationMethod"]),
        computed=frozenset(["arn", "domainValidationOptions"]),
    ),
    "aws:acm/certificateValidation:CertificateValidation": Kind(
        _put_validation,
        _keep,
        frozenset(["certificateArn", "validationRecordFqdns"]),
        replacing=frozenset(["certificateArn", "validationRecordFqdns"]),
    ),
    "aws:route53/record:Record": Kind(
        _put_record,
        _drop_record,
        _RECORD,
        replacing=frozenset(["zoneId", "name", "type"]),
        computed=frozenset(["fqdn"]),
        kept=frozenset(["zoneId", "name", "type"]),
    ),
    "aws:apigatewayv2/domainName:DomainName": Kind(
        _put_domain,
        _drop_domain,
        frozenset(["domainName", "domainNameConfiguration", "tags"]),
        replacing=frozenset(["domainName"]),
        computed=frozenset(["domainNameConfiguration"]),
    ),
    "aws:apigatewayv2/apiMapping:ApiMapping": Kind(
        _put_api_mapping,
        _drop_api_mapping,
        frozenset(["apiId", "domainName", "stage"]),
        replacing=frozenset(["domainName"]),
        kept=frozenset(["domainName"]),
    ),
}
