"""The API's own name: with a certificate that is there, with DNS elsewhere, and renamed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.config.project import ConfigError
from infra.graph.capture import GraphMonitor, capture
from infra.graph.monitor import Declared
from infra.graph.program import run, stack_config
from infra.rules import broken
from infra.rules.view import of

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678"
NAME = "pay.example.com"


def stack(dev: Mapping[str, Any], **domain: Any) -> tuple[Sequence[Declared], Mapping[str, Any]]:
    """The graph and the outputs of a stack with that domain."""
    monitor = GraphMonitor()
    outputs = run(monitor, "dev", {**dev, "domain": {"name": NAME, **domain}})
    assert {} == broken(monitor.graph)
    return monitor.graph, outputs


def test_a_certificate_that_is_there_is_shown_and_none_is_made(dev: dict[str, Any]) -> None:
    graph, outputs = stack(dev, zone="example.com", certificate=CERTIFICATE)

    (domain,) = of(graph, "DomainName").values()
    assert CERTIFICATE == domain["domainNameConfiguration"]["certificateArn"]
    assert {} == of(graph, "Certificate") == of(graph, "CertificateValidation")
    assert {"api-a", "api-aaaa"} == of(graph, "Record").keys()
    assert f"https://{NAME}" == outputs["apiUrl"]
    assert "dnsRecords" not in outputs


def test_with_dns_elsewhere_the_outputs_say_which_record_leads_to_the_api(
    dev: dict[str, Any],
) -> None:
    graph, outputs = stack(dev, certificate=CERTIFICATE)

    assert {} == of(graph, "Record")
    assert [
        {"name": NAME, "type": "CNAME", "value": "${DomainName/api.targetDomainName}"}
    ] == outputs["dnsRecords"]


def test_without_a_zone_the_certificate_comes_first_and_the_name_when_it_is_issued(
    dev: dict[str, Any],
) -> None:
    """
    Its record cannot be there before somebody was told of it: nothing waits for it in between.
    """
    proof = {
        "name": "${Certificate/api.resourceRecordName}",
        "type": "${Certificate/api.resourceRecordType}",
        "value": "${Certificate/api.resourceRecordValue}",
    }
    first, told = stack(dev)
    then, outputs = stack(dev, issued=True)

    assert {} == of(first, "DomainName") == of(first, "CertificateValidation")
    assert [proof] == told["dnsRecords"]
    assert "${Api/api.apiEndpoint}" == told["apiUrl"]
    assert not of(first, "Api")["api"]["disableExecuteApiEndpoint"]
    assert of(first, "Certificate") == of(then, "Certificate")
    assert ["CNAME", "${Certificate/api.resourceRecordType}"] == sorted(
        one["type"] for one in outputs["dnsRecords"]
    )
    assert f"https://{NAME}" == outputs["apiUrl"]
    assert of(then, "Api")["api"]["disableExecuteApiEndpoint"]


def test_a_name_can_be_changed_while_the_ledger_stays_protected(bundles: Path) -> None:
    config = {**stack_config("prod"), "bundles": str(bundles)}
    free = capture("prod", {**config, "protectDomain": False})

    assert {"DomainName"} == {
        one.type.rpartition(":")[2]
        for one in free
        if one.type.endswith((":Queue", ":Table", ":DomainName")) and not one.protect
    }
    assert {} == broken(free)
    kept = [one for one in capture("prod", config) if one.type.endswith(":DomainName")]
    assert [True] == [one.protect for one in kept]


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ({"certificate": "x"}, "penstock:domain.certificate: not the ARN of a certificate: write"),
        ({"certificate": CERTIFICATE, "issued": True}, "penstock:domain.issued is for a certific"),
        ({"zone": "example.com", "issued": True}, "penstock:domain.issued is for a certificate"),
        ({"zone": "example.org"}, "penstock:domain.name does not lie in domain.zone: name the h"),
        ({"issued": "yes"}, "penstock:domain.issued has a value of kind str"),
        ({"certificat": "x"}, "penstock:domain.certificat is not a key of this project: did you"),
        (
            {"certificate": CERTIFICATE.replace("us-east-1", "eu-west-1")},
            "penstock:domain.certificate is of eu-west-1, and the API is in us-east-1: name one",
        ),
    ],
)
def test_a_wrong_domain_is_refused_with_its_key_and_the_remedy(
    dev: dict[str, Any], domain: Mapping[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        capture("dev", {**dev, "domain": json.dumps({"name": NAME, **domain})})

    assert said in str(caught.value)
