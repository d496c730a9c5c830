"""Conformance of the store of bearer tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.caller import Scope
from penstock.ports import Token, Tokens
from penstock.testing.clock import NOON

FIRST = Token("t-9", "shop", "5f70bf18", NOON)
LIMITED = Token(
    "t-5",
    "reports",
    "0c1a3e77",
    NOON,
    frozenset({Scope.read, Scope.operate}),
    "analytics",
    NOON + timedelta(days=90, microseconds=1),
)
SECOND = Token("t-1", "backoffice", "d9b5f58f", NOON + timedelta(days=1, microseconds=1))


class TokensConformance:
    """Tokens keep these promises; override `tokens`."""

    @pytest.fixture
    def tokens(self) -> Tokens:
        """An empty store."""
        raise NotImplementedError("override the fixture tokens")

    async def test_a_token_is_kept_whole(self, tokens: Tokens) -> None:
        """
        A token comes back as it was put, and by its own id only.
        """
        await tokens.put(FIRST)
        await tokens.put(LIMITED)

        assert FIRST == await tokens.get("t-9")
        assert LIMITED == await tokens.get("t-5")
        assert await tokens.get("t-1") is None

    async def test_all_are_listed_oldest_first(self, tokens: Tokens) -> None:
        """
        Several tokens are good at once.
        """
        assert [] == list(await tokens.list())
        await tokens.put(SECOND)
        await tokens.put(FIRST)

        assert [FIRST, SECOND] == list(await tokens.list())

    async def test_a_revoked_token_is_gone_at_once(self, tokens: Tokens) -> None:
        """
        Revoking says whether there was one, and leaves the others.
        """
        await tokens.put(FIRST)
        await tokens.put(SECOND)

        assert await tokens.revoke("t-9")
        assert not await tokens.revoke("t-9")
        assert await tokens.get("t-9") is None
        assert [SECOND] == list(await tokens.list())

    async def test_a_token_put_again_is_the_newer(self, tokens: Tokens) -> None:
        """
        An id names one token.
        """
        await tokens.put(FIRST)
        await tokens.put(replace(FIRST, digest="other"))

        assert [replace(FIRST, digest="other")] == list(await tokens.list())

    async def test_a_use_is_noted_at_most_once_an_hour(self, tokens: Tokens) -> None:
        """
        The last use is known to the hour, and a token that was never used has none.
        """
        await tokens.put(FIRST)
        await tokens.put(SECOND)
        await tokens.used("t-9", NOON)
        await tokens.used("t-9", NOON + timedelta(minutes=59))

        assert {"t-9": NOON} == dict(await tokens.last_uses())

        await tokens.used("t-9", NOON + timedelta(hours=1))

        assert {"t-9": NOON + timedelta(hours=1)} == dict(await tokens.last_uses())

    async def test_noting_a_use_leaves_the_token_as_it_is(self, tokens: Tokens) -> None:
        """
        Also one that was revoked meanwhile: noting a use does not bring it back.
        """
        await tokens.put(FIRST)
        await tokens.used("t-9", NOON)

        assert FIRST == await tokens.get("t-9")

        await tokens.revoke("t-9")
        await tokens.used("t-9", NOON)

        assert await tokens.get("t-9") is None
        assert [] == list(await tokens.list())

    async def test_a_revoked_token_has_no_last_use(self, tokens: Tokens) -> None:
        """
        Revoking takes the note along.
        """
        await tokens.put(FIRST)
        await tokens.used("t-9", NOON)
        await tokens.revoke("t-9")

        assert {} == dict(await tokens.last_uses())
