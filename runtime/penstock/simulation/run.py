"""One seed: a few weeks of a merchant, with three storms in which everything fails."""

from __future__ import annotations

import asyncio
import importlib
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from random import Random
from typing import Any
from urllib.parse import urlsplit

from penstock import contracts
from penstock.bootstrap.memory import MemoryWorld
from penstock.contracts import Contract
from penstock.domain.events import EventType
from penstock.entrypoints.http.message import Answer, Request
from penstock.entrypoints.http.tokens import mint
from penstock.plugins import Kind, Registry, load, plugin_variables
from penstock.settings import Settings
from penstock.simulation.chance import Chance
from penstock.simulation.checks import End
from penstock.simulation.host import Deployment, Functions, Host, Serving
from penstock.simulation.http import Network
from penstock.simulation.loop import VirtualClock, VirtualLoop
from penstock.simulation.open_ledger import OpenLedger
from penstock.simulation.operators import Operators
from penstock.simulation.ports import HostClock, ProcessWorld
from penstock.simulation.post import Post
from penstock.simulation.process import Process, owned
from penstock.simulation.shop import Shop
from penstock.simulation.sink import NAME, SELECTED, Heard, plugin
from penstock.simulation.trace import Trace
from penstock.simulation.watch import Watch
from penstock.testing.kept_events import CheckedQueue
from penstock.testing.stand import Build, Stand

HOUR = 3600.0
DAY = 24 * HOUR
CUSTOMERS = 40
"""How many act in the first storm and in the last."""
FEW = 10
"""How many act in the storm between them; by then a first payment may have been denied."""
RENEWED = 10 * DAY
"""When the dead letters of the first storm are old enough to be renewed: another storm begins."""
AGAIN = (30 * DAY + 15 * HOUR, 31 * DAY, 35 * DAY)
"""
When the third storm begins: before payers are forgotten, as subscriptions are billed, or later.
"""
KEPT_FOR = timedelta(days=30)
"""How long payers' names are kept."""
REST = 12 * DAY
"""Time for everything to come to its end; the simulated gateways let no refund wait longer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of one seed.

    Attributes:
        findings: what does not hold; nothing where all is well.
        tail: the last lines of the trace.
        digest: the same for two runs of a seed.
        counts: what happened, by name.
    """

    seed: int
    findings: list[str]
    tail: list[str]
    digest: str
    counts: Counter[str] = field(default_factory=Counter[str])


def run(seed: int, gateway: str = "example", *, lines: list[str] | None = None) -> Outcome:
    """
    Play one seed.

    Args:
        lines: takes the whole trace.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(Run(seed, gateway, lines).played())


class Run:
    """A merchant's weeks; a test may play others with the same hosts."""

    def __init__(self, seed: int, gateway: str, lines: list[str] | None) -> None:
        self.seed = seed
        self.gateway = gateway
        # Chosen, not secret.
        self.chance = Chance(Random(seed))  # noqa: S311
        self.lines = lines

    async def played(self) -> Outcome:
        loop = asyncio.get_running_loop()
        factory: Any = owned  # typeshed has no task factory that takes a context
        loop.set_task_factory(factory)
        self.trace = Trace(loop, whole=self.lines)
        loop.set_exception_handler(lambda _, told: self.trace.broke(told))
        with self.trace.taken():
            await self._begun()
            findings = await self.weeks()
        counts = self._counts()
        return Outcome(self.seed, findings, list(self.trace.tail), self.trace.digest, counts)

    def _counts(self) -> Counter[str]:
        events = {event.id: event.type for event in self.heard.events[NAME]}.values()
        counts = Counter[str]({f"fault {k}": n for k, n in self.chance.met.items()})
        counts |= Counter({f"webhooks {k}": n for k, n in self.post.sent.items()})
        counts |= Counter({f"command {k}": n for k, n in self.operators.ran.items()})
        counts |= Counter(
            {
                "payments": len(self.shop.payments),
                "refunds": sum(len(one.refunds) for one in self.shop.payments.values()),
                "subscriptions": len(self.stand.subscriptions()),
                "collections": len(self.shop.collected),
                "reversals": sum(one is EventType.payment_reversed for one in events),
                "restored": sum(one is EventType.payment_restored for one in events),
                "invoices paid twice": sum("twice" in s for s in self.stand.invoices().values()),
                "events": len(events),
                "requests refused": len(self.shop.refused),
                "moves": len(self.stand.books()),
                "commands": sum(self.operators.ran.values()),
                "resolved by hand": self.operators.ran.get("resolve", 0),
                "payers forgotten": len(self.operators.forgotten),
                "dead letters renewed": self.trace.renewed,
                "lines": self.trace.lines,
            }
        )
        return counts

    async def _begun(self) -> None:
        clock = VirtualClock(asyncio.get_running_loop())
        registry, self.stand = played_gateway(self.gateway, clock, self.chance)
        self.heard = Heard(self.chance)
        registry = Registry((*registry.plugins, *load([plugin(self.heard)]).plugins))
        name = f"https://{self.gateway}.simulated"
        told = self.stand.simulator.describe(name)
        network = Network({urlsplit(name).netloc: self.stand.simulator.app})
        await network.start()
        environ = {
            "PENSTOCK_STACK": "simulated",
            "PENSTOCK_API_URL": "https://penstock.simulated",
            "PENSTOCK_GATEWAYS": self.gateway,
            "PENSTOCK_SINKS": f"{NAME},{SELECTED}",
            "PENSTOCK_RETENTION_DAYS": str(KEPT_FOR.days),
            "SQS_MAX_NUMBER_OF_MESSAGES": "10",
            **plugin_variables(Kind.gateway, self.gateway, told.settings),
        }
        self.world = MemoryWorld(
            clock=clock,
            ids=self.chance,
            http=network,  # pyright: ignore[reportArgumentType] - no host uses it: each has its own
            sinks={NAME: None, SELECTED: registry.selection(SELECTED, environ)},
            secrets={self.gateway: told.secret},
            letters_kept_for=timedelta(days=14),
        )
        self.world.topic("events").subscribe(CheckedQueue(clock))
        self.world.ledger = self.ledger = OpenLedger()
        self.heard.attempts = self.world.attempts
        token, text = mint("simulation", self.chance, clock.now())
        await self.world.tokens.put(token)
        self.watch = Watch(self.gateway)
        deployment = Deployment(
            Settings.read(environ),
            environ,
            registry,
            {self.gateway: told.profile},
            _contract(),
            self.world,
            network,
            self.watch,
            self.chance,
            (NAME, SELECTED),
        )
        self.serving = [Serving(f"serve-{n}", deployment, self._skew()) for n in (1, 2)]
        self.hosts: list[Host] = [*self.serving, Functions("lambda", deployment, self._skew())]
        able = registry.gateway(self.gateway).capabilities
        at = partial(network.at, name)
        self.post = Post(self.gateway, self.stand, self.ask, at, self.chance, "history" in able)
        self.operators = Operators(
            self.gateway,
            able,
            self.stand,
            self._command,
            self.chance,
            self.heard,
            self.ledger.entities,
        )
        self.watch.restricted = self.operators.restricted
        self.shop = Shop(self.gateway, able, self.stand, self.ask, at, text, self.chance)

    def _command(self, process: Process) -> ProcessWorld:
        return ProcessWorld(self.world, process, HostClock(self.world.clock), None)

    def _skew(self) -> float:
        return round(self.chance.delay(-1.0, 1.0), 3)

    async def weeks(self) -> list[str]:
        """Play them. Returns what does not hold at the end."""
        await self.revive(1.0)
        beside = asyncio.create_task(self.post.run())
        try:
            await self._storm(self.shop.day(CUSTOMERS, 2 * HOUR))
            # The sinks' dead letters wait until the end: they are renewed meanwhile.
            await self._quiet(RENEWED - self._now(), sinks=False)
            await self._storm(self.shop.day(FEW, 2 * HOUR), worse=2.0)
            await self._quiet(self.chance.random.choice(AGAIN) - self._now(), sinks=False)
            await self._storm(self.shop.day(CUSTOMERS, 2 * HOUR))
            await self._quiet(REST)
            return await self.findings()
        finally:
            beside.cancel()
            for host in self.hosts:
                host.kill()
                await host.process.gone()

    async def _storm(self, until: Awaitable[None], worse: float = 1.0) -> None:
        """Everything fails now and then, until that has happened, and an hour more."""
        self.stretch(1.0)
        self.chance.share = worse * self.chance.delay(0.01, 0.08)
        self.trace.add(f"storm share={self.chance.share:.3f}")
        ways = (self._restarts(), self._revived(), self.operators.night())
        beside = [asyncio.create_task(one) for one in ways]
        await until
        await asyncio.sleep(HOUR)
        for task in beside:
            task.cancel()
        self.chance.share = 0.0
        await self.revive(1.0)
        self.trace.add("calm")

    async def _quiet(self, seconds: float, *, sinks: bool = True) -> None:
        """Nothing fails: what is open comes to its end, and then time passes quickly."""
        morning = HOUR + 12 * HOUR + HOUR
        self.stretch(1.0)
        await asyncio.sleep(HOUR)
        # What was on its way when the storm ended has arrived.
        await self.operators.morning(sinks=sinks, settled=False)
        # A schedule that sleeps for hours wakes within eight: then it runs often until the end.
        wakes = 8 * HOUR
        long = seconds - morning - wakes
        for stretch, span in ((20.0, 12 * HOUR), (400.0, long), (20.0, wakes), (5.0, HOUR)):
            self.stretch(stretch)
            await asyncio.sleep(span)
        await self.operators.morning(sinks=sinks)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def stretch(self, by: float) -> None:
        """Have schedules run that much more seldom, so that quiet time passes quickly."""
        for host in self.hosts:
            host.clock.stretch = by
        self.post.every = 30.0 * by

    async def _restarts(self) -> None:
        """Hosts are killed, or stopped for a deployment."""
        while True:
            await asyncio.sleep(self.chance.delay(60.0, 1800.0))
            host = self.chance.random.choice(self.hosts)
            if isinstance(host, Serving) and host.process.alive and self.chance.is_lucky(0.5):
                await host.stop()
            host.kill()

    async def _revived(self) -> None:
        """A host that died begins anew after a while."""
        while True:
            await asyncio.sleep(30.0)
            await self.revive(0.5)

    async def revive(self, share: float) -> None:
        """Begin a host that is dead, with that probability."""
        for host in self.hosts:
            if not host.process.alive and self.chance.is_lucky(share):
                await host.begin()
                self.trace.add(f"{host.process.name} begins")

    async def ask(self, request: Request) -> Answer | None:
        """Have one of the hosts answer."""
        return await self.chance.random.choice(self.serving).ask(request)

    async def findings(self) -> list[str]:
        """What does not hold now, when everything should have come to rest."""
        end = End(
            self.world,
            self.ledger,
            self.heard,
            self.shop,
            self.stand,
            self.post,
            self.operators.forgotten,
        )
        known = (*self.watch.faults, *self.trace.bugs, *self.operators.unexplained)
        return [*known, *await end.findings()]


@cache
def _contract() -> Contract:
    return contracts.load()


def played_gateway(name: str, clock: VirtualClock, chance: Chance) -> tuple[Registry, Stand]:
    """
    A gateway's plugin, and its stand-in on the simulation's time.

    Raises:
        PluginError: no plugin offers it.
        LookupError: its simulator has no `stand`; says where it is looked for.
    """
    registry = load()
    module = registry.gateway(name).plugin
    registry = Registry(tuple(one for one in registry.plugins if one.module == module))
    simulator = next((one for one in registry.simulators if one.name == name), None)
    if simulator is None:
        raise LookupError(f"{module} registers no simulator of {name}; register one")
    where = f"{simulator.build.partition(':')[0]}.stand"
    try:
        build: Build = importlib.import_module(where).stand
    except (ModuleNotFoundError, AttributeError) as exc:
        raise LookupError(f"{where} has no function `stand`: see penstock.testing.stand") from exc
    return registry, build(clock, chance.letters)
