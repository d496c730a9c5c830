"""Webhooks that a person kept in files, and the command that judges them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from penstock_paypal.webhooks import door
from tests.contract.cli.running import Ran, run
from tests.plugins.paypal.reference import (
    PRESENT,
    SANDBOX_URL,
    Vector,
    certificate,
    vectors,
)

AUTHENTIC, FORGED, UNDECIDED, USAGE = 0, 1, 2, 64
INTERMEDIATE = "DigiCertSHA2ExtendedValidationServerCA.pem"
VECTORS = vectors() if PRESENT else []
each = pytest.mark.parametrize("vector", VECTORS, ids=[one.name for one in VECTORS])


def penstock(*arguments: str) -> Ran:
    return run(list(arguments))


@dataclass
class Kept:
    """A webhook as a person kept it, and the folder of certificates beside it."""

    folder: Path
    headers: dict[str, Any]
    body: bytes
    options: dict[str, str | None]
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])

    @classmethod
    def of(cls, folder: Path, vector: Vector) -> Kept:
        """A published delivery; a test page for a certificate's address becomes a proper one."""
        placeholder = vector.certificate_url.endswith("/test")
        url = SANDBOX_URL if placeholder else vector.certificate_url
        return cls(
            folder,
            {**vector.headers, door.CERT_URL: url},
            vector.body,
            {"webhook-id": vector.webhook_id, "at": vector.headers[door.TIME]},
            {
                f"kept-{url.rpartition('/')[2]}.pem": vector.certificate,
                "issuer.pem": certificate(INTERMEDIATE),
            },
        )

    def changed(self, **headers: Any) -> Kept:
        """With other headers; None takes one away."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {**self.headers, **named}
        return replace(self, headers={k: v for k, v in merged.items() if v is not None})

    def opted(self, **options: str | None) -> Kept:
        """With other options; None takes one away."""
        named = {name.replace("_", "-"): value for name, value in options.items()}
        return replace(self, options={**self.options, **named})

    def check(self, *more: str, raw: bytes | None = None) -> Ran:
        """Run the command on these files."""
        (self.folder / "headers.json").write_bytes(
            json.dumps(self.headers).encode() if raw is None else raw
        )
        (self.folder / "body").write_bytes(self.body)
        certificates = self.folder / "certificates"
        certificates.mkdir(exist_ok=True)
        for old in certificates.iterdir():
            old.unlink()
        for name, content in self.files.items():
            (certificates / name).write_bytes(content)
        given: dict[str, str | None] = {
            "headers": str(self.folder / "headers.json"),
            "body": str(self.folder / "body"),
            "certificates": str(certificates),
            **self.options,
        }
        options = [f"--{name}={value}" for name, value in given.items() if value is not None]
        return penstock("webhooks", "check", *options, *more)
