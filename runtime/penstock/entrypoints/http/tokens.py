"""
Bearer tokens: `pst_<id>_<secret>`, kept as a hash, shown once.

The id finds the hash, the hash proves the secret. What was found is trusted for a minute, so a
revoked token is refused after a minute at the latest.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta

from penstock import problems
from penstock.api.context import Clock, Ids
from penstock.errors import RequestRefused
from penstock.ports import Token, Tokens

TRUSTED = timedelta(seconds=60)
_MOST = 1000
_TOKEN = re.compile(r"pst_([0-9a-f]{16})_[0-9a-f]{64}")
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


def mint(name: str, ids: Ids, now: datetime) -> tuple[Token, str]:
    """A new token as we keep it, and its text, which is shown once and kept nowhere."""
    token_id = ids.new()[:16]
    text = f"pst_{token_id}_{ids.new()}{ids.new()}"
    return Token(token_id, name, _digest(text), now), text


class Authenticator:
    """Says whether a request bears a token that we made and have not revoked."""

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens = tokens
        self._clock = clock
        self._known: dict[str, tuple[Token, datetime]] = {}

    async def __call__(self, authorization: str | None) -> None:
        """
        Let a request pass by its Authorization header.

        Raises:
            RequestRefused: 401; the same for a missing, malformed, unknown, revoked or wrong one.
        """
        bearer = _BEARER.fullmatch(authorization or "")
        named = _TOKEN.fullmatch(bearer[1]) if bearer else None
        if bearer is None or named is None:
            raise _refused()
        token = await self._find(named[1])
        # Both sides are hexadecimal text, so the comparison takes the same time for all.
        if token is None or not hmac.compare_digest(token.digest, _digest(bearer[1])):
            raise _refused()

    async def _find(self, token_id: str) -> Token | None:
        now = self._clock.now()
        token, until = self._known.get(token_id, (None, now))
        if token is not None and now < until:
            return token
        self._known.pop(token_id, None)
        token = await self._tokens.get(token_id)
        if token is not None:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[token_id] = (token, now + TRUSTED)
        return token


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refused() -> RequestRefused:
    return RequestRefused(
        problems.UNAUTHORIZED,
        "send `Authorization: Bearer …` with a token made by `penstock tokens create`",
        headers={"www-authenticate": 'Bearer realm="penstock"'},
    )
