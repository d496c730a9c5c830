"""One process of the platform, from its start to its death at any call."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from penstock.api import Simulated
from penstock.bootstrap import Platform
from penstock.bootstrap.memory import MemoryWorld
from penstock.plugins import Kind, load, plugin_variables
from penstock.settings import Settings
from tests.plugins.paypal.machine.mortal import Mortal

_installed = cache(load)
"""The plugins, looked for once: processes begin and die by the hundred."""


@dataclass
class Process:
    """One process of the platform, from its start to its death, over a world that outlives it."""

    world: MemoryWorld
    told: Simulated
    mortal: Mortal = field(default_factory=Mortal)

    @cached_property
    def platform(self) -> Platform:
        environ = {
            "PENSTOCK_STACK": "memory",
            "PENSTOCK_API_URL": "http://127.0.0.1:8080",
            "PENSTOCK_GATEWAYS": "paypal",
            "PENSTOCK_SINKS": "",
            **plugin_variables(Kind.gateway, "paypal", self.told.settings),
        }
        profiles = {"paypal": self.told.profile}
        settings = Settings.read(environ)
        made = Platform(settings, environ, _installed(), self._ports(), profiles)
        # A cached property: what is put there first is what the stages get.
        gateways = {name: self.mortal.around(one) for name, one in made.gateways.items()}
        made.__dict__["gateways"] = gateways
        return made

    def _ports(self) -> Any:
        return _Ports(self.world, self.mortal)


class _Ports:
    """The world as one process sees it."""

    def __init__(self, world: MemoryWorld, mortal: Mortal) -> None:
        self._world, self._mortal = world, mortal
        self.ledger = mortal.around(world.ledger)
        self.watermarks = mortal.around(world.watermarks)

    def channel(self, name: str) -> Any:
        return self._mortal.around(self._world.channel(name))

    def inbox(self, queue: str) -> Any:
        return self._mortal.around(self._world.inbox(queue))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)
