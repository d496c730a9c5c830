"""
What one webhook makes AWS do, counted where the code asks for it.

The stages run as their functions run them, over PayPal's simulator and moto's DynamoDB. A meter
stands between the adapters and AWS; DynamoDB's units are its documented rules, applied to the
items that are really sent, since moto counts none.
"""

from __future__ import annotations

import contextlib
import io
import json
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

import aiohttp
from aiohttp import web

from infra.components.ledger import KEYS_ONLY, WHOLE
from penstock import observability
from penstock.adapters.aws.attempts import DynamoAttempts
from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.dynamodb import DynamoLedger
from penstock.adapters.aws.restrictions import DynamoRestrictions
from penstock.api import Http, Response
from penstock.bootstrap import Platform
from penstock.entrypoints.functions.receive import Intake
from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.serve.tryout import tryout
from penstock.pipeline.batch import Status
from penstock.ports import Channel, Outgoing
from penstock.settings import Function
from tests.adapters.bench import Bench

Item = Mapping[str, Mapping[str, Any]]
Signed = tuple[Mapping[str, str], bytes]

STACK = "prod"
SINK = "slack"
UNIT, READ, OVERHEAD = 1024, 4096, 100
INDEXES = {**KEYS_ONLY, **WHOLE}
BUYER = {
    "subscriber.name": {"given_name": "Maximiliane", "surname": "Musterfrau-Beispiel"},
    "subscriber.email_address": "maximiliane.musterfrau@example.com",
}
# PayPal's own are longer than the simulator's: 1.3 to 1.9 KB in the samples.
FILLER = {"resource.soft_descriptor": "x" * 1000}


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
        self.meter.add(
            writes=times * ceil(size(item) / UNIT) + _indexed(before, item),
            kept_bytes=_kept(item) - _kept(before),
            indexed_bytes=_kept_in_indexes(item) - _kept_in_indexes(before),
        )

    def _read(self, items: Sequence[Item], arguments: Mapping[str, Any]) -> None:
        units = max(1, ceil(sum(map(size, items)) / READ))
        self.meter.add(reads=units if arguments.get("ConsistentRead") else units / 2)


def _indexed(before: Item, after: Item) -> int:
    """
    Units of the indexes: an old entry's removal, a new one's writing, neither where none changes.

    [aws] An entry is removed and written anew where its key changes; and never twice the price in
    a transaction.
    """
    units = 0
    for name, keys in INDEXES.items():
        old, new = ([i[k] for k in keys if k in i] for i in (before, after))
        same = old == new and (name in KEYS_ONLY or before == after)
        if len(new) == len(keys) and not same:
            entry = {k: after[k] for k in (*keys, "pk", "sk")} if name in KEYS_ONLY else after
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

    def channel(self, name: str) -> Channel:
        """One that counts."""
        return MeteredChannel(name, self._memory.channel(name), self._clients)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._memory, name)


class Door:
    """Takes the simulator's signed webhooks, for the test to hand on."""

    def __init__(self) -> None:
        self.caught: list[Signed] = []
        self.app = web.Application()
        self.app.router.add_post("/", self._take)

    async def _take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.caught.append((headers, await request.read()))
        return web.Response(status=202)


@dataclass
class Line:
    """The functions of a stack, one message at a time, and what each asks of AWS."""

    platform: Platform
    clients: MeteredClients
    simulator: str
    address: str
    door: Door

    async def signed(self, **order: Any) -> list[Signed]:
        """Webhooks as PayPal's simulator sends them."""
        order["set"] = {**FILLER, **order.get("set", {})}
        body = {"target": self.address, "subscription": BUYER, **order}
        self.door.caught.clear()
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.simulator}/_simulator/webhooks", json=body) as answer,
        ):
            answer.raise_for_status()
        return list(self.door.caught)

    async def through(self, webhook: Signed) -> dict[str, Meter]:
        """One webhook through every stage; what each counted, by function."""
        return {
            "receive": self._received(*webhook),
            "verify": await self._worked(Function.verify, "deliveries"),
            "process": await self._worked(Function.process, "verified"),
            "deliver": await self._worked(Function.deliver, f"sink-{SINK}"),
        }

    def _received(self, headers: Mapping[str, str], body: bytes) -> Meter:
        event = {
            "requestContext": {"http": {"method": "POST"}},
            "pathParameters": {"gateway": "paypal"},
            "headers": dict(headers),
            "body": body.decode(),
        }
        intake = Intake(self.platform.receive, environ={"PENSTOCK_STACK": STACK})
        with self._metered() as meter:
            intake(event)
        meter.add(messages=1)
        return meter

    async def _worked(self, function: Function, queue: str) -> Meter:
        inbox = self.platform.world.inbox(queue)
        batch = self.platform.batch(function, SINK)
        sink = {"sink": SINK} if function is Function.deliver else {}
        with self._metered() as meter, observability.bound_contextvars(**sink):
            observability.configure("INFO", STACK)
            while messages := await inbox.receive(1, 0):
                meter.add(messages=1)
                # SQS's ids are longer than those in memory, and stand in each line.
                named = [replace(one, id=str(uuid.uuid4())) for one in messages]
                results = await batch.run(named, lambda: 30.0)
                assert [Status.done] == [one.status for one in results], results
                await inbox.delete(messages[0])
        return meter

    @contextlib.contextmanager
    def _metered(self) -> Any:
        meter = self.clients.meter = Meter()
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            yield meter
        lines = said.getvalue().splitlines()
        meter.add(log_lines=len(lines), log_bytes=sum(len(line.encode()) for line in lines))


@asynccontextmanager
async def line(bench: Bench) -> AsyncGenerator[Line]:
    """The stages over an empty ledger, and PayPal's simulator to send them webhooks."""
    door = Door()
    async with tryout() as made, listening(door.app, "127.0.0.1", 0) as address:
        clients = MeteredClients(bench.clients, Meter())
        world: Any = MeteredWorld(made.platform.world, clients, await bench.table())
        platform = replace(made.platform, world=world)
        yield Line(platform, clients, made.simulators["paypal"], f"{address}/", door)
