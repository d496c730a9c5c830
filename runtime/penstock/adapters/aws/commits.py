"""
Commits on DynamoDB: one conditional put, or one transaction with the events.

boto3 repeats a call whose answer was lost, and the answer to the repeat may be lost, too. An item
names the commit that wrote it, so a write recognizes itself:

    put (version 4 -> 5, commit c1)   written, answer lost
    put again                         refused: version is 5; what is there says commit c1: done
    no answer at all                  read: what is there says commit c1: done
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from penstock.adapters.aws import items
from penstock.adapters.aws.clients import Refusal
from penstock.adapters.aws.codes import CANCELLED, CONDITION, CONFLICT, failure, reason
from penstock.adapters.aws.table import Table, unavailable
from penstock.adapters.aws.values import Item, to_item
from penstock.domain.change import AnyEntity, Change
from penstock.domain.ref import Ref
from penstock.errors import EntityTooLarge, LedgerUnavailable

LARGEST = 200 * 1024
"""Bytes of a state; DynamoDB ends at 400 KB, and a transaction wants room for its events."""


class Commits:
    """Writes changes, each all of it or nothing."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def write(self, change: Change[AnyEntity], commit: str) -> None:
        """
        Write a change under a name of its own.

        Raises:
            LedgerConflict: the entity is no longer at the expected version.
            EntityTooLarge: the state is above 200 KB.
            LedgerUnavailable: no answer; it may have been written: read again.
        """
        state = self._state_put(change, commit)
        try:
            if change.events:
                events = [self._put(items.event_item(event)) for event in change.events]
                await self._together(change, [state, *events], commit)
            else:
                await self._alone(change.entity.ref, state, commit)
        except LedgerUnavailable:
            # The answer is lost; the write may not be.
            if not await self._written(change.entity.ref, commit):
                raise

    async def _written(self, ref: Ref, commit: str) -> bool:
        with suppress(LedgerUnavailable):  # then the first failure is the one to report
            item = await self._table.get(items.state_key(ref))
            return item is not None and item.get("commit") == {"S": commit}
        return False

    def _state_put(self, change: Change[AnyEntity], commit: str) -> dict[str, Any]:
        item = items.state_item(change.entity, commit)
        if (size := _size(item)) > LARGEST:
            raise EntityTooLarge(f"{change.entity.ref}: its state has {size} bytes")
        put = self._put(item)
        if change.expected is None:
            return {**put, "ConditionExpression": "attribute_not_exists(pk)"}
        return {
            **put,
            "ConditionExpression": "#version = :expected",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": to_item({":expected": change.expected}),
        }

    def _put(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"TableName": self._table.name, "Item": item}

    async def _alone(self, ref: Ref, put: dict[str, Any], commit: str) -> None:
        """One conditional put, half the price of a transaction."""
        with unavailable("commit"):
            try:
                await self._table.call(
                    "put_item", **put, ReturnValuesOnConditionCheckFailure="ALL_OLD"
                )
            except Refusal as exc:
                if exc.details.get("Item", {}).get("commit") == {"S": commit}:
                    return
                raise failure(str(ref), exc.code) from None

    async def _together(
        self, change: Change[AnyEntity], puts: Sequence[dict[str, Any]], commit: str
    ) -> None:
        with unavailable("commit"):
            try:
                await self._table.call(
                    "transact_write_items",
                    TransactItems=[{"Put": put} for put in puts],
                    # A repeat of the call with the same token within 10 minutes does nothing.
                    ClientRequestToken=commit,
                )
            except Refusal as exc:
                if reason(exc.code) != CANCELLED:
                    raise
                raise _cancelled(change, exc) from None


def _cancelled(change: Change[AnyEntity], exc: Refusal) -> Exception:
    """The reasons of a cancelled transaction, in the order of its puts: state, events."""
    reasons = [str(one.get("Code")) for one in exc.details.get("CancellationReasons", [])]
    what = str(change.entity.ref)
    if CONDITION in reasons[:1]:
        return failure(what, CONDITION)
    if CONFLICT in reasons:
        return failure(what, CONFLICT)
    told = ", ".join(sorted({one for one in reasons if one != "None"}))
    return LedgerUnavailable(f"commit: DynamoDB cancelled it ({told or 'no reason given'})")


def _size(item: Item) -> int:
    """Bytes of an item as DynamoDB counts them, roughly: names and values in UTF-8."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    [(kind, held)] = value.items()
    match kind:
        case "M":
            return 3 + _size(held)
        case "L":
            return 3 + sum(_value_size(one) for one in held)
        case "BOOL":
            return 1
        case _:
            return len(str(held).encode())
