"""Ids derived from a client's Idempotency-Key: one key is one thing, however often it is sent."""

from __future__ import annotations

import hashlib

from penstock.domain.caller import DEFAULT_CLIENT


def derived_id(prefix: str, idempotency_key: str, client: str) -> str:
    """
    The id of what a client asked for under a key: `<prefix>-` and 32 hexadecimal digits.

    Each client has a namespace of its own. That of the default client is the one from before
    there were clients, so a key that was used then still names the same payment. A key is visible
    ASCII, so nothing with a NUL is a key of the default client.
    """
    name = idempotency_key if client == DEFAULT_CLIENT else f"{client}\0{idempotency_key}"
    return f"{prefix}-{hashlib.sha256(name.encode()).hexdigest()[:32]}"
