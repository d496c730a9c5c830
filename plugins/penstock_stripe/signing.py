"""
Stripe's webhook signature (docs.stripe.com/webhooks, "verify manually"; `stripe/_webhook.py`).

    Stripe-Signature    t=1492774577,v1=<hex>,v1=<hex>,v0=<hex>
    v1                  HMAC-SHA256 of "<t>.<body>" with the endpoint's secret, as it is written

While a secret is rolled, Stripe signs with both, one `v1` each. Other schemes are ignored: `v0`
was a fake one of test mode.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

HEADER = "stripe-signature"
PATTERN = "[!-~]{1,4000}"
"""Printable, without spaces. What it means is decided where the secret is."""
_MOST = 100
"""Elements that are read of a header: Stripe sends a handful."""
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signed:
    """
    What a header claims.

    Attributes:
        seconds: `t` as it is written, which is part of what is signed.
        claimed: the signatures of scheme v1.
    """

    seconds: str
    at: datetime
    claimed: tuple[str, ...]


def read(header: str) -> Signed | None:
    """What a header claims; None where it has no time or no signature."""
    pairs = [one.partition("=") for one in header.split(",", _MOST)[:_MOST]]
    seconds = next((value for name, _, value in pairs if name == "t"), "")
    claimed = tuple(v for name, _, v in pairs if name == "v1" and _HEX.fullmatch(v))
    if not claimed or not _SECONDS.fullmatch(seconds):
        return None
    try:
        return Signed(seconds, datetime.fromtimestamp(int(seconds), UTC), claimed)
    except (ValueError, OverflowError, OSError):
        return None


def signature(body: bytes, secret: str, seconds: str) -> str:
    """The signature of a body at that time."""
    # The bytes as they came: a body that is decoded or parsed first is a different body.
    return hmac.new(secret.encode(), seconds.encode() + b"." + body, "sha256").hexdigest()


def header(body: bytes, secrets: Sequence[str], at: datetime) -> str:
    """The header that Stripe sends, with a signature for each secret."""
    seconds = str(int(at.timestamp()))
    return ",".join((f"t={seconds}", *(f"v1={signature(body, s, seconds)}" for s in secrets)))


def holds(signed: Signed, body: bytes, secrets: Sequence[str]) -> bool:
    """Whether one of the signatures is made with one of the secrets, in constant time."""
    expected = [signature(body, one, signed.seconds) for one in secrets]
    # Each with each, to the end: the time taken says nothing of where they differ.
    matches = [hmac.compare_digest(e, c) for e in expected for c in signed.claimed]
    return any(matches)
