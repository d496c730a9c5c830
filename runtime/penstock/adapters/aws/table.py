"""One DynamoDB table: reads and writes with its failures mapped."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from penstock.adapters.aws.clients import Clients, Refusal
from penstock.adapters.aws.codes import CONDITION, failure, reason
from penstock.adapters.aws.values import Item
from penstock.api.context import AwsError
from penstock.errors import GatewayUnavailable, LedgerUnavailable


@contextmanager
def unavailable(what: str) -> Generator[None]:
    """
    Map every failure of a call.

    Raises:
        LedgerConflict: the item was written by another worker; `codes.py` says by which code.
        LedgerUnavailable: DynamoDB refused, or gave no answer.
    """
    try:
        yield
    except AwsError as exc:
        raise failure(what, exc.code) from exc
    except GatewayUnavailable as exc:
        raise LedgerUnavailable(f"{what}: no answer from DynamoDB") from exc


class Table:
    """The single table that the ledger, the attempts and the tokens share."""

    def __init__(self, clients: Clients, name: str) -> None:
        self.name = name
        self._clients = clients

    async def call(self, operation: str, **arguments: Any) -> Mapping[str, Any]:
        """Make one DynamoDB call; raises what `Clients.call` raises."""
        return await self._clients.call("dynamodb", operation, **arguments)

    async def get(self, key: Item) -> Mapping[str, Mapping[str, Any]] | None:
        """One item, by a consistent read; None when it is not there."""
        with unavailable("read"):
            answer = await self.call("get_item", TableName=self.name, Key=key, ConsistentRead=True)
        return answer.get("Item")

    async def put(self, item: Item) -> None:
        """Write one item, in place of any with its key."""
        with unavailable("write"):
            await self.call("put_item", TableName=self.name, Item=item)

    async def put_once(self, item: Item, what: str) -> Mapping[str, Mapping[str, Any]] | None:
        """
        Write one item unless its key is taken. Returns the item that has the key, if one has.

        Args:
            what: what is being done, as an error's message begins.
        """
        with unavailable(what):
            try:
                await self.call(
                    "put_item",
                    TableName=self.name,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except Refusal as exc:
                held = exc.details.get("Item")
                if reason(exc.code) != CONDITION or not held:
                    raise
                return held
        return None

    async def query(
        self,
        condition: str,
        values: Item,
        *,
        index: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        names: Mapping[str, str] | None = None,
    ) -> list[Mapping[str, Mapping[str, Any]]]:
        """
        The items of one partition that match, in the order of their sort keys.

        A table is read consistently; an index cannot be, and shows a write a little later.
        """
        arguments: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not newest_first,
            **({"IndexName": index} if index else {"ConsistentRead": True}),
            **({"ExpressionAttributeNames": dict(names)} if names else {}),
        }
        found: list[Mapping[str, Mapping[str, Any]]] = []
        with unavailable("query"):
            # An answer ends at 1 MB, wherever that is.
            while True:
                if limit is not None:
                    arguments["Limit"] = limit - len(found)
                answer = await self.call("query", **arguments)
                found += answer.get("Items", [])
                if "LastEvaluatedKey" not in answer or len(found) == limit:
                    return found
                arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
