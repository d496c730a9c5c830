"""
What a PayPal signature check costs beside the one thing it cannot do without.

A genuine delivery with a known certificate, against one bare RSA-2048 verification of the same
text. Cases are interleaved, so that a slow moment of the machine hits both; a ratio is taken per
round.
"""

from __future__ import annotations

import asyncio
import base64
import re
import statistics
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from rich.console import Console
from rich.table import Table

from infra.printing import printing
from penstock.adapters.clock import SystemClock
from penstock.adapters.memory.secrets import MemorySecrets
from penstock.api import Authentic, Delivery, Response
from penstock.testing.context import RecordingLog
from penstock_paypal.environments import Environment
from penstock_paypal.simulator.authority import NAME, Authority, pem
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.certificate import Certificates
from penstock_paypal.webhooks.chain import Trust
from penstock_paypal.webhooks.signature import Signatures, signed_text

ROUNDS = 401
CALLS = 20
TARGET = 1.3
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
URL = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1a5f47cb"
WEBHOOK_ID = "40L71081MK3756722"
BODY = b'{"id":"WH-1","resource":{"state":"completed"}}' + b" " * 1400  # as long as a sale's


class Served:
    """An HTTP port that serves one certificate."""

    def __init__(self, certificate: bytes) -> None:
        self._certificate = certificate
        self.asked = 0

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the port's own signature
        limit: int = 1024 * 1024,
    ) -> Response:
        """Serve it."""
        self.asked += 1
        return Response(200, {}, self._certificate)


def _delivery(key: rsa.RSAPrivateKey) -> tuple[Delivery, bytes, bytes]:
    identity, stamp = "dfb3be50-fd74-11e4-8bf3-77339302725b", "2026-11-02T11:59:58Z"
    text = signed_text(identity, stamp, WEBHOOK_ID, BODY)
    signature = key.sign(text, PKCS1v15(), SHA256())
    headers = {
        door.ID: identity,
        door.TIME: stamp,
        door.SIGNATURE: base64.b64encode(signature).decode(),
        door.CERT_URL: URL,
        door.ALGORITHM: "SHA256withRSA",
    }
    return Delivery.of("paypal", headers, BODY, NOW), signature, text


async def measure() -> tuple[list[float], list[float], int]:
    """Seconds of one check and of one bare verification, per round, and requests made."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    authority = Authority.make(NOW)
    leaf = authority.issue(NAME, key.public_key(), NOW, NOW + timedelta(days=300))
    environment = Environment(
        name="local",
        api_url="https://api.local",
        certificate_url=re.compile(door.CERT_URLS["live"]),
        certificate_name=NAME,
        activity_url="",
        approval_origin="",
        anchors=pem(authority.root),
        intermediates=pem(authority.intermediate),
    )
    http = Served(pem(leaf))
    trust = Trust(environment, "", http, RecordingLog(), 8.0)
    signatures = Signatures(
        Certificates(environment.certificate_url, trust, http, RecordingLog(), 8.0),
        MemorySecrets(SystemClock(), {"webhook_id": WEBHOOK_ID}),
    )
    delivery, signature, text = _delivery(key)
    if await signatures.authenticate(delivery, NOW) != Authentic():
        raise AssertionError("the delivery is genuine and was not found so")
    public, padding, algorithm = key.public_key(), PKCS1v15(), SHA256()
    checks: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        began = perf_counter()
        for _ in range(CALLS):
            await signatures.authenticate(delivery, NOW)
        between = perf_counter()
        for _ in range(CALLS):
            public.verify(signature, text, padding, algorithm)
        ended = perf_counter()
        checks.append((between - began) / CALLS)
        bare.append((ended - between) / CALLS)
    return checks, bare, http.asked


def main() -> int:
    """Print the table; exit 1 when the median ratio misses the target."""
    checks, bare, asked = asyncio.run(measure())
    ratios = sorted(check / verify for check, verify in zip(checks, bare, strict=True))
    table = Table("check us", "bare RSA-2048 us", "ratio", "quartiles", "requests", "target")
    low, middle, high = statistics.quantiles(ratios, n=4)
    table.add_row(
        f"{statistics.median(checks) * 1e6:.1f}",
        f"{statistics.median(bare) * 1e6:.1f}",
        f"{middle:.2f}",
        f"{low:.2f}-{high:.2f}",
        str(asked),
        f"≤ {TARGET}",
    )
    Console().print(table)
    return int(middle > TARGET or asked != 1)


if __name__ == "__main__":
    raise SystemExit(printing(main))
