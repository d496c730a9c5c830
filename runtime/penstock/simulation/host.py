"""Hosts: the API, the queues' consumers and the schedules in a process that may die."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.bootstrap import Platform
from penstock.bootstrap.memory import MemoryWorld
from penstock.contracts import Contract
from penstock.entrypoints.http.api import Api
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.merchant import MerchantHandlers
from penstock.entrypoints.http.message import Answer, Request
from penstock.entrypoints.http.pages.handlers import PageHandlers
from penstock.entrypoints.http.tokens import Authenticator
from penstock.entrypoints.serve.consume import RENEW_EVERY, consumers, gaps, renew, sweep
from penstock.errors import PenstockError, TransientError
from penstock.pipeline.batch import Batch, Status
from penstock.plugins import Registry
from penstock.settings import Function, Settings
from penstock.simulation.chance import Chance
from penstock.simulation.http import FaultyHttp, Network
from penstock.simulation.ports import HostClock, ProcessWorld
from penstock.simulation.process import Process
from penstock.simulation.watch import Watch

ANSWER_WITHIN = 30.0
"""Seconds a client waits for an answer."""
FUNCTION_ENDS = 120.0
"""Seconds after which an invocation is ended."""
SCHEDULES = {Function.sweep: 60.0, Function.gaps: 600.0, Function.renew: RENEW_EVERY}


@dataclass(frozen=True)
class Deployment:
    """
    What all hosts have in common.

    Attributes:
        sinks: the sinks' names.
    """

    settings: Settings
    environ: Mapping[str, str] = field(repr=False)
    registry: Registry
    profiles: Mapping[str, Mapping[str, Any]] = field(repr=False)
    contract: Contract
    world: MemoryWorld
    network: Network
    watch: Watch
    chance: Chance
    sinks: Sequence[str]

    def platform(self, process: Process, clock: HostClock) -> Platform:
        """The stages as a process that begins has them."""
        http = FaultyHttp(self.network, process)
        world = ProcessWorld(self.world, process, clock, http)
        made = Platform(self.settings, self.environ, self.registry, world, self.profiles)
        for gateway in made.gateways.values():
            self.watch.over(gateway, process)
        return made


class Host:
    """A machine on which one process after another runs; each begins anew."""

    def __init__(self, name: str, deployment: Deployment, skew: float) -> None:
        self.name = name
        self.deployment = deployment
        self.clock = HostClock(deployment.world.clock, skew)
        self.process = Process(name, deployment.chance, alive=False)
        self._begun = 0

    async def begin(self) -> None:
        """Start a process."""
        await self.process.gone()
        self._begun += 1
        self.process = Process(f"{self.name}.{self._begun}", self.deployment.chance)
        self.run(self.deployment.platform(self.process, self.clock))

    def run(self, platform: Platform) -> None:
        """Start what this kind of host does."""
        raise NotImplementedError

    def kill(self) -> None:
        """End the process."""
        self.process.kill()


class Serving(Host):
    """`penstock serve`: everything in one process."""

    def run(self, platform: Platform) -> None:
        """Start the consumers and the schedules, and answer requests."""
        self._api = api_of(platform, self.deployment.contract)
        self._stop = stop = asyncio.Event()
        works = [one.run() for one in consumers(platform, self.deployment.sinks, stop)]
        schedules = sweep, gaps, renew
        for work in (*works, *(one(platform, stop) for one in schedules)):
            self.process.start(work)

    async def ask(self, request: Request) -> Answer | None:
        """The answer to a request; None where none came."""
        if not self.process.alive:
            return None
        asked = self.process.start(self._api(request))
        done, _ = await asyncio.wait((asked,), timeout=ANSWER_WITHIN)
        return asked.result() if done and not asked.cancelled() else None

    async def stop(self) -> None:
        """End in good order: what began is finished."""
        self._stop.set()
        waits = [task for task in self.process.tasks if not task.done()]
        if waits:
            await asyncio.wait(waits, timeout=60)
        self.kill()


class Functions(Host):
    """One sandbox of each function: batches of its queue, and its schedules."""

    def run(self, platform: Platform) -> None:
        """Invoke each function as its queue or its schedule does."""
        for function in (Function.verify, Function.process, Function.charge):
            self.process.start(self._consume(platform.batch(function)))
        for sink in self.deployment.sinks:
            self.process.start(self._consume(platform.batch(Function.deliver, sink)))
        for function, every in SCHEDULES.items():
            self.process.start(self._repeat(platform, function, every))

    async def _consume(self, batch: Batch) -> None:
        while True:
            try:
                messages = await batch.inbox.receive(10, 20.0)
                async with asyncio.timeout(FUNCTION_ENDS):
                    results = await batch.run(messages, self._remaining())
                for message, result in zip(messages, results, strict=True):
                    if result.status is not Status.retry:
                        await batch.inbox.delete(message)
            except (TransientError, TimeoutError):
                await asyncio.sleep(2.0)

    async def _repeat(self, platform: Platform, function: Function, every: float) -> None:
        while True:
            try:
                async with asyncio.timeout(FUNCTION_ENDS):
                    await _invoked(platform, function, self._remaining())
            except (PenstockError, TimeoutError):
                pass  # the next run of the schedule is the next try
            await self.clock.sleep(every)

    def _remaining(self) -> Callable[[], float]:
        end = self.clock.monotonic() + FUNCTION_ENDS
        return lambda: end - self.clock.monotonic()


async def _invoked(platform: Platform, function: Function, remaining: Callable[[], float]) -> None:
    """What the function's handler does at each call of its schedule."""
    match function:
        case Function.sweep:
            await platform.sweep(remaining=remaining)
            await platform.retention(remaining)
        case Function.gaps:
            await platform.gaps(remaining)
        case _:
            await platform.renew(remaining)


def api_of(platform: Platform, contract: Contract) -> Api:
    """Every operation of the contract, as `penstock serve` has them."""
    handlers = {
        **Handlers(platform, contract).table(),
        **MerchantHandlers(platform).table(),
        **PageHandlers.of(platform).table(),
    }
    authenticate = Authenticator(platform.world.tokens, platform.world.clock)
    return Api(contract, handlers, authenticate, ("api", "merchant", "receive"))
