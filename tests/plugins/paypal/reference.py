"""The published deliveries and samples, read where they lie: third-party data, never copied."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from penstock.api import Delivery
from penstock_paypal.webhooks import door

FOLDER = Path(__file__).parents[4] / "shared" / "reference" / "paypal"
PRESENT = FOLDER.is_dir()
needs_reference = pytest.mark.skipif(
    not PRESENT, reason="the published deliveries lie beside the repository, and are not there"
)
SANDBOX_URL = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-0000"


@dataclass(frozen=True)
class Vector:
    """One delivery that PayPal really signed."""

    name: str
    webhook_id: str
    headers: dict[str, str]
    body: bytes
    certificate: bytes

    @property
    def environment(self) -> str:
        return "live" if "live" in self.name else "sandbox"

    @property
    def certificate_url(self) -> str:
        return self.headers[door.CERT_URL]

    @property
    def sent(self) -> datetime:
        return datetime.fromisoformat(self.headers[door.TIME])

    def delivery(self, **headers: str) -> Delivery:
        """The delivery as it came in, four seconds after it was sent."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        return Delivery.of(
            "paypal", {**self.headers, **changed}, self.body, self.sent + timedelta(seconds=4)
        )


def vectors() -> list[Vector]:
    """All of them, by name."""
    return [_vector(path) for path in sorted((FOLDER / "vectors").glob("*.json"))]


def samples() -> list[tuple[str, bytes]]:
    """The published payloads, by file name."""
    return [
        (path.name, path.read_bytes())
        for path in sorted((FOLDER / "samples").glob("*.json"))
        if path.name != "index.json"
    ]


def certificate(name: str) -> bytes:
    """One of the published certificates, as PEM."""
    return (FOLDER / "vectors" / "certs" / name).read_bytes()


def _vector(path: Path) -> Vector:
    meta: dict[str, Any] = json.loads(path.read_text("utf-8"))
    headers = {name.lower(): value for name, value in meta["headers"].items()}
    return Vector(
        meta["name"],
        meta["webhook_id"],
        {name: headers[name] for name in (*door.PATTERNS, door.CERT_URL)},
        path.with_suffix(".body").read_bytes(),
        (path.parent / meta["cert_file"]).read_bytes(),
    )
