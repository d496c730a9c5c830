"""The API's bearer tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from penstock.domain.caller import DEFAULT_CLIENT, READ_AND_PAY, Scope

if TYPE_CHECKING:
    # For type checkers only: an annotation costs no function an import.
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Token:
    """
    A bearer token as it is kept: the hash of its text only.

    Attributes:
        digest: SHA-256 of its text, in hexadecimal.
        scopes: what it may do.
        client: the system it belongs to, whose Idempotency-Keys share one namespace.
        expires_at: the moment from which it is refused; None if it does not expire.
    """

    id: str
    name: str
    digest: str = field(repr=False)
    created_at: datetime
    scopes: frozenset[Scope] = READ_AND_PAY
    client: str = DEFAULT_CLIENT
    expires_at: datetime | None = None

    def expired(self, now: datetime) -> bool:
        """Whether the token is refused because of its age."""
        return self.expires_at is not None and now >= self.expires_at


class Tokens(Protocol):
    """
    The bearer tokens that the API accepts; several can be valid at once.

    Every method raises LedgerUnavailable when the store gives no answer.
    """

    async def get(self, token_id: str) -> Token | None:
        """The token with that id, unless it was revoked."""
        ...

    async def put(self, token: Token) -> None:
        """Keep a new token."""
        ...

    async def revoke(self, token_id: str) -> bool:
        """Delete a token and its last use. Returns whether there was one."""
        ...

    async def list(self) -> Sequence[Token]:
        """All tokens, oldest first."""
        ...

    async def used(self, token_id: str, at: datetime) -> None:
        """Note a use, unless one is noted from the hour before. The token is not written."""
        ...

    async def last_uses(self) -> Mapping[str, datetime]:
        """When each token was last used, by its id, to the hour; unused tokens are left out."""
        ...
