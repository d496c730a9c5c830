"""AcmePay on this machine: it sends webhooks that are signed as AcmePay signs them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from acmepay.gateway import SECRET, SIGNATURE, signature
from penstock.api import Simulated
from penstock.testing.samples import Samples
from penstock.testing.simulator import with_faults

_TYPES = ("payment.succeeded", "payment.pending", "payment.declined")


@dataclass(frozen=True, slots=True)
class AcmePaySimulator:
    """The provider's stand-in."""

    key: str = field(repr=False)

    @property
    def app(self) -> web.Application:
        """The application that plays the provider."""
        app = with_faults(web.Application())
        Samples(dict.fromkeys(_TYPES, _sample), self._signed, "payment.id").add_to(app)
        return app

    def describe(self, url: str) -> Simulated:
        """What points the gateway at it."""
        return Simulated(secret={SECRET: self.key})

    def _signed(self, body: bytes) -> Mapping[str, str]:
        return {SIGNATURE: signature(body, self.key)}


def build(folder: Path) -> AcmePaySimulator:
    """A simulator with a key of its own."""
    return AcmePaySimulator(secrets.token_hex(32))


def _sample(type: str) -> dict[str, Any]:
    """A webhook of that type, each time about another payment."""
    return {
        "id": f"evt_{secrets.token_hex(8)}",
        "type": type,
        "payment": {
            "id": f"pay_{secrets.token_hex(8)}",
            "minor": 1250,
            "currency": "USD",
            "reference": "order-4711",
            "at": datetime.now(UTC).isoformat(),
        },
    }
