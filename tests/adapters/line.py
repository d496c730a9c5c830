"""
The functions of a stack, one message at a time, and what each asks of AWS.

The stages run as their functions run them, over the gateways' simulators and moto's DynamoDB.
"""

from __future__ import annotations

import contextlib
import io
import json
import uuid
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from aiohttp import web

from penstock import observability
from penstock.bootstrap import Platform
from penstock.domain.caller import Scope
from penstock.entrypoints.functions.api import answer, make_api
from penstock.entrypoints.functions.merchant import make_merchant
from penstock.entrypoints.functions.receive import Intake
from penstock.entrypoints.http.api import Api
from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.tokens import mint
from penstock.entrypoints.serve.tryout import tryout
from penstock.pipeline.batch import Status
from penstock.settings import Function
from tests.adapters.bench import Bench
from tests.adapters.metering import Meter, MeteredClients, MeteredWorld
from tests.leaving import logging_restored
from tests.soak.faults import JumpClock

Signed = tuple[Mapping[str, str], bytes]
Asked = dict[str, Meter]
"""What was counted, by function."""

STACK = "prod"
RECEIVE = "receive"
"""It runs no stage of the platform, so the settings know no such function."""
SINK = "slack"
BUYER = {
    "subscriber.name": {"given_name": "Maximiliane", "surname": "Musterfrau-Beispiel"},
    "subscriber.email_address": "maximiliane.musterfrau@example.com",
}
# PayPal's own are longer than the simulator's: 1.3 to 1.9 KB in the samples.
FILLER = {"resource.soft_descriptor": "x" * 1000}


class HeldClock(JumpClock):
    """
    Stands still, five seconds after the next minute begins, until it is moved.

    The `due` index holds whole minutes: what is moved by seconds costs two units more when a
    minute ends between, and a slow machine must not count more than a fast one.

    Attributes:
        ahead: how many seconds it is ahead of the machine's at first.
    """

    def __init__(self) -> None:
        super().__init__()
        now = super().now()
        self.ahead = (65 - now.second) % 60
        self._at = (now + timedelta(seconds=self.ahead)).replace(microsecond=123_456)

    def now(self) -> datetime:
        return self._at

    def jump(self, seconds: float) -> None:
        super().jump(seconds)
        self._at += timedelta(seconds=seconds)


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
    """
    The functions of a stack, one message at a time, and what each asks of AWS.

    Attributes:
        said: what all of them logged.
        asked: what was counted since `forget`, by function.
    """

    platform: Platform
    clock: HeldClock
    clients: MeteredClients
    simulators: Mapping[str, str]
    address: str
    door: Door
    token: str
    said: io.StringIO
    apis: Mapping[Function, Api]
    asked: Asked = field(default_factory=Asked)

    def forget(self) -> None:
        """Count anew."""
        self.asked = {}

    async def signed(self, **order: Any) -> list[Signed]:
        """Webhooks as PayPal's simulator sends them."""
        order["set"] = {**FILLER, **order.get("set", {})}
        self.door.caught.clear()
        await self.tell(
            "POST", "webhooks", {"target": self.address, "subscription": BUYER, **order}
        )
        return self._caught()

    async def tell(self, method: str, path: str, order: Any) -> None:
        """Tell PayPal's simulator."""
        url = f"{self.simulators['paypal']}/_simulator/{path}"
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, url, json=order) as answered,
        ):
            answered.raise_for_status()

    async def approve(self, page: str) -> str:
        """The buyer approves on the gateway's page. Returns the token that leads back to us."""
        form = {**dict(parse_qsl(urlsplit(page).query)), "action": "subscribe"}
        form["decision"] = "approve"
        async with (
            aiohttp.ClientSession() as http,
            http.post(page.partition("?")[0], data=form, allow_redirects=False) as answered,
        ):
            back = answered.headers["Location"]
        return urlsplit(back).path.rpartition("/")[2]

    async def request(
        self, function: Function, operation: str, sent: Any = None, **named: str
    ) -> Any:
        """
        A request of the API's, such as `GET /payments/{id}`; what was answered, as JSON.

        Args:
            named: what stands in the path.
        """
        method, _, route = operation.partition(" ")
        event = {
            "requestContext": {"http": {"method": method}},
            "rawPath": route.format(**named),
            "routeKey": operation,
            "pathParameters": named,
            "headers": {
                "authorization": f"Bearer {self.token}",
                "content-type": "application/json",
                "idempotency-key": str(uuid.uuid4()),
            },
            "body": "" if sent is None else json.dumps(sent),
        }
        with self._metered(function) as meter:
            told = await answer(self.apis[function], event)
            meter.add(messages=1)
        assert told.status < 300, (told.status, told.body)
        return json.loads(told.body) if "json" in told.headers["content-type"] else None

    async def through(self, webhook: Signed) -> None:
        """One webhook through every stage."""
        headers, body = webhook
        event = {
            "requestContext": {"http": {"method": "POST"}},
            "pathParameters": {"gateway": "paypal"},
            "headers": dict(headers),
            "body": body.decode(),
        }
        intake = Intake(self.platform.receive, environ={"PENSTOCK_STACK": STACK})
        with self._metered(RECEIVE) as meter:
            intake(event)
            meter.add(messages=1)
        await self.work(Function.verify, "deliveries")
        await self.work(Function.process, "verified")
        await self.deliver()

    async def news(self) -> None:
        """Every webhook that a gateway has sent meanwhile, through every stage."""
        while caught := self._caught():
            for one in caught:
                await self.through(one)

    async def compare(self) -> None:
        """The gap detector runs once."""
        with self._metered(Function.gaps) as meter:
            compared = await self.platform.gaps(lambda: 300.0)
            meter.add(messages=1)
        assert [None for _ in compared] == [one.error for one in compared], compared

    async def deliver(self) -> None:
        """What waits for the sink is delivered."""
        with observability.bound_contextvars(sink=SINK):
            await self.work(Function.deliver, f"sink-{SINK}")

    async def work(self, function: Function, queue: str) -> None:
        """A function consumes its queue until it is empty."""
        inbox = self.platform.world.inbox(queue)
        batch = self.platform.batch(function, SINK)
        with self._metered(function) as meter:
            while messages := await inbox.receive(1, 0):
                meter.add(messages=1)
                # SQS's ids are longer than those in memory, and stand in each line.
                named = [replace(one, id=str(uuid.uuid4())) for one in messages]
                results = await batch.run(named, lambda: 30.0)
                assert [Status.done] == [one.status for one in results], results
                await inbox.delete(messages[0])

    def _caught(self) -> list[Signed]:
        caught, self.door.caught[:] = list(self.door.caught), []
        return caught

    @contextlib.contextmanager
    def _metered(self, function: str) -> Iterator[Meter]:
        meter = self.clients.meter = Meter()
        begun = self.said.tell()
        yield meter
        lines = self.said.getvalue()[begun:].splitlines()
        meter.add(log_lines=len(lines), log_bytes=sum(len(line.encode()) for line in lines))
        self.asked.setdefault(str(function), Meter()).join(meter)


@asynccontextmanager
async def line(bench: Bench) -> AsyncGenerator[Line]:
    """The stages over an empty ledger, and the gateways' simulators."""
    door, clock, said = Door(), HeldClock(), io.StringIO()
    with logging_restored(), contextlib.redirect_stdout(said):
        # As in a function: a plugin that is built gets a logger that is set up already.
        observability.configure("INFO", STACK)
        async with _made(bench, door, clock, said) as made:
            yield made


@asynccontextmanager
async def _made(
    bench: Bench, door: Door, clock: HeldClock, said: io.StringIO
) -> AsyncGenerator[Line]:
    async with tryout(clock=clock) as made, listening(door.app, "127.0.0.1", 0) as address:
        clients = MeteredClients(bench.clients, Meter())
        world: Any = MeteredWorld(made.platform.world, clients, await bench.table())
        kept, token = mint("counting", world.ids, clock.now(), scopes=frozenset(Scope))
        await world.tokens.put(kept)
        platform = replace(made.platform, world=world)
        apis = {Function.api: make_api(platform), Function.merchant: make_merchant(platform)}
        told = f"{address}/"
        yield Line(platform, clock, clients, made.simulators, told, door, token, said, apis)
