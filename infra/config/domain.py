"""The API's own name: who keeps its DNS, and whose certificate it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator

from infra.config.strict import Strict

# RFC 1123, two labels at least, in lower case: DNS makes no difference, ACM and we do.
_DOMAIN = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_CERTIFICATE = re.compile(r"arn:aws:acm:([a-z0-9-]+):[0-9]{12}:certificate/[A-Za-z0-9-]+")


def _is_domain(value: str) -> str:
    if not _DOMAIN.fullmatch(value):
        raise ValueError(
            "not a domain: write it in lower case, without scheme, path or final dot, "
            "as in pay.example.com"
        )
    return value


def _is_certificate(value: str) -> str:
    if not _CERTIFICATE.fullmatch(value):
        raise ValueError(
            "not the ARN of a certificate: write one as in "
            "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
        )
    return value


_Name = Annotated[str, AfterValidator(_is_domain)]


class Domain(Strict):
    """
    The API's name.

    Attributes:
        name: what the API answers to.
        zone: the hosted zone that is there already, and that the name lies in; None where DNS is
            kept elsewhere: then the stack's outputs say which records to make.
        certificate: the ARN of a certificate that was issued; None to have one made.
        issued: where DNS is kept elsewhere, whether the certificate that was made is issued, so
            that the API can answer to the name.
    """

    name: _Name
    zone: _Name | None = None
    certificate: Annotated[str, AfterValidator(_is_certificate)] | None = None
    issued: bool = False

    @property
    def answers(self) -> bool:
        """Whether the API answers to the name, and to no other."""
        return bool(self.zone or self.certificate or self.issued)

    def problems(self) -> Iterator[str]:
        """What does not go together, without the key's beginning."""
        if self.zone and not f".{self.name}".endswith(f".{self.zone}"):
            yield (
                "domain.name does not lie in domain.zone: name the hosted zone that it ends with"
            )
        if self.issued and (self.zone or self.certificate):
            yield (
                "domain.issued is for a certificate whose record you make yourself: remove it, or "
                "remove domain.zone and domain.certificate"
            )

    def problems_in(self, region: str) -> Iterator[str]:
        """What does not go with the stack's Region."""
        found = _CERTIFICATE.fullmatch(self.certificate or "")
        if found and found[1] != region:
            yield (
                f"domain.certificate is of {found[1]}, and the API is in {region}: name one of "
                "the API's Region"
            )
