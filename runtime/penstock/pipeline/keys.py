"""Derived ids: a repeated request gets the same id, and a repeated message of one attempt too."""

from __future__ import annotations

import hashlib

from penstock.domain.caller import DEFAULT_CLIENT
from penstock.domain.operation import Operation


def derived_id(prefix: str, idempotency_key: str, client: str) -> str:
    """
    The id of a client's request under a key: `<prefix>-` and 32 hexadecimal digits.

    Each client has a namespace of its own. The default client has the namespace from before
    there were clients, so that older keys still name the same payments. A key is visible ASCII,
    so a text with a NUL cannot be a key of the default client.
    """
    name = idempotency_key if client == DEFAULT_CLIENT else f"{client}\0{idempotency_key}"
    return f"{prefix}-{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def dedup_id(name: str, operation: Operation) -> str:
    """
    The deduplication id of an operation's message: the operation and its number of attempts.

    After a restriction the message is sent again for the same attempt, perhaps within the five
    minutes in which a queue drops copies: then the id also holds the time of the release.
    """
    attempt = f"{name}#{operation.attempts}"
    if operation.restricted_at is None or operation.due_at is None:
        return attempt
    return f"{attempt}#{operation.due_at.timestamp():.6f}"
