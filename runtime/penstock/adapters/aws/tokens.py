"""Bearer tokens, hashed, in the ledger's table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.table import Table, unavailable
from penstock.adapters.aws.values import Item, to_item
from penstock.domain.place import stamp
from penstock.ports import Token

TOKENS = "tokens"


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
            "digest": token.digest,
            "created_at": stamp(token.created_at),
        }
        await self._table.put(_key(token.id) | to_item(fields))

    async def revoke(self, token_id: str) -> bool:
        """Forget it; says whether it was there."""
        with unavailable("delete"):
            answer = await self._table.call(
                "delete_item",
                TableName=self._table.name,
                Key=_key(token_id),
                ReturnValues="ALL_OLD",
            )
        return bool(answer.get("Attributes"))

    async def list(self) -> Sequence[Token]:
        """All of them, oldest first."""
        found = await self._table.query("pk = :tokens", to_item({":tokens": TOKENS}))
        return sorted(map(_read, found), key=lambda token: (token.created_at, token.id))


def _key(token_id: str) -> Item:
    return to_item({"pk": TOKENS, "sk": token_id})


def _read(item: Mapping[str, Mapping[str, Any]]) -> Token:
    return Token(
        id=item["sk"]["S"],
        name=item["name"]["S"],
        digest=item["digest"]["S"],
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
    )
