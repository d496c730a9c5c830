"""
Whether a delivery is PayPal's: the header check, the certificate, the signature, in that order.

The signed text is `<transmission id>|<time>|<webhook id>|<CRC-32 of the raw body, decimal>`
(developer.paypal.com/api/rest/webhooks/rest; paypal.md 2.1), signed by RSA PKCS#1 v1.5 with
SHA-256. The body is never parsed here: parsed and dumped again it is another body.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from penstock.api import (
    Authentic,
    Authenticity,
    Delivery,
    Forged,
    GatewayUnavailable,
    Secret,
    Secrets,
    Undecided,
)
from penstock_paypal import door
from penstock_paypal.certificate import Certificates
from penstock_paypal.chain import Signer

# PayPal sends again for three days, and a repeat may carry the first attempt's time (2.5).
OLDEST = timedelta(days=4)
AHEAD = timedelta(minutes=5)
# How long our own queues can hold a delivery: 14 days, and 14 more among the dead letters.
HELD = timedelta(days=30)
SIMULATOR_ID = "WEBHOOK_ID"
"""
What PayPal's webhook simulator signs under, with the live certificate and for anybody who has an
account: whoever accepted it would take strangers' events for real ones (paypal.md 2.7).
"""

_CHECKS = tuple((name, re.compile(pattern)) for name, pattern in door.PATTERNS.items())
_URL_LIMIT = 500
_PADDING = PKCS1v15()
_HASH = SHA256()


@dataclass(frozen=True, slots=True)
class Claim:
    """What a delivery's headers say, well-formed and not yet believed."""

    id: str
    time: str
    certificate_url: str
    signature: bytes = field(repr=False)

    @classmethod
    def of(cls, headers: Mapping[str, str], urls: re.Pattern[str], at: datetime) -> Claim:
        """
        Read the headers.

        Raises:
            ValueError: they cannot be PayPal's; it says why.
        """
        for name, pattern in _CHECKS:
            if not pattern.fullmatch(headers.get(name, "")):
                raise ValueError(f"the header {name} is missing or malformed")
        url = headers.get(door.CERT_URL, "")
        if len(url) > _URL_LIMIT or not urls.fullmatch(url):
            raise ValueError("the certificate's address is not PayPal's")
        time = headers[door.TIME]
        try:
            sent = datetime.fromisoformat(time)
        except ValueError as exc:
            raise ValueError("the transmission time is no time") from exc
        if not at - OLDEST <= sent <= at + AHEAD:
            raise ValueError("the transmission time is too far from when it came")
        try:
            signature = base64.b64decode(headers[door.SIGNATURE], validate=True)
        except binascii.Error as exc:
            raise ValueError("the signature is no base64") from exc
        return cls(headers[door.ID], time, url, signature)


def signed_text(transmission_id: str, time: str, webhook_id: str, body: bytes) -> bytes:
    """The text PayPal signs for a delivery to one webhook."""
    return f"{transmission_id}|{time}|{webhook_id}|{zlib.crc32(body)}".encode()


def holds(key: RSAPublicKey, claim: Claim, webhook_id: str, body: bytes) -> bool:
    """Whether the claim's signature is the key's, for that webhook and these bytes."""
    text = signed_text(claim.id, claim.time, webhook_id, body)
    try:
        key.verify(claim.signature, text, _PADDING, _HASH)
    except InvalidSignature:
        return False
    return True


class Signatures:
    """
    Authenticates deliveries of one environment.

    Args:
        urls: what a certificate's address must match, whole, before it is asked for anything.
        refused: webhook ids never to be believed, whatever is configured.
    """

    def __init__(
        self,
        urls: re.Pattern[str],
        certificates: Certificates,
        secrets: Secrets,
        *,
        refused: frozenset[str] = frozenset({SIMULATOR_ID}),
    ) -> None:
        self._urls = urls
        self._certificates = certificates
        self._secrets = secrets
        self._refused = refused

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        """Say whether the delivery is PayPal's; never raises, whatever it holds."""
        # Judged as of when it came: that it waited on our queues is no fault of the sender's.
        at = min(max(delivery.received_at, now - HELD), now)
        try:
            claim = Claim.of(delivery.headers, self._urls, at)
        except ValueError as exc:
            return Forged(str(exc))
        try:
            signer = await self._certificates.signer(claim.certificate_url, now, at)
            if not isinstance(signer, Signer):
                return signer
            return await self._check(signer.key, claim, delivery.body)
        except GatewayUnavailable as exc:
            return Undecided(str(exc), exc.retry_after)

    async def _check(self, key: RSAPublicKey, claim: Claim, body: bytes) -> Authenticity:
        known = self._webhook_ids(await self._secrets.get())
        if any(holds(key, claim, webhook_id, body) for webhook_id in known):
            return Authentic()
        # The id may have changed since we looked: once more, with what is new only.
        latest = self._webhook_ids(await self._secrets.refresh())
        if any(holds(key, claim, new, body) for new in latest if new not in known):
            return Authentic()
        if not known and not latest:
            return Undecided("no webhook id is set: put webhook_id into the secret of paypal")
        return Forged("the signature does not match")

    def _webhook_ids(self, secret: Secret) -> list[str]:
        return [one for one in secret.values("webhook_id") if one not in self._refused]
