"""One DynamoDB table: reads and writes with its failures mapped."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from penstock.adapters.aws.clients import Clients, Refusal
from penstock.adapters.aws.codes import CONDITION, failure, reason
from penstock.adapters.aws.values import Item, to_item
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
        return await self.put_if("attribute_not_exists(pk)", item, what)

    async def put_if(
        self, condition: str, item: Item, what: str, **values: str
    ) -> Mapping[str, Mapping[str, Any]] | None:
        """
        Write one item if a condition holds. Returns the item that is there, if it does not.

        Args:
            what: what is being done, as an error's message begins.
            values: what the condition's names are compared with: `#since = :since`.
        """
        named = {
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": to_item({f":{one}": values[one] for one in values}),
        }
        with unavailable(what):
            try:
                await self.call(
                    "put_item",
                    TableName=self.name,
                    Item=item,
                    ConditionExpression=condition,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **(named if values else {}),
                )
            except Refusal as exc:
                held = exc.details.get("Item")
                if reason(exc.code) != CONDITION or not held:
                    raise
                return held
        return None

    async def put_all_once(
        self, puts: Sequence[Item], what: str
    ) -> Sequence[Mapping[str, Mapping[str, Any]] | None] | None:
        """
        Write items together, or none of them if a key is taken. Returns None once it is done, else
        the items that have the keys, in the order of `puts`.

        Args:
            what: what is being done, as an error's message begins.
        """
        fixed = {
            "TableName": self.name,
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        with unavailable(what):
            try:
                await self.call(
                    "transact_write_items",
                    TransactItems=[{"Put": {**fixed, "Item": item}} for item in puts],
                )
            except Refusal as exc:
                reasons = exc.details.get("CancellationReasons", [])
                if CONDITION not in {one.get("Code") for one in reasons}:
                    raise
                return [one.get("Item") for one in reasons]
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
