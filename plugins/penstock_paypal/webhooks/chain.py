"""
From PayPal's signing certificate to a root we trust.

PayPal has served the leaf alone (the answers recorded in 2015 and 2024), so what lies between is
taken from what came with it, from configuration, or from where the certificate says its issuer is
published: that host is one we name, and nothing fetched is believed before the whole chain holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from penstock.api import Forged, GatewayUnavailable, Http, Log, SettingsError, Undecided
from penstock_paypal.environments import Environment

SMALLEST_KEY = 2048
SIZE_LIMIT = 64 * 1024
_DEPTH = 3
_ISSUERS = re.compile(r"http://cacerts\.digicert\.com/[A-Za-z0-9._-]{1,100}")
# What cryptography raises for certificates that are none.
_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key PayPal signs with, and when its whole chain is valid."""

    key: RSAPublicKey = field(repr=False)
    not_before: datetime
    not_after: datetime


class Trust:
    """
    What we trust in one environment.

    Args:
        extra: more certificates as PEM text: self-signed ones become anchors.
        timeout: seconds one request may take.

    Raises:
        SettingsError: `extra` is no PEM text.
    """

    def __init__(
        self, environment: Environment, extra: str, http: Http, log: Log, timeout: float
    ) -> None:
        added = _configured(extra)
        anchors = x509.load_pem_x509_certificates(environment.anchors)
        self._anchors = Store([*anchors, *(one for one in added if one.subject == one.issuer)])
        self._between = [one for one in added if one.subject != one.issuer]
        if environment.intermediates:
            self._between += x509.load_pem_x509_certificates(environment.intermediates)
        self._name = environment.certificate_name
        self._http = http
        self._log = log
        self._timeout = timeout

    async def signer(self, pem: bytes, at: datetime) -> Signer | Forged | Undecided:
        """
        The key of a downloaded certificate, if it is PayPal's.

        Raises:
            GatewayUnavailable: its issuer's certificate could not be fetched.
        """
        try:
            leaf, *others = x509.load_pem_x509_certificates(pem)
        except _UNREADABLE:
            # An error page for a while, as seen in PayPal-Python-SDK issue 130.
            return Undecided("the certificate's address does not serve a certificate")
        try:
            return await self._judge(leaf, others, at)
        except _UNREADABLE:
            return Forged("the certificate cannot be read")

    async def _judge(
        self, leaf: x509.Certificate, others: Sequence[x509.Certificate], at: datetime
    ) -> Signer | Forged | Undecided:
        if self._name not in _names(leaf):
            return Forged("the certificate is made out to another name")
        key = leaf.public_key()
        if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY:
            return Forged("the certificate's key is no RSA key of 2048 bits or more")
        if not _signs(leaf):
            return Forged("the certificate's key usage does not allow digital signatures")
        # The chain is proved at a time of the leaf's own; when it is good is kept beside the key,
        # and compared with every delivery.
        at = min(max(at, leaf.not_valid_before_utc), leaf.not_valid_after_utc)
        chain = await self._chain(leaf, [*others, *self._between], at)
        if chain is None:
            # Undecided, not forged: PayPal's own host served it, and PayPal may change its CA.
            issuer = leaf.issuer.rfc4514_string()
            self._log.warning("paypal.certificate_untrusted", issuer=issuer)
            return Undecided(
                "the certificate's chain ends at no trusted root: if PayPal has a new CA, add it"
                " to PROVIDER_PAYPAL_EXTRA_CERTIFICATES"
            )
        return Signer(
            key,
            max(one.not_valid_before_utc for one in chain),
            min(one.not_valid_after_utc for one in chain),
        )

    async def _chain(
        self, leaf: x509.Certificate, between: list[x509.Certificate], at: datetime
    ) -> list[x509.Certificate] | None:
        policy = PolicyBuilder().store(self._anchors).time(at)
        verifier = policy.build_server_verifier(x509.DNSName(self._name))
        last = leaf
        for _ in range(_DEPTH):
            try:
                return verifier.verify(leaf, between)
            except VerificationError:
                issuer = await self._issuer(last)
            if issuer is None:
                return None
            between, last = [*between, issuer], issuer
        return None

    async def _issuer(self, certificate: x509.Certificate) -> x509.Certificate | None:
        """Fetch the issuer's certificate from where the certificate says, if we know the host."""
        url = _issuer_url(certificate)
        if url is None:
            return None
        answer = await self._http.request("GET", url, timeout=self._timeout, limit=SIZE_LIMIT)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise GatewayUnavailable(f"its issuer's host answered {answer.status}")
        body = answer.body
        try:
            if body.lstrip().startswith(b"-----BEGIN"):
                return x509.load_pem_x509_certificate(body)
            return x509.load_der_x509_certificate(body)
        except _UNREADABLE as exc:
            # An error page, which says nothing of the leaf.
            raise GatewayUnavailable("its issuer's host served no certificate") from exc


def _configured(extra: str) -> list[x509.Certificate]:
    if not extra.strip():
        return []
    try:
        return x509.load_pem_x509_certificates(extra.encode())
    except _UNREADABLE as exc:
        raise SettingsError(
            "paypal: extra_certificates (PROVIDER_PAYPAL_EXTRA_CERTIFICATES) must be PEM text"
        ) from exc


def _names(leaf: x509.Certificate) -> list[str]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return names.value.get_values_for_type(x509.DNSName)


def _signs(leaf: x509.Certificate) -> bool:
    """
    Whether its key may sign (RFC 5280, 4.2.1.3).

    A certificate without the extension is refused too, although the RFC allows any use of it:
    every certificate that PayPal is known to have signed with has it.
    """
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        return False
    return usage.value.digital_signature


def _issuer_url(certificate: x509.Certificate) -> str | None:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except x509.ExtensionNotFound:
        return None
    for description in access.value:
        place: Any = description.access_location.value
        if (
            description.access_method == AuthorityInformationAccessOID.CA_ISSUERS
            and isinstance(place, str)
            and _ISSUERS.fullmatch(place)
        ):
            return place
    return None
