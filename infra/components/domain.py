"""The API's own name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components.api import HttpApi

VALIDATION_TTL_SECONDS = 300
Record = Mapping[str, pulumi.Input[str]]
"""A record that somebody else makes: `name`, `type` and `value`."""


@dataclass(frozen=True, slots=True)
class ApiDomainArgs:
    """
    Attributes:
        name: what the API answers to.
        zone_id: of the hosted zone the name lies in; None where DNS is kept elsewhere.
        certificate: the ARN of one that is there; None to have one made.
        answers: whether the API answers to the name already; without, only the certificate is
            made.
    """

    name: str
    zone_id: pulumi.Input[str] | None
    api: HttpApi
    protect: bool = False
    certificate: str | None = None
    answers: bool = True


class ApiDomain(pulumi.ComponentResource):
    """
    A certificate that renews itself, the name, and its addresses of both kinds.

    Everything is made in the API's region, the certificate too [aws].

    Attributes:
        records: those to make where DNS is kept elsewhere; none in a zone of the account.
    """

    records: Sequence[Record]

    def __init__(
        self, name: str, args: ApiDomainArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("penstock:web:ApiDomain", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self.records = []
        certificate = args.certificate or self._certificate(name, args)
        if args.answers:
            self._answer(name, args, certificate)
        self.register_outputs({})

    def _answer(self, name: str, args: ApiDomainArgs, certificate: pulumi.Input[str]) -> None:
        domain = aws.apigatewayv2.DomainName(
            name,
            domain_name=args.name,
            domain_name_configuration={
                "certificate_arn": certificate,
                "endpoint_type": "REGIONAL",
                "security_policy": "TLS_1_2",
                "ip_address_type": "dualstack",
            },
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        aws.apigatewayv2.ApiMapping(
            name,
            api_id=args.api.api.id,
            domain_name=domain.id,
            stage=args.api.stage.id,
            opts=self._child,
        )
        target = domain.domain_name_configuration
        if args.zone_id is None:
            value = target.target_domain_name
            self.records = [*self.records, {"name": args.name, "type": "CNAME", "value": value}]
            return
        for kind in ("A", "AAAA"):
            aws.route53.Record(
                f"{name}-{kind.lower()}",
                zone_id=args.zone_id,
                name=args.name,
                type=kind,
                aliases=[
                    {
                        "name": target.target_domain_name,
                        "zone_id": target.hosted_zone_id,
                        "evaluate_target_health": False,
                    }
                ],
                opts=self._child,
            )

    def _certificate(self, name: str, args: ApiDomainArgs) -> pulumi.Output[str]:
        """The ARN of a certificate that was issued: until then nothing may use it."""
        certificate = aws.acm.Certificate(
            name, domain_name=args.name, validation_method="DNS", opts=self._child
        )
        asked = certificate.domain_validation_options[0]
        fqdns: list[pulumi.Output[str]] | None = None
        if args.zone_id is None:
            self.records = [
                {
                    "name": asked.resource_record_name,
                    "type": asked.resource_record_type,
                    "value": asked.resource_record_value,
                }
            ]
            if not args.answers:
                # The record cannot be there yet: nothing waits for it.
                return certificate.arn
        else:
            proof = aws.route53.Record(
                f"{name}-validation",
                zone_id=args.zone_id,
                name=asked.resource_record_name,
                type=asked.resource_record_type,
                records=[asked.resource_record_value],
                ttl=VALIDATION_TTL_SECONDS,
                # A certificate made anew for the same name asks for the same record.
                allow_overwrite=True,
                opts=self._child,
            )
            fqdns = [proof.fqdn]
        validation = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=fqdns,
            opts=self._child,
        )
        return validation.certificate_arn
