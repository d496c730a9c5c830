"""The certificate authorities that AWS's endpoints hang on, out of all that botocore trusts."""

from __future__ import annotations

import re
from pathlib import Path

from infra.bundle.target import BundleError

# Amazon Trust Services names these five as the ones to trust (amazontrust.com/repository).
LABELS = (
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
)
_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n"
)


def amazon_roots(dependencies: Path) -> bytes:
    """
    Their certificates in PEM, from the botocore in that folder: locked by its hash, as all of it.

    Raises:
        BundleError: it has one of them no more.
    """
    text = (dependencies / "botocore" / "cacert.pem").read_text("utf-8")
    found: list[str] = []
    for label in LABELS:
        named = text.partition(f'# Label: "{label}"')[2]
        certificate = _CERTIFICATE.search(named.partition("# Label:")[0])
        if certificate is None:
            raise BundleError(f"botocore's cacert.pem has no {label!r} any more: revise LABELS")
        found.append(certificate[0])
    return "".join(found).encode()
