"""
Whether a delivery is PayPal's: the headers, the certificate, the signature, the times, in that
order.

A time ahead of ours is judged last: only what PayPal signed may wait for our clock.

The signed text is `<transmission id>|<time>|<webhook id>|<CRC-32 of the raw body, decimal>`
(developer.paypal.com/api/rest/webhooks/rest), signed by RSA PKCS#1 v1.5 with
SHA-256. The body is never parsed here: parsed and dumped again it is another body.
"""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

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
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.age import HELD, SKEW, waited
from penstock_paypal.webhooks.certificate import Certificates
from penstock_paypal.webhooks.chain import Signer

# PayPal sends again for three days, and a repeat may carry the first attempt's time (2.5).
OLDEST = timedelta(days=4)
SIMULATOR_ID = "WEBHOOK_ID"
"""
The webhook id that PayPal's webhook simulator signs under, with the live certificate and for
anybody who has an account (developer.paypal.com/api/rest/webhooks/simulator): a stack that
accepted it would take strangers' events for real ones.
"""
_SIMULATED = Forged(
    "signed by PayPal's webhook simulator, not sent for this webhook: to try the webhook out, make"
    " a payment in PayPal's sandbox"
)

_ID = re.compile(door.PATTERNS[door.ID])
_ALGORITHM = door.PATTERNS[door.ALGORITHM]
# Base64 of 256 bytes at least (a 2048-bit key, the least we take) and 512 at most.
_SHORTEST, _LONGEST = 340, 686
_BEHIND = -SKEW
_AUTHENTIC = Authentic()
_PADDING = PKCS1v15()
_HASH = SHA256()


class Claim(NamedTuple):
    """What a delivery's headers say, well-formed and not yet believed."""

    id: str
    time: str
    sent: datetime
    certificate_url: str
    signature: bytes

    @classmethod
    def of(cls, headers: Mapping[str, str], at: datetime) -> Claim:
        """
        Read the headers.

        Raises:
            ValueError: they cannot be PayPal's; it says why.
        """
        get = headers.get
        identity, time = get(door.ID, ""), get(door.TIME, "")
        url, signature = get(door.CERT_URL, ""), get(door.SIGNATURE, "")
        if get(door.ALGORITHM) != _ALGORITHM:
            raise ValueError("the algorithm is not the one PayPal signs with")
        if not _ID.fullmatch(identity):
            raise ValueError("the transmission id is missing or malformed")
        sent = _sent(time)
        if sent is None or at - sent > OLDEST:
            raise ValueError("the transmission time is missing or too far from when it came")
        return cls(identity, time, sent, url, _decoded(signature))


def _sent(time: str) -> datetime | None:
    # Not the door's pattern again, which would cost more than the reading: no other form than
    # PayPal's may pass, and whatever passes is signed for as it stands.
    if time[10:11] != "T" or time[-1:] != "Z":
        return None
    try:
        return datetime.fromisoformat(time)
    except ValueError:
        return None  # of the right shape and no time, such as a thirteenth month


def _decoded(signature: str) -> bytes:
    if not _SHORTEST <= len(signature) <= _LONGEST:
        raise ValueError("the signature is missing or of an impossible length")
    try:
        return binascii.a2b_base64(signature, strict_mode=True)
    except ValueError as exc:
        raise ValueError("the signature is no base64") from exc


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
        refused: webhook ids never to be believed, whatever is configured.
    """

    def __init__(
        self,
        certificates: Certificates,
        secrets: Secrets,
        *,
        refused: frozenset[str] = frozenset({SIMULATOR_ID}),
    ) -> None:
        self._certificates = certificates
        self._secrets = secrets
        self._refused = refused
        self._read: Secret | None = None
        self._ids: tuple[str, ...] = ()

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        """Say whether the delivery is PayPal's; never raises, whatever it holds."""
        # Judged as of when it came: that it waited on our queues is no fault of the sender's.
        at = delivery.received_at
        if not _BEHIND <= now - at <= HELD:
            at = now
        try:
            claim = Claim.of(delivery.headers, at)
        except ValueError as exc:
            return Forged(str(exc))
        try:
            signer = self._certificates.known(claim.certificate_url, now, at)
            if signer is None:
                age = waited(delivery.received_at, now)
                signer = await self._certificates.signer(claim.certificate_url, now, at, age)
            if not isinstance(signer, Signer):
                return signer
            known = self._webhook_ids(await self._secrets.get())
            for webhook_id in known:
                if holds(signer.key, claim, webhook_id, delivery.body):
                    break
            else:
                refusal = await self._second_look(signer.key, claim, known, delivery.body)
                if refusal is not None:
                    return refusal
        except GatewayUnavailable as exc:
            return Undecided(str(exc), exc.retry_after)
        # A small difference of clocks is usual, and the greater of two ages counts.
        return _early(claim, signer, max(at, now), now) or _AUTHENTIC

    async def _second_look(
        self, key: RSAPublicKey, claim: Claim, known: tuple[str, ...], body: bytes
    ) -> Forged | Undecided | None:
        """The id may have changed since we looked: once more, with what is new only."""
        if any(holds(key, claim, one, body) for one in self._refused):
            return _SIMULATED
        latest = self._webhook_ids(await self._secrets.refresh())
        if any(holds(key, claim, new, body) for new in latest if new not in known):
            return None
        if not latest:
            return Undecided("no webhook id is set: put webhook_id into the gateway's secret")
        return Forged("the signature does not match")

    def _webhook_ids(self, secret: Secret) -> tuple[str, ...]:
        if secret is not self._read:
            values = secret.values("webhook_id")
            self._ids = tuple(one for one in values if one not in self._refused)
            self._read = secret
        return self._ids


def _early(claim: Claim, signer: Signer, latest: datetime, now: datetime) -> Undecided | None:
    """Whether it is ahead of both our clocks, although PayPal did sign it: it waits for them."""
    for what, since in (
        ("the transmission time is ahead of our clock", claim.sent),
        ("the certificate is not valid yet", signer.not_before),
    ):
        if since - latest > SKEW:
            return Undecided(what, (since - SKEW - now).total_seconds())
    return None
