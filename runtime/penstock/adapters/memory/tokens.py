"""Bearer tokens in memory."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.ports import Token


class MemoryTokens:
    """Tokens by id."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    async def get(self, token_id: str) -> Token | None:
        """The token with that id, unless it was revoked."""
        return self._tokens.get(token_id)

    async def put(self, token: Token) -> None:
        """Keep a new token."""
        self._tokens[token.id] = token

    async def revoke(self, token_id: str) -> bool:
        """Forget it; says whether it was there."""
        return self._tokens.pop(token_id, None) is not None

    async def list(self) -> Sequence[Token]:
        """All of them, oldest first."""
        return sorted(self._tokens.values(), key=lambda token: (token.created_at, token.id))
