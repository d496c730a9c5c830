"""An operator's requests to the API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from penstock.domain.audit import Entry
from penstock.domain.caller import Scope
from penstock.domain.payment import Payment
from penstock.pipeline.batch import Status
from penstock.ports import Outgoing
from penstock.settings import Function
from tests.unit.entrypoints.client import ORDER
from tests.unit.entrypoints.hosts import HOSTS, Ask, Told, bearer
from tests.unit.entrypoints.merchant.backend import JSON
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.acme import notification

ON = {"PENSTOCK_OPERATIONS_API": "true"}
WHY = "the card was reported stolen"


@dataclass
class Console:
    """Sends operators' commands with a token of every scope."""

    stand: Stand
    ask: Ask
    token: tuple[str, bytes] = field(repr=False)

    async def __call__(self, command: str, key: str = "k-1", **body: Any) -> Told:
        headers = [self.token, JSON, ("Idempotency-Key", key.encode())]
        sent = json.dumps({"reason": WHY, **body}).encode()
        return await self.ask("POST", f"/operations/{command}", headers, sent)

    async def charge(self, key: str = "p-1") -> str:
        """A payment whose message waits in its queue."""
        headers = [self.token, JSON, ("Idempotency-Key", key.encode())]
        body = json.dumps({"provider": "acme", "order": ORDER}).encode()
        return (await self.ask("POST", "/payments", headers, body)).json["id"]

    async def work(self) -> None:
        """Work the payments queue off."""
        queue = self.stand.world.queues["payments"]
        batch = self.stand.platform.batch(Function.charge)
        messages = await queue.receive(10, 0)
        results = await batch.run(messages, lambda: 60.0)
        for message, result in zip(messages, results, strict=True):
            if result.status is not Status.retry:
                await queue.delete(message)

    async def payment(self, identity: str) -> Payment:
        found = await self.stand.world.ledger.load(Payment, identity)
        assert found is not None
        return found

    async def entries(self) -> list[Entry]:
        today = self.stand.clock.now().date()
        return list(await self.stand.world.audit.of_day(today, 100))

    @property
    def actor(self) -> str:
        return f"token {self.token[1].decode().split('_')[1]}"


@pytest.fixture
def stand() -> Stand:
    return Stand(environ=ON)


@pytest.fixture(params=list(HOSTS))
async def console(stand: Stand, request: pytest.FixtureRequest) -> AsyncIterator[Console]:
    async with HOSTS[request.param](stand) as ask:
        yield Console(stand, ask, await bearer(stand, frozenset(Scope)))


async def sold(stand: Stand) -> str:
    """A sale that a webhook told of, whose invoice is made or withheld."""
    one = notification()
    queue = stand.world.queues["verified"]
    await queue.send(Outgoing(one.dumps(), group=one.group, dedup=one.delivery_id))
    (message,) = await queue.receive(1, 0)
    await stand.platform.process(message)
    await queue.delete(message)
    return "acme-SALE1"
