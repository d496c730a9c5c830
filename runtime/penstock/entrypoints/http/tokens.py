"""
Bearer tokens: `pst_<id>_<secret>`, kept as a hash, shown once.

The id finds the hash, the hash proves the secret. What was found is trusted for a minute, so a
revoked token is refused after a minute at the latest. An expired one is refused at once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta

import structlog

from penstock import problems
from penstock.api.context import Clock, Ids
from penstock.domain.caller import READ_AND_PAY, USES_NOTED_EVERY, Caller, Scope
from penstock.errors import RequestRefused
from penstock.ports import Token, Tokens

TRUSTED = timedelta(seconds=60)
_MOST = 1000
_TOKEN = re.compile(r"pst_([0-9a-f]{16})_[0-9a-f]{64}")
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
_REALM = 'Bearer realm="penstock"'


def mint(
    name: str,
    ids: Ids,
    now: datetime,
    *,
    scopes: frozenset[Scope] = READ_AND_PAY,
    client: str | None = None,
    lasts: timedelta | None = None,
) -> tuple[Token, str]:
    """
    A new token as it is kept, and its text, which is shown once and kept nowhere.

    Args:
        client: whose Idempotency-Keys it uses; left out, the client of the token's own name.
        lasts: how long it is good; left out, until it is revoked.
    """
    token_id = ids.new()[:16]
    text = f"pst_{token_id}_{ids.new()}{ids.new()}"
    expires_at = now + lasts if lasts is not None else None
    return Token(token_id, name, _digest(text), now, scopes, client or name, expires_at), text


class Authenticator:
    """Finds the caller of a request by its token: known, not revoked and not expired."""

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens = tokens
        self._clock = clock
        self._known: dict[str, tuple[Token, datetime]] = {}
        self._note_after: dict[str, datetime] = {}

    async def __call__(self, authorization: str | None) -> Caller:
        """
        The caller that a request's Authorization header proves.

        Raises:
            RequestRefused: 401; the same for a missing, malformed, unknown, revoked, expired or
                wrong one.
        """
        bearer = _BEARER.fullmatch(authorization or "")
        named = _TOKEN.fullmatch(bearer[1]) if bearer else None
        if bearer is None or named is None:
            raise _refused()
        token = await self._find(named[1])
        # Both sides are hexadecimal text, so the comparison takes the same time for all.
        if token is None or not hmac.compare_digest(token.digest, _digest(bearer[1])):
            raise _refused()
        now = self._clock.now()
        if token.expired(now):
            raise _refused()
        await self._note_use(token.id, now)
        return Caller(token.id, token.client, token.scopes)

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

    async def _note_use(self, token_id: str, now: datetime) -> None:
        """Note the use, at most hourly; a failure does not fail the request."""
        if now < self._note_after.get(token_id, now):
            return
        if len(self._note_after) >= _MOST:
            self._note_after.clear()
        try:
            await self._tokens.used(token_id, now)
            self._note_after[token_id] = now + USES_NOTED_EVERY
        except Exception as exc:
            # Any error: a missing note must not fail the request.
            self._note_after[token_id] = now + TRUSTED
            structlog.get_logger().warning(
                "token.use_not_noted", caller=token_id, because=type(exc).__name__
            )


def refuse_without(scope: Scope, caller: Caller) -> None:
    """
    Refuse a caller that lacks a scope (RFC 6750, 3.1).

    Raises:
        RequestRefused: 403; names the scope and the command that makes a token with it.
    """
    if scope in caller.scopes:
        return
    wanted = " ".join(f"--scope {one}" for one in Scope if one in caller.scopes | {scope})
    raise RequestRefused(
        problems.SCOPE_MISSING,
        f"this needs the scope `{scope}`: use a token made by `penstock tokens create NAME "
        f"{wanted}`",
        headers={
            "www-authenticate": f'{_REALM}, error="insufficient_scope", scope="{scope}"',
        },
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refused() -> RequestRefused:
    return RequestRefused(
        problems.UNAUTHORIZED,
        "send `Authorization: Bearer …` with a token made by `penstock tokens create NAME`",
        headers={"www-authenticate": _REALM},
    )
