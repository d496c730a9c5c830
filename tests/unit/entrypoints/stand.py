"""A whole platform in memory: only the gateway, the sink, the time and the names differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from penstock.api import (
    Attempt,
    Context,
    Delivered,
    Delivering,
    Door,
    Event,
    Http,
    Response,
    hookimpl,
)
from penstock.bootstrap import Platform
from penstock.bootstrap.memory import MemoryWorld
from penstock.plugins import load
from penstock.settings import Settings
from penstock.testing.clock import FrozenClock
from penstock.testing.kept_events import CheckedQueue
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.club import Club
from tests.unit.pipeline.till import Till
from tests.unit.pipeline.world import Counted


class NoSettings(BaseModel):
    """A plugin that needs to be told nothing."""


@dataclass
class Pager:
    """A sink that takes any event and keeps it."""

    name: str = "pager"
    got: list[Event] = field(default_factory=list[Event])
    answers: list[Delivering] = field(default_factory=list[Delivering])

    def accepts(self, event: Event) -> bool:
        return True

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        if self.answers:
            return self.answers.pop(0)
        self.got.append(event)
        return Delivered()


class HexIds(Counted):
    """Names that can be told beforehand, in the form that ours have."""

    def new(self) -> str:
        return 2 * f"{int(super().new().removeprefix('id-')):016x}"


class NoHttp:
    """Nobody here makes requests."""

    async def request(self, *args: Any, **kwargs: Any) -> Response:
        raise AssertionError("no plugin of the stand makes requests")


@dataclass
class Stand:
    """
    The platform, and what a test wants to touch of it.

    Attributes:
        club: a second gateway, which takes subscriptions, where a test wants one.
        till: a third one, whose buyers approve each payment.
    """

    acme: Acme = field(default_factory=Acme)
    pager: Pager = field(default_factory=Pager)
    clock: FrozenClock = field(default_factory=FrozenClock)
    environ: dict[str, str] = field(default_factory=dict[str, str])
    club: Club | None = None
    till: Till | None = None

    def __post_init__(self) -> None:
        http: Http = NoHttp()
        self.world = MemoryWorld(clock=self.clock, ids=HexIds(), http=http, sinks={"pager": None})
        self.world.topic("events").subscribe(CheckedQueue(self.clock))
        environ = {"PENSTOCK_GATEWAYS": "acme", "PENSTOCK_SINK": "pager", **self.environ}
        for other in (self.club, self.till):
            if other is not None:
                environ = {"PENSTOCK_API_URL": "https://pay.example.org", **environ}
                environ["PENSTOCK_GATEWAYS"] += f",{other.name}"
        registry = load([self._plugin()])
        self.platform = Platform(Settings.read(environ), environ, registry, self.world)

    def _plugin(self) -> object:
        """A plugin that comes in by the front door, like any other."""

        def gateway(context: Context[NoSettings]) -> Acme:
            return self.acme

        def club(context: Context[NoSettings]) -> Club:
            assert self.club is not None
            return self.club

        def till(context: Context[NoSettings]) -> Till:
            assert self.till is not None
            return self.till

        def sink(context: Context[NoSettings]) -> Pager:
            return self.pager

        @hookimpl
        def penstock_register_gateways(register: Any) -> None:
            door = Door(headers={"sig": "[a-z]+"}, body_limit=1024)
            register(name="acme", settings=NoSettings, build=gateway, door=door)
            if self.club is not None:
                register(name=self.club.name, settings=NoSettings, build=club)
            if self.till is not None:
                register(name=self.till.name, settings=NoSettings, build=till)

        @hookimpl
        def penstock_register_sinks(register: Any) -> None:
            register(name="pager", settings=NoSettings, build=sink)

        plugin = ModuleType("penstock_acme")
        vars(plugin).update(
            penstock_register_gateways=penstock_register_gateways,
            penstock_register_sinks=penstock_register_sinks,
        )
        return plugin
