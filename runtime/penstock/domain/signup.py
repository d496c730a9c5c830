"""A sign-up: a merchant's request to open a subscription, and the buyer's way back from it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from penstock.domain.approval import RETURN_FOR
from penstock.domain.entity import Entity
from penstock.domain.ref import EntityKind
from penstock.domain.secret import secret_digest

_PREFIX = "sub-"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp(Entity):
    """
    One request to open a subscription; its id is `sub-<32 hexadecimal digits>`.

    It holds no personal data: a repeated request carries it again.

    Attributes:
        digest: of the whole request, so that another one under its key is refused.
        return_secret: the secret in the buyer's address of return. It is kept until the gateway
            has answered, because a repeat must send the same address; then only its hash is.
        return_digest: the SHA-256 of that secret.
        opened: our id of the subscription that was opened.
        approval_url: where the buyer approves it.
        refused: the field that the gateway did not take, and why: nothing was opened.
    """

    kind: ClassVar[EntityKind] = EntityKind.signup

    digest: str
    plan: str
    merchant_reference: str
    return_digest: str
    return_secret: str | None = field(default=None, repr=False)
    opened: str | None = None
    approval_url: str | None = field(default=None, repr=False)
    refused_field: str | None = None
    refused: str | None = None

    def returns(self, secret: str, now: datetime) -> bool:
        """Whether a secret is the buyer's own, and still good."""
        same = hmac.compare_digest(secret_digest(secret), self.return_digest)
        return same and now < self.created_at + RETURN_FOR


def sign_up_id(namespace: str) -> str:
    """
    The id of the sign-up under an idempotency key.

    Args:
        namespace: the key with the client that sent it.
    """
    return f"{_PREFIX}{hashlib.sha256(namespace.encode()).hexdigest()[:32]}"


def request_digest(fields: Sequence[str | None]) -> str:
    """The SHA-256 of a request's fields."""
    canonical = json.dumps(list(fields), separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def return_token(sign_up: str, secret: str) -> str:
    """What the buyer's address of return ends with: the sign-up and its 128-bit secret."""
    return f"{sign_up.removeprefix(_PREFIX)}-{secret}"


def of_return_token(token: str) -> tuple[str, str]:
    """The sign-up's id and the secret of a token; nothing is checked."""
    name, _, secret = token.partition("-")
    return _PREFIX + name, secret
