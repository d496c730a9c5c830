"""What was made, remembered in the emulator itself: it falls and rises with what it describes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from infra.emulated.kind import Clients, found


@dataclass(frozen=True, slots=True)
class Row:
    """
    One resource as it was last made.

    Attributes:
        order: its place in the order of making.
        digests: a fingerprint per input; None where a secret is in it. Never the inputs.
        outputs: what the program may read, and what deleting it needs.
        retained: whether it is forgotten, not deleted, when the program names it no more.
    """

    urn: str
    type: str
    id: str
    order: int
    protect: bool
    digests: Mapping[str, str | None]
    outputs: Mapping[str, Any] = field(repr=False)
    retained: bool = False


class Remembers(Protocol):
    """Where rows are kept."""

    def load(self) -> dict[str, Row]:
        """All rows, by URN."""
        ...

    def save(self, row: Row) -> None:
        """Remember one."""
        ...

    def forget(self, urn: str) -> None:
        """Forget one."""
        ...


class State:
    """The rows of one stack, in a table of the emulator."""

    def __init__(self, clients: Clients, stack: str) -> None:
        self._table = f"emulated-state-{stack}"
        self._client = clients("dynamodb")

    def load(self) -> dict[str, Row]:
        """All rows, by URN; the table is made if there is none."""
        if found(self._client.describe_table, TableName=self._table) is None:
            self._client.create_table(
                TableName=self._table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "urn", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "urn", "AttributeType": "S"}],
            )
            return {}
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table, ConsistentRead=True
        )
        rows = (Row(**json.loads(item["row"]["S"])) for page in pages for item in page["Items"])
        return {row.urn: row for row in rows}

    def save(self, row: Row) -> None:
        """Remember one."""
        item = {"urn": {"S": row.urn}, "row": {"S": json.dumps(asdict(row))}}
        self._client.put_item(TableName=self._table, Item=item)

    def forget(self, urn: str) -> None:
        """Forget one."""
        self._client.delete_item(TableName=self._table, Key={"urn": {"S": urn}})
