"""The ledger on DynamoDB: one table, one transaction per change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from penstock.adapters.archive import stamp
from penstock.adapters.aws import items
from penstock.adapters.aws.archive import DynamoArchive
from penstock.adapters.aws.clients import Clients, Refusal
from penstock.adapters.aws.codes import CANCELLED, CONDITION, CONFLICT, failure, reason
from penstock.adapters.aws.table import Table, unavailable
from penstock.adapters.aws.values import to_item
from penstock.api.context import Clock, Ids
from penstock.domain.change import Change, Seen
from penstock.domain.events import Event
from penstock.domain.payment import Payment
from penstock.errors import AlreadySeen, LedgerUnavailable
from penstock.ports import EventPage


class DynamoLedger:
    """Payments, seen ids and events in one table; `items.py` draws it."""

    def __init__(self, clients: Clients, table: str, clock: Clock, ids: Ids) -> None:
        self._table = Table(clients, table)
        self._archive = DynamoArchive(self._table)
        self._clock = clock
        self._ids = ids

    async def load(self, payment_id: str) -> Payment | None:
        """The payment as last committed (a consistent read)."""
        item = await self._table.get(items.payment_key(payment_id))
        return items.read_payment_item(item) if item else None

    async def seen(self, key: str) -> Seen | None:
        """What was remembered under a key."""
        item = await self._table.get(items.seen_key(key))
        return Seen(key, item["digest"]["S"]) if item else None

    async def commit(self, change: Change) -> None:
        """
        Write all of a change or nothing.

        Raises:
            AlreadySeen: one of its seen keys is remembered already.
            LedgerConflict: the payment is not at the expected version any more.
            LedgerUnavailable: no answer; it may have been written: read again.
        """
        commit = self._ids.new()
        state = self._state_put(change, commit)
        if not change.events and not change.seen:
            await self._put_alone(change.payment.id, state, commit)
            return
        await self._archive.note_days(change.events)
        now = self._clock.now()
        puts = [
            state,
            *(self._put(items.event_item(event)) for event in change.events),
            *(self._new(items.seen_item(seen, now)) for seen in change.seen),
        ]
        await self._put_together(change, puts, commit)

    async def unsent(self, payment: Payment) -> Sequence[Event]:
        """The payment's events after `payment.published`, in order (a consistent read)."""
        found = await self._table.query(
            "pk = :pk AND sk BETWEEN :first AND :last",
            to_item(
                {
                    ":pk": f"payment#{payment.id}",
                    ":first": items.event_sk(payment.published + 1),
                    ":last": items.event_sk(10**12 - 1),
                }
            ),
        )
        return [items.read_event_item(item) for item in found]

    async def due(self, now: datetime, limit: int) -> Sequence[str]:
        """Ids of payments whose `due_at` has come, longest due first."""
        shards = await asyncio.gather(*(self._due(shard, now, limit) for shard in items.DUE))
        found = [item for shard in shards for item in shard]
        found.sort(key=lambda item: item["due_at"]["S"])
        return [item["pk"]["S"].removeprefix("payment#") for item in found[:limit]]

    async def _due(
        self, shard: str, now: datetime, limit: int
    ) -> list[Mapping[str, Mapping[str, Any]]]:
        return await self._table.query(
            "due_pk = :due AND due_at <= :now",
            to_item({":due": shard, ":now": stamp(now)}),
            index=items.DUE_INDEX,
            limit=limit,
        )

    async def events(self, limit: int, cursor: str | None = None) -> EventPage:
        """
        The archive of events, newest first; it shows a commit a moment later.

        Raises:
            ValueError: the cursor is not one of ours.
        """
        return await self._archive.page(limit, cursor)

    def _state_put(self, change: Change, commit: str) -> dict[str, Any]:
        item = items.payment_item(change.payment, commit)
        if change.expected is None:
            return self._new(item)
        return {
            **self._put(item),
            "ConditionExpression": "#version = :expected",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": to_item({":expected": change.expected}),
        }

    def _new(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._put(item), "ConditionExpression": "attribute_not_exists(pk)"}

    def _put(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"TableName": self._table.name, "Item": item}

    async def _put_alone(self, payment_id: str, put: dict[str, Any], commit: str) -> None:
        """
        One conditional put, half the price of a transaction.

        boto3 repeats a call whose answer was lost; the repeat then meets our own write:

            put (version 4 -> 5, commit c1)   written, answer lost
            put again                         refused: version is 5; what is there says commit c1
        """
        with unavailable("commit"):
            try:
                await self._table.call(
                    "put_item", **put, ReturnValuesOnConditionCheckFailure="ALL_OLD"
                )
            except Refusal as exc:
                if exc.details.get("Item", {}).get("commit") == {"S": commit}:
                    return
                raise failure(payment_id, exc.code) from None

    async def _put_together(
        self, change: Change, puts: Sequence[dict[str, Any]], commit: str
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


def _cancelled(change: Change, exc: Refusal) -> Exception:
    """What a cancelled transaction says, by the place of each of its puts: state, events, seen."""
    reasons = [str(reason.get("Code")) for reason in exc.details.get("CancellationReasons", [])]
    payment_id = change.payment.id
    if CONDITION in reasons[1 + len(change.events) :]:
        return AlreadySeen(f"{payment_id}: an id was seen already")
    if CONDITION in reasons[:1]:
        return failure(payment_id, CONDITION)
    if CONFLICT in reasons:
        return failure(payment_id, CONFLICT)
    told = ", ".join(sorted({reason for reason in reasons if reason != "None"}))
    return LedgerUnavailable(f"commit: DynamoDB cancelled it ({told or 'no reason given'})")
