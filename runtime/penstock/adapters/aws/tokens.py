"""
Bearer tokens, hashed, in the ledger's table.

Code from before there were scopes would let a token do everything. So the hash of a token with
scopes has another name than before, and that code refuses the token (401).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from penstock.adapters.aws.clients import Clients, Refusal
from penstock.adapters.aws.codes import CONDITION, reason
from penstock.adapters.aws.table import Table, unavailable
from penstock.adapters.aws.values import Item, from_item, to_item
from penstock.domain.caller import (
    DEFAULT_CLIENT,
    READ_AND_PAY,
    USES_NOTED_EVERY,
    Scope,
)
from penstock.domain.place import stamp
from penstock.ports import Token

TOKENS = "tokens"
USED = "tokens-used"
"""A partition of its own: a function that notes a use must not be able to write a token."""
_NO_DIGEST = "-"


class DynamoTokens:
    """All tokens under one key: there are a handful. Every call raises LedgerUnavailable."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._table = Table(clients, table)

    async def get(self, token_id: str) -> Token | None:
        """The token with that id, unless it was revoked (a consistent read)."""
        item = await self._table.get(_key(token_id))
        return _read(item) if item else None

    async def put(self, token: Token) -> None:
        """Keep a new token."""
        fields = {
            "name": token.name,
            "digest": _NO_DIGEST,
            "hash": token.digest,
            "created_at": stamp(token.created_at),
            "scopes": sorted(scope.value for scope in token.scopes),
            "client": token.client,
            # Not `expires_at`: the table deletes by that, and a listed token says why it fails.
            "good_until": stamp(token.expires_at) if token.expires_at else None,
        }
        await self._table.put(_key(token.id) | to_item(fields))

    async def revoke(self, token_id: str) -> bool:
        """Delete a token and its last use. Returns whether there was one."""
        with unavailable("delete"):
            answer = await self._delete(_key(token_id))
            await self._delete(_use_key(token_id))
        return bool(answer.get("Attributes"))

    async def list(self) -> Sequence[Token]:
        """All of them, oldest first."""
        found = await self._table.query("pk = :tokens", to_item({":tokens": TOKENS}))
        return sorted(map(_read, found), key=lambda token: (token.created_at, token.id))

    async def used(self, token_id: str, at: datetime) -> None:
        """Note a use, unless one is noted from the hour before."""
        with unavailable("note a use"):
            try:
                await self._table.call(
                    "put_item",
                    TableName=self._table.name,
                    Item=_use_key(token_id) | to_item({"used_at": stamp(at)}),
                    ConditionExpression="attribute_not_exists(pk) OR used_at <= :before",
                    ExpressionAttributeValues=to_item({":before": stamp(at - USES_NOTED_EVERY)}),
                )
            except Refusal as exc:
                if reason(exc.code) != CONDITION:
                    raise

    async def last_uses(self) -> Mapping[str, datetime]:
        """When each token was last used, by its id, to the hour."""
        found = await self._table.query("pk = :used", to_item({":used": USED}))
        return {one["sk"]["S"]: datetime.fromisoformat(one["used_at"]["S"]) for one in found}

    async def _delete(self, key: Item) -> Mapping[str, Any]:
        return await self._table.call(
            "delete_item", TableName=self._table.name, Key=key, ReturnValues="ALL_OLD"
        )


def _key(token_id: str) -> Item:
    return to_item({"pk": TOKENS, "sk": token_id})


def _use_key(token_id: str) -> Item:
    return to_item({"pk": USED, "sk": token_id})


def _read(item: Mapping[str, Mapping[str, Any]]) -> Token:
    record = from_item(item)
    scopes, until = record.get("scopes"), record.get("good_until")
    return Token(
        id=record["sk"],
        name=record["name"],
        digest=record.get("hash", record["digest"]),
        created_at=datetime.fromisoformat(record["created_at"]),
        # A scope that only newer code knows is left out: what is not known is not allowed.
        scopes=READ_AND_PAY if scopes is None else frozenset(map(Scope, set(scopes) & _KNOWN)),
        client=record.get("client", DEFAULT_CLIENT),
        expires_at=datetime.fromisoformat(until) if until else None,
    )


_KNOWN = frozenset(one.value for one in Scope)
