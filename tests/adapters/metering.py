"""
What is asked of AWS, counted where the code asks for it.

A meter stands between the adapters and AWS; DynamoDB's units are its documented rules, applied to
the items that are really sent, since moto counts none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from infra.components.ledger import DUE_INDEX, EVENTS_INDEX, KEYS_ONLY, WHOLE
from penstock.adapters.aws.attempts import DynamoAttempts
from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.dynamodb import DynamoLedger
from penstock.adapters.aws.restrictions import DynamoRestrictions
from penstock.adapters.aws.tokens import DynamoTokens
from penstock.adapters.aws.watermarks import DynamoWatermarks
from penstock.api import Http, Response
from penstock.ports import Channel, Outgoing

Item = Mapping[str, Mapping[str, Any]]

UNIT, READ, OVERHEAD = 1024, 4096, 100
INDEXES = {**KEYS_ONLY, **WHOLE}


def size(item: Item) -> int:
    """An item's bytes as DynamoDB counts them [aws, "DynamoDB item sizes and formats"]."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    [(kind, held)] = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return ceil(len(held.strip("-").strip("0") or "0") / 2) + 1
        case "BOOL":
            return 1
        case "M":
            return 3 + sum(1 + len(k.encode()) + _value_size(v) for k, v in held.items())
        case "L":
            return 3 + sum(1 + _value_size(v) for v in held)
        case _:
            raise ValueError(f"nobody has said how long a {kind} is")


@dataclass
class Meter:
    """Counts by name, the bytes of the largest item of each sort, published events' types."""

    counts: Counter[str] = field(default_factory=Counter[str])
    largest: dict[str, int] = field(default_factory=dict[str, int])
    events: list[str] = field(default_factory=list[str])

    def add(self, **counts: float) -> None:
        """Count."""
        self.counts.update(counts)  # type: ignore[arg-type]

    def join(self, other: Meter) -> None:
        """Count what another meter has counted, too."""
        self.counts.update(other.counts)
        for sort, largest in other.largest.items():
            self.largest[sort] = max(largest, self.largest.get(sort, 0))
        self.events += other.events


class MeteredClients:
    """boto3's clients with a meter on DynamoDB."""

    def __init__(self, clients: Clients, meter: Meter) -> None:
        self.meter = meter
        self._clients = clients
        self._table: dict[tuple[str, str], Item] = {}

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        """Pass the call on, and count what it is billed as."""
        answer = await self._clients.call(service, operation, **arguments)
        self.meter.add(aws_calls=1)
        match operation:
            case "put_item":
                self._written(arguments["Item"], 1)
            case "transact_write_items":
                for one in arguments["TransactItems"]:
                    self._written(one["Put"]["Item"], 2)
            case "get_item":
                self._read([answer["Item"]] if "Item" in answer else [], arguments)
            case "query":
                self._read(answer["Items"], arguments)
            case _:
                raise ValueError(f"nobody has said what {operation} is billed as")
        return answer

    def _written(self, item: Item, times: int) -> None:
        key = item["pk"]["S"], item["sk"]["S"]
        sort = key[1].partition("#")[0]
        self.meter.largest[sort] = max(size(item), self.meter.largest.get(sort, 0))
        before, self._table[key] = self._table.get(key, {}), item
        indexed = {name: _indexed(name, before, item) for name in INDEXES}
        self.meter.add(
            writes=times * ceil(size(item) / UNIT) + sum(indexed.values()),
            due_writes=indexed[DUE_INDEX],
            archive_writes=indexed[EVENTS_INDEX],
            kept_bytes=_kept(item) - _kept(before),
            indexed_bytes=_kept_in_indexes(item) - _kept_in_indexes(before),
        )

    def _read(self, items: Sequence[Item], arguments: Mapping[str, Any]) -> None:
        units = max(1, ceil(sum(map(size, items)) / READ))
        self.meter.add(reads=units if arguments.get("ConsistentRead") else units / 2)


def _indexed(index: str, before: Item, after: Item) -> int:
    """
    Units of an index: an old entry's removal, a new one's writing, neither where none changes.

    [aws] An entry is removed and written anew where its key changes; and never twice the price in
    a transaction.
    """
    units, keys = 0, INDEXES[index]
    old, new = ([i[k] for k in keys if k in i] for i in (before, after))
    same = old == new and (index in KEYS_ONLY or before == after)
    if len(new) == len(keys) and not same:
        entry = {k: after[k] for k in (*keys, "pk", "sk")} if index in KEYS_ONLY else after
        units += ceil(size(entry) / UNIT)
    if len(old) == len(keys) and old != new:
        units += 1
    return units


def _kept(item: Item) -> int:
    """[aws] What storage is billed of an item: its bytes, and 100 of the table's own."""
    return size(item) + OVERHEAD if item else 0


def _kept_in_indexes(item: Item) -> int:
    kept = 0
    for name, keys in INDEXES.items():
        if all(key in item for key in keys):
            entry = {k: item[k] for k in (*keys, "pk", "sk")} if name in KEYS_ONLY else item
            kept += _kept(entry)
    return kept


@dataclass
class MeteredChannel:
    """A topic or queue whose sends are counted."""

    name: str
    channel: Channel
    clients: MeteredClients

    async def send(self, message: Outgoing) -> None:
        """Pass it on."""
        await self.channel.send(message)
        sent = len(message.body.encode())
        topic = self.name in ("deliveries", "events")
        more = {"publishes": 1, "published_bytes": sent} if topic else {"sends": 1}
        self.clients.meter.add(aws_calls=1, **more)
        if self.name == "events":
            self.clients.meter.events.append(json.loads(message.body)["type"])


class MeteredInbox:
    """A queue that is asked how much it holds; what a mapping does for a function is no call."""

    def __init__(self, inbox: Any, clients: MeteredClients) -> None:
        self._inbox, self._clients = inbox, clients

    async def depth(self) -> Mapping[str, int]:
        """Pass it on."""
        self._clients.meter.add(aws_calls=1, sends=1)
        return await self._inbox.depth()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inbox, name)


@dataclass
class MeteredHttp:
    """HTTP whose requests are counted."""

    http: Http
    clients: MeteredClients

    async def request(self, method: str, url: str, **arguments: Any) -> Response:
        """Pass it on."""
        headers = "".join(f"{k}: {v}\r\n" for k, v in (arguments.get("headers") or {}).items())
        sent = len(method + url + headers) + len(arguments.get("body") or b"")
        self.clients.meter.add(requests=1, request_bytes=sent)
        return await self.http.request(method, url, **arguments)


class MeteredWorld:
    """A world in memory, but for what is metered."""

    def __init__(self, memory: Any, clients: MeteredClients, table: str) -> None:
        self._memory = memory
        self._clients = clients
        self.http = MeteredHttp(memory.http, clients)
        self.ledger = DynamoLedger(clients, table, memory.clock, memory.ids)  # type: ignore[arg-type]
        self.restrictions = DynamoRestrictions(clients, table)  # type: ignore[arg-type]
        self.attempts = DynamoAttempts(clients, table)  # type: ignore[arg-type]
        self.tokens = DynamoTokens(clients, table)  # type: ignore[arg-type]
        self.watermarks = DynamoWatermarks(clients, table)  # type: ignore[arg-type]

    def channel(self, name: str) -> Channel:
        """One that counts."""
        return MeteredChannel(name, self._memory.channel(name), self._clients)

    def inbox(self, queue: str) -> Any:
        """One that counts."""
        return MeteredInbox(self._memory.inbox(queue), self._clients)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._memory, name)
