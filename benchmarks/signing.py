"""PayPal's webhooks, signed as the simulator signs them, to measure intake and depth with."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from penstock.api import Simulated
from penstock_paypal.simulator import PayPalSimulator, build
from penstock_paypal.simulator.authority import Identity, pem
from penstock_paypal.simulator.oauth import CERTIFICATES
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.signature import signed_text

BODY_BYTES = 1800
"""As long as a sale's webhook is."""
_CERTIFICATE = "CERT-360caa42-fca2a594-1a5f47cb"


@dataclass(frozen=True, slots=True)
class Signer:
    """
    Signs deliveries.

    Attributes:
        certificate: the address that each delivery names.
        told: what a platform must know to believe them.
    """

    certificate: str
    told: Simulated
    identity: Identity

    @classmethod
    def at(cls, url: str, folder: Path) -> Signer:
        """One whose certificate is at that server."""
        simulator: PayPalSimulator = build(folder)
        identity = Identity.kept(folder, datetime.now(UTC))
        return cls(f"{url}{CERTIFICATES}{_CERTIFICATE}", simulator.describe(url), identity)

    @property
    def leaf(self) -> bytes:
        """The certificate itself."""
        return pem(self.identity.leaf)

    def __call__(self, number: int) -> tuple[Mapping[str, str], bytes]:
        """A delivery that is like no other: its headers and its body."""
        resource = {"id": f"SALE{number:013d}", "state": "completed"}
        event = {"id": f"WH-{number}", "event_type": "PAYMENT.SALE.COMPLETED"}
        body = json.dumps({**event, "resource": resource, "links": []}).encode()
        body += b" " * (BODY_BYTES - len(body))
        identity, stamp = str(uuid4()), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        text = signed_text(identity, stamp, self.told.secret["webhook_id"], body)
        signature = self.identity.key.sign(text, PKCS1v15(), SHA256())
        return {
            "content-type": "application/json",
            door.ID: identity,
            door.TIME: stamp,
            door.SIGNATURE: base64.b64encode(signature).decode(),
            door.CERT_URL: self.certificate,
            door.ALGORITHM: door.PATTERNS[door.ALGORITHM],
        }, body
