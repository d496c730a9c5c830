"""Secrets in buyers' addresses of return: only their hash is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable


def new_secret(new_id: Callable[[], str]) -> str:
    """128 random bits; one id has a few bits less, so it is made of two."""
    return hashlib.sha256(f"{new_id()}{new_id()}".encode()).hexdigest()[:32]


def secret_digest(secret: str) -> str:
    """The SHA-256 of a secret in an address of return."""
    return hashlib.sha256(secret.encode()).hexdigest()
