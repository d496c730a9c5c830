"""Deliveries signed by a test authority, and the plugin's verifier over a port that is told."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from penstock.adapters.memory.secrets import MemorySecrets
from penstock.api import Authenticity, Delivery, Response, Secrets
from penstock.testing.clock import FrozenClock
from penstock.testing.context import RecordingLog
from penstock_paypal.environments import Environment
from penstock_paypal.simulator.authority import NAME, SIGNS, Authority, pem
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.certificate import Certificates
from penstock_paypal.webhooks.chain import Trust
from penstock_paypal.webhooks.signature import Signatures, signed_text
from tests.plugins.paypal.fakes import ToldHttp, pem_answer

SENT = datetime(2026, 11, 2, 12, tzinfo=UTC)
URL = "https://api.local/v1/notifications/certs/CERT-360caa42-fca2a594-0000"
WEBHOOK_ID = "40L71081MK3756722"
BODY = b'{"id":"WH-1","event_type":"PAYMENT.SALE.COMPLETED","resource":{}}'
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class World:
    """One verifier, the key that signs for it, and the port it asks."""

    key: rsa.RSAPrivateKey
    pem: bytes
    signatures: Signatures
    secrets: MemorySecrets
    clock: FrozenClock
    http: ToldHttp = field(default_factory=ToldHttp)
    log: RecordingLog = field(default_factory=RecordingLog)

    @classmethod
    def of(
        cls,
        authority: Authority,
        *,
        issuing: Authority | None = None,
        name: str = NAME,
        key: rsa.RSAPrivateKey = KEY,
        start: datetime = SENT - timedelta(days=10),
        end: datetime = SENT + timedelta(days=300),
        extra: str = "",
        secret: dict[str, str] | None = None,
        secrets: Secrets | None = None,
        usage: x509.KeyUsage | None = SIGNS,
        urls: str = re.escape(URL[: -len("0000")]) + "[0-9a-f]{4}",
    ) -> World:
        """A world whose certificate was issued as told and is served at URL."""
        issuing = issuing or authority
        leaf = pem(issuing.issue(name, key.public_key(), start, end, usage))
        environment = Environment(
            name="local",
            api_url="https://api.local",
            certificate_url=re.compile(urls),
            certificate_name=NAME,
            activity_url="https://www.local/",
            approval_origin="https://www.local",
            anchors=pem(authority.root),
            intermediates=pem(authority.intermediate),
        )
        http, log, clock = ToldHttp({URL: pem_answer(leaf)}), RecordingLog(), FrozenClock(SENT)
        memory = MemorySecrets(clock, secret if secret is not None else {"webhook_id": WEBHOOK_ID})
        trust = Trust(environment, extra, http, log, 8.0)
        certificates = Certificates(environment.certificate_url, trust, http, log, 8.0)
        signatures = Signatures(certificates, secrets or memory)
        return cls(key, leaf, signatures, memory, clock, http, log)

    def serve(self, answer: Response | Exception | list[Any]) -> None:
        """Answer so at the certificate's address from now on."""
        self.http.answers[URL] = answer

    def genuine(
        self,
        name: str = "0",
        *,
        at: float = 0.0,
        webhook_id: str = WEBHOOK_ID,
        body: bytes = BODY,
        **headers: str,
    ) -> Delivery:
        """A delivery signed by the world's key, sent and received `at` minutes after SENT."""
        came = SENT + timedelta(minutes=at)
        stamp = came.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        identity = f"dfb3be50-fd74-11e4-8bf3-{name}"
        text = signed_text(identity, stamp, webhook_id, body)
        signature = self.key.sign(text, PKCS1v15(), SHA256())
        named = {
            door.ID: identity,
            door.TIME: stamp,
            door.SIGNATURE: base64.b64encode(signature).decode(),
            door.CERT_URL: URL,
            door.ALGORITHM: "SHA256withRSA",
        }
        return Delivery.of("paypal", {**named, **headers}, body, came)

    async def ask(self, delivery: Delivery, now: datetime | None = None) -> Authenticity:
        """The verifier's answer, when the delivery came or at another time."""
        return await self.signatures.authenticate(delivery, now or delivery.received_at)
