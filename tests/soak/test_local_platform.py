"""
The local platform under mixed traffic while hosts are killed: all books agree to the cent.

`make check` runs it for some seconds, `make soak` and `make check-deep` for minutes. The table at
the end says what each party has. A failure prints the seed: PENSTOCK_SOAK_SEED repeats its
choices, though not the machine's own timing; PENSTOCK_SOAK_SECONDS says for how long.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import aiohttp
import pytest

from local.emulator import PYTHON
from local.platform import platform, settings
from local.tokens import create_token
from local.workspace import Workspace
from tests.depth import DEEP
from tests.e2e.world import World
from tests.soak.books import Books
from tests.soak.chaos import Chaos
from tests.soak.hosts import Hosts, hosts
from tests.soak.operators import Operators
from tests.soak.reading import Reading
from tests.soak.reconciliation import reconcile
from tests.soak.rest import dead, open_work
from tests.soak.table import table
from tests.soak.traffic import Traffic

SECONDS = float(os.environ.get("PENSTOCK_SOAK_SECONDS", "150" if DEEP else "12"))
SEED = int(os.environ.get("PENSTOCK_SOAK_SEED", "0")) or secrets.randbits(32)
WIDE = 4
"""How many clients act side by side."""
CALM = 150.0
"""
Seconds after which what has not come to rest is stranded. What was committed and not sent is due a
minute later, rounded up to the whole minute; everything else comes to rest sooner.
"""
HIDDEN = "25"
"""
Seconds for which queues hide a message: what a killed host held comes back so soon. The stack
gives six times a function's time; it is lowered by hand, as an operator may do.
"""
KNOWN_FOR = 6.0
"""Seconds after a release for which a host may still hold what it begins."""
SHORT = {
    "backoffBaseSeconds": 1,
    "backoffCapSeconds": 1,
    "functionTimeoutSeconds": 11,
    "itemTimeoutSeconds": 5,
    "requestTimeoutSeconds": 4,
    "unknownAfterSeconds": 5,
    "throttlingRate": 100,
}

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.slow,
    pytest.mark.soak,
    pytest.mark.timeout(SECONDS + CALM + 200),
]


@dataclass(slots=True)
class Soak:
    """The platform under test, who uses it, and what goes wrong."""

    world: World
    hosts: Hosts
    traffic: Traffic
    chaos: Chaos
    operators: Operators
    reading: Reading

    async def storm(self) -> None:
        """All of it side by side."""
        end = time.monotonic() + SECONDS

        def going() -> bool:
            return time.monotonic() < end

        async def client() -> None:
            while going():
                await self.traffic.one()

        async with asyncio.TaskGroup() as acting:
            for work in (self.chaos.sandboxes, self.chaos.servers, self.chaos.gateways):
                acting.create_task(work(going))
            acting.create_task(self.operators.night(going))
            for _ in range(WIDE):
                acting.create_task(client())
            while going():
                await asyncio.sleep(2)
                await self.reading.look_at_slack()
            await asyncio.sleep(1)
            await self.chaos.heal()

    async def calm(self) -> list[str]:
        """All is well again: wait until everything has come to rest; what has not."""
        end = time.monotonic() + CALM
        await self.chaos.heal()
        await asyncio.sleep(KNOWN_FOR)
        await self.operators.release()
        while waiting := await self._waiting():
            if time.monotonic() > end:
                return waiting
            await self.reading.look_at_slack()
            for queue in await asyncio.to_thread(dead, self.world):
                await self.operators.redrive(queue)
            await asyncio.to_thread(self._sweep)
        return []

    async def books(self, waiting: list[str]) -> Books:
        """What every party says now."""
        books = await self.reading.all(self.traffic.asked, self.hosts.front.taken)
        books.open = waiting
        for name, sink in books.sinks.items():
            sink.replayed = self.operators.replayed[name]
        return books

    async def _waiting(self) -> list[str]:
        await asyncio.sleep(2)
        return await asyncio.to_thread(lambda: open_work(self.world, self.reading.items()))

    def _sweep(self) -> None:
        """The sweep's schedule, a little faster."""
        name = self.world.platform.outputs["functions"]["sweep"]
        self.world.platform.client("lambda").invoke(FunctionName=name, Payload=b"{}")


@asynccontextmanager
async def soaking(folder: Path) -> AsyncIterator[Soak]:
    """A platform with its hosts, in a folder of its own."""
    random = Random(SEED)  # noqa: S311 - chosen, not secret
    patience = aiohttp.ClientTimeout(total=20)
    async with (
        aiohttp.ClientSession(timeout=patience) as http,
        platform(Workspace(folder), settings() | SHORT) as running,
        hosts(running, http) as all_hosts,
    ):
        _hide_for_less(World(running, ""))
        token = await create_token(running, "the soak")
        traffic = Traffic(all_hosts, http, token, random)
        traffic.plans = {"paypal": "P-MONTHLY".ljust(26, "0"), "example": "plan-monthly"}
        yield Soak(
            World(running, token),
            all_hosts,
            traffic,
            Chaos(all_hosts, http, random),
            Operators(all_hosts, random),
            Reading(running, http, token),
        )


def _hide_for_less(world: World) -> None:
    sqs = world.platform.client("sqs")
    for queue in world.platform.outputs["queues"].values():
        sqs.set_queue_attributes(QueueUrl=queue["url"], Attributes={"VisibilityTimeout": HIDDEN})


async def test_all_books_agree_to_the_cent_whatever_dies(tmp_path: Path) -> None:
    if not PYTHON.exists():
        pytest.fail("the emulator is not installed: run `make setup`", pytrace=False)
    began = time.monotonic()

    def at(what: str) -> None:
        # At once: of a run that hangs, the last line says where.
        print(f"{time.monotonic() - began:5.0f} s  {what}", flush=True)

    at(f"seed {SEED}, {SECONDS:g} s of traffic")
    async with soaking(tmp_path) as soak:
        at("started")
        await soak.storm()
        at("stormed")
        waiting = await soak.calm()
        at("rested")
        books = await soak.books(waiting)

    findings = reconcile(books)
    print(f"acts: {soak.traffic.did}")
    print(f"killed: {soak.hosts.killed}; faults: {soak.chaos.did}")
    print(f"operators: {soak.operators.did}\n")
    print(table(books, findings))
    assert [] == findings, f"seed {SEED}"
    assert soak.hosts.killed["sandboxes"]
    assert soak.hosts.killed["serve"]
