"""Bearer tokens in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from penstock.domain.caller import USES_NOTED_EVERY
from penstock.ports import Token


class MemoryTokens:
    """Tokens by id."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._used: dict[str, datetime] = {}

    async def get(self, token_id: str) -> Token | None:
        """The token with that id, unless it was revoked."""
        return self._tokens.get(token_id)

    async def put(self, token: Token) -> None:
        """Keep a new token."""
        self._tokens[token.id] = token

    async def revoke(self, token_id: str) -> bool:
        """Delete a token and its last use. Returns whether there was one."""
        self._used.pop(token_id, None)
        return self._tokens.pop(token_id, None) is not None

    async def list(self) -> Sequence[Token]:
        """All of them, oldest first."""
        return sorted(self._tokens.values(), key=lambda token: (token.created_at, token.id))

    async def used(self, token_id: str, at: datetime) -> None:
        """Note a use, unless one is noted from the hour before."""
        noted = self._used.get(token_id)
        if noted is None or at - noted >= USES_NOTED_EVERY:
            self._used[token_id] = at

    async def last_uses(self) -> Mapping[str, datetime]:
        """When each token was last used, by its id, to the hour."""
        return dict(self._used)
