"""The simulated PayPal, and the whole platform in memory beside it, at one time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from penstock.adapters.http import AiohttpHttp
from penstock.api import Simulated, Subscriber
from penstock.bootstrap.memory import MemoryWorld
from penstock.domain.events import Event
from penstock.domain.signup import SignUp
from penstock.errors import TransientError
from penstock.pipeline.batch import Status
from penstock.pipeline.subscribe import SignUpRequest
from penstock.settings import Function
from penstock.testing.kept_events import CheckedQueue
from penstock_paypal import shapes
from penstock_paypal.simulator.app import PayPalSimulator
from penstock_paypal.simulator.authority import Identity
from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.credentials import Credentials
from tests.plugins.paypal.machine.mortal import Killed
from tests.plugins.paypal.machine.process import Process
from tests.plugins.paypal.simulator_billing.shop import cycle

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
"""A day that most months do not have."""
SHORT = f"P-{'SHORT':0<24}"
"""The plan of two weeks, after which it expires."""
ADA = Subscriber("Ada", "Lovelace", "ada@example.test")
_CLEARS, _RELEASED = timedelta(days=6), timedelta(days=21)
_PAYPAL_TRIES_FOR = timedelta(days=3)
_AGAIN = timedelta(minutes=1)
_SELDOM = timedelta(hours=6)
_MOST_STEPS = 2_000


class PayPalsTime:
    """Our clock shows PayPal's time, also while that stands at what it plays."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def now(self) -> datetime:
        return self._books.clock()

    def monotonic(self) -> float:
        return (self.now() - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class Counted:
    """Names that are counted."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"id-{next(self._numbers)}"


@dataclass
class Life:
    """
    Both sides, and the time.

    Attributes:
        arrived: how often each event of PayPal's reached our door.
        kept: the requests that arrived, to be sent once more.
        events: what was published, each event once, oldest first.
        counts: what happened.
        door: where webhooks come in.
        keys: the plan that was asked for under each idempotency key.
        signed_up: what was opened under it.
    """

    control: TestClient[Any, Any]
    simulator: PayPalSimulator
    told: Simulated
    world: MemoryWorld
    counts: Counter[str]
    door: str
    arrived: Counter[str] = field(default_factory=Counter[str])
    kept: list[tuple[Mapping[str, str], bytes]] = field(
        default_factory=list[tuple[Mapping[str, str], bytes]]
    )
    events: dict[str, Event] = field(default_factory=dict[str, Event])
    keys: dict[str, str] = field(default_factory=dict[str, str])
    signed_up: dict[str, SignUp] = field(default_factory=dict[str, SignUp])

    def __post_init__(self) -> None:
        self.process = Process(self.world, self.told)
        self.receive = Process(self.world, self.told).platform.receive

    @property
    def books(self) -> Books:
        return self.simulator.books

    @property
    def now(self) -> datetime:
        return self.books.clock()

    async def order(self, method: str, path: str, body: Any = None) -> Any:
        """Play the buyer, the bank, the time or a fault."""
        async with self.control.request(method, f"/_simulator/{path}", json=body) as answer:
            assert answer.status < 300, (path, answer.status, await answer.text())
            return await answer.json() if answer.content_type.endswith("json") else None

    async def take(self, headers: Mapping[str, str], body: bytes, *, again: bool = False) -> None:
        """What the gateway sends comes in by the front door, once or again."""
        sent = datetime.fromisoformat(headers["PAYPAL-TRANSMISSION-TIME"])
        if self.now - sent > _PAYPAL_TRIES_FOR:
            # It was held back for longer than PayPal tries to send it, so it is lost.
            return
        if not again:
            self.kept.append((headers, body))
        self.arrived[str(shapes.parse(body)["id"])] += 1
        await self.receive("paypal", headers, body)

    async def alive(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do something of ours; None if the process died of it, and another one begins."""
        try:
            return await work()
        except Killed:
            self.counts["fault: crash"] += 1
            # What ran beside it meets its end at its next call.
            for _ in range(20):
                await asyncio.sleep(0)
            self.process = Process(self.world, self.told)
            return None

    async def sign_up(self, key: str, plan: str) -> SignUp | None:
        """`POST /subscriptions`; None if the caller has to repeat it. The key keeps its plan."""
        plan = self.keys.setdefault(key, plan)
        asked = SignUpRequest("paypal", plan, f"customer-{key}", ADA)
        try:
            made = await self.alive(lambda: self.process.platform.subscribe(key, asked))
        except TransientError:
            self.counts["answer: 503"] += 1
            return None
        if made is not None:
            self.signed_up[key] = made
        return made

    async def work(self) -> None:
        """Whatever is queued or due now."""
        for _ in range(200):
            busy = await self._consumed(Function.verify) + await self._consumed(Function.process)
            if not busy:
                break
        await self.alive(lambda: self.process.platform.sweep())
        sink = self.world.queues["sink-all"]
        while held := await sink.receive(10, 0):
            for message in held:
                event = Event.loads(message.body)
                self.events.setdefault(event.id, event)
                await sink.delete(message)

    async def _consumed(self, function: Function) -> int:
        queue = self.world.queues["deliveries" if function is Function.verify else "verified"]
        messages = await queue.receive(10, 0)
        if not messages:
            return 0
        batch = self.process.platform.batch(function)
        results = await self.alive(lambda: batch.run(messages, lambda: 3600.0))
        for message, result in zip(messages, results or [], strict=False):
            if result.status is not Status.retry:
                await queue.delete(message)
        return len(messages)

    async def until(self, end: datetime) -> None:
        """Let time pass, with all that falls due at PayPal and with us on the way."""
        wait = _AGAIN
        for _ in range(_MOST_STEPS):
            await self.work()
            if self.now >= end:
                return
            waits = await self.waiting()
            soon = [end, *self._due_at_paypal(), *await self._due_with_us()]
            if waits:
                soon.append(self.now + wait)
            wait = min(wait * 2, _SELDOM) if waits else _AGAIN
            await self._at(min(at for at in soon if at > self.now))
        raise AssertionError(f"too much falls due: {await self.unfinished()}")

    async def waiting(self) -> bool:
        """Whether a queue holds anything."""
        depths = [await self.world.queues[q].depth() for q in ("deliveries", "verified")]
        return any(any(depth.values()) for depth in depths)

    async def unfinished(self) -> list[str]:
        """What is due by now."""
        return [str(ref) for ref in await self.world.ledger.due(self.now, 1000)]

    async def _at(self, moment: datetime) -> None:
        ahead = (moment - START).total_seconds()
        await self.order("PUT", "clock", {"ahead_seconds": ahead})

    async def _due_with_us(self) -> list[datetime]:
        refs = await self.world.ledger.due(self.now + timedelta(days=4000), 1000)
        found = [await self.world.ledger.find(ref) for ref in refs]
        # The sweep comes every minute.
        soonest = self.now + _AGAIN
        return [max(one.due_at, soonest) for one in found if one and one.due_at]

    def _due_at_paypal(self) -> list[datetime]:
        found: list[datetime | None] = []
        for one in self.books.subscriptions.values():
            info = shapes.mapping(one.get("billing_info"))
            found.append(shapes.moment(info, "next_billing_time"))
            found.append(shapes.moment(info, "last_failed_payment", "next_payment_retry_time"))
        for sale in self.books.sales.values():
            made = shapes.moment(sale, "create_time") or self.now
            found += [made + _CLEARS, made + _RELEASED]
        return [at for at in found if at is not None]


@asynccontextmanager
async def beginning(
    identity: Identity, credentials: Credentials, counts: Counter[str]
) -> AsyncGenerator[Life]:
    """Both sides at the start: time stands, ids are counted, PayPal knows our webhook."""
    numbers = count(1)
    books = Books(machine=lambda: START, letters=lambda n: f"{next(numbers):0{n}}"[:n])
    simulator = PayPalSimulator(identity, credentials, books)
    books.add_plan(
        {
            **books.plan(),
            "id": SHORT,
            "billing_cycles": [{**cycle("WEEK", "3.00", 2), "sequence": 1}],
        }
    )
    http, lives = AiohttpHttp(30.0), list[Life]()

    async def take(request: web.Request) -> web.Response:
        await lives[0].take(request.headers, await request.read())
        return web.Response(status=202)

    door = web.Application()
    door.router.add_post("/webhooks/paypal", take)
    async with TestClient(TestServer(simulator.app)) as control, TestServer(door) as server:
        told = simulator.describe(str(control.make_url("")))
        world = MemoryWorld(
            clock=PayPalsTime(books),
            ids=Counted(),
            http=http,
            sinks={"all": None},
            secrets={"paypal": told.secret},
        )
        world.topic("events").subscribe(CheckedQueue(world.clock))
        url = str(server.make_url("/webhooks/paypal"))
        life = Life(control, simulator, told, world, counts, url)
        lives.append(life)
        await life.order("PUT", "registration", {"url": url})
        yield life
        await http.aclose()


def identity_of(folder: Path) -> tuple[Identity, Credentials]:
    """What the simulator signs with, good from the start on."""
    return Identity.kept(folder, START), Credentials.kept(folder)
