"""A platform in memory with the gateways of the examples, and a client that asks one host."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from penstock.api import Context, hookimpl
from penstock.bootstrap import Platform
from penstock.bootstrap.memory import MemoryWorld
from penstock.domain.caller import Scope
from penstock.entrypoints.http.tokens import mint
from penstock.pipeline.batch import Status
from penstock.plugins import load
from penstock.settings import Function, Settings
from penstock.testing.clock import FrozenClock
from penstock_example.notifying import DOOR as EXAMPLE_DOOR
from penstock_paypal.webhooks.door import DOOR as PAYPAL_DOOR
from tests.contract.shown.account import NOON, Account
from tests.unit.entrypoints.hosts import HOSTS, Ask, Headers, Told
from tests.unit.entrypoints.stand import HexIds, NoHttp, NoSettings, Pager
from tests.unit.pipeline.acme import Acme

ENVIRON = {
    "PENSTOCK_GATEWAYS": "example,paypal",
    "PENSTOCK_SINK": "pager",
    "PENSTOCK_API_URL": "https://pay.example.org",
    "PENSTOCK_OPERATIONS_API": "true",
}


class PayPalSettings(BaseModel):
    """Which of PayPal's doors it is."""

    environment: str = "sandbox"


@dataclass
class House:
    """Everything of the platform is real but the gateways, the time and the new ids."""

    platform: Platform = field(init=False)
    world: MemoryWorld = field(init=False)
    example: Acme = field(default_factory=lambda: Acme(name="example"))
    paypal: Account = field(default_factory=Account)
    pager: Pager = field(default_factory=Pager)
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(NOON))
    world_of: type[MemoryWorld] = MemoryWorld

    def __post_init__(self) -> None:
        sinks = {"pager": None}
        self.world = self.world_of(clock=self.clock, ids=HexIds(), http=NoHttp(), sinks=sinks)
        registry = load([self._plugin()])
        self.platform = Platform(Settings.read(ENVIRON), ENVIRON, registry, self.world)

    def _plugin(self) -> ModuleType:
        def example(context: Context[NoSettings]) -> Acme:
            return self.example

        def paypal(context: Context[PayPalSettings]) -> Account:
            return self.paypal

        def pager(context: Context[NoSettings]) -> Pager:
            return self.pager

        @hookimpl
        def penstock_register_gateways(register: Any) -> None:
            register(name="example", settings=NoSettings, build=example, door=EXAMPLE_DOOR)
            register(name="paypal", settings=PayPalSettings, build=paypal, door=PAYPAL_DOOR)

        @hookimpl
        def penstock_register_sinks(register: Any) -> None:
            register(name="pager", settings=NoSettings, build=pager)

        plugin = ModuleType("penstock_house")
        vars(plugin).update(
            penstock_register_gateways=penstock_register_gateways,
            penstock_register_sinks=penstock_register_sinks,
        )
        return plugin

    async def work(self) -> None:
        """Work the payments queue off, as the charge function does."""
        queue = self.world.queues["payments"]
        batch = self.platform.batch(Function.charge)
        messages = await queue.receive(10, 0)
        for message, result in zip(messages, await batch.run(messages, lambda: 60.0), strict=True):
            if result.status is not Status.retry:
                await queue.delete(message)


@dataclass(frozen=True, slots=True)
class Visit:
    """One host of a house, and the token of a client of it."""

    house: House
    ask: Ask
    token: str = field(repr=False)

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        **headers: str,
    ) -> Told:
        """Ask; `token=""` sends none."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = json.dumps(body).encode() if body is not None else b""
        return await self.ask(method, path, self.headers(given, sent, token), sent)

    def headers(self, given: Mapping[str, str], sent: bytes, token: str | None) -> Headers:
        bearer = self.token if token is None else token
        pairs = {**({"Authorization": f"Bearer {bearer}"} if bearer else {}), **given}
        if sent:
            pairs["Content-Type"] = "application/json"
        return [(name, value.encode()) for name, value in pairs.items()]


@asynccontextmanager
async def visiting(host: str, house: House | None = None) -> AsyncIterator[Visit]:
    """A house, a new one if not given, asked through one of its hosts: serve or functions."""
    house = house or House()
    token, text = mint("shop", house.world.ids, house.clock.now(), scopes=frozenset(Scope))
    await house.world.tokens.put(token)
    async with HOSTS[host](house) as ask:
        yield Visit(house, ask, text)


async def reader(visit: Visit) -> str:
    """A token that may only read."""
    house = visit.house
    scopes = frozenset({Scope.read})
    token, text = mint("reader", house.world.ids, house.clock.now(), scopes=scopes)
    await house.world.tokens.put(token)
    return text
