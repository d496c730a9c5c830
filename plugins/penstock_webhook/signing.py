"""
Signatures of Standard Webhooks 1.0.0 (standardwebhooks.com, "Signature scheme").

    signed      {webhook-id}.{webhook-timestamp}.{body}
    signature   v1,{base64 of HMAC-SHA256}; one for each valid secret, with blanks between them
    secret      whsec_{base64 of 24 to 64 random bytes}
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime

PREFIX = "whsec_"


def key(secret: str) -> bytes | None:
    """The key that a secret holds; None for what is no secret of Standard Webhooks."""
    if not secret.startswith(PREFIX):
        return None
    try:
        found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        return None
    return found if 24 <= len(found) <= 64 else None


def headers(identity: str, at: datetime, body: bytes, keys: Iterable[bytes]) -> Mapping[str, str]:
    """
    The headers of one try.

    Args:
        identity: the event's id, the same at each try: the receiver's idempotency key.
        at: when this try is made; receivers refuse what is five minutes off.
        keys: every valid key, the newest first.
    """
    stamp = str(int(at.timestamp()))
    signed = b".".join((identity.encode(), stamp.encode(), body))
    return {
        "webhook-id": identity,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{_mac(one, signed)}" for one in keys),
    }


def _mac(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
