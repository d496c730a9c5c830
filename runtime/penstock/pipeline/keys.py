"""Derived ids: a client's key is one thing, and one attempt is one message, however often sent."""

from __future__ import annotations

import hashlib

from penstock.domain.caller import DEFAULT_CLIENT
from penstock.domain.operation import Operation


def derived_id(prefix: str, idempotency_key: str, client: str) -> str:
    """
    The id of what a client asked for under a key: `<prefix>-` and 32 hexadecimal digits.

    Each client has a namespace of its own. That of the default client is the one from before
    there were clients, so a key that was used then still names the same payment. A key is visible
    ASCII, so nothing with a NUL is a key of the default client.
    """
    name = idempotency_key if client == DEFAULT_CLIENT else f"{client}\0{idempotency_key}"
    return f"{prefix}-{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def dedup_id(name: str, operation: Operation) -> str:
    """
    The deduplication id of an operation's message: what it begins, and how often that was begun.

    A message that was acknowledged because of a restriction is sent again for the same attempt,
    perhaps within the five minutes in which a queue drops copies: that one is named by the time
    of its release, too.
    """
    attempt = f"{name}#{operation.attempts}"
    if operation.restricted_at is None or operation.due_at is None:
        return attempt
    return f"{attempt}#{operation.due_at.timestamp():.6f}"
