"""The API over a ledger in memory, at an address a browser can open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

from penstock.api import Context, hookimpl
from penstock.bootstrap import Platform
from penstock.bootstrap.memory import MemoryWorld
from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.web import application
from penstock.plugins import load
from penstock.settings import Settings
from tests.unit.entrypoints.stand import HexIds, NoHttp, NoSettings
from tests.unit.pages.scene import Gate, Scene

ENVIRON = {
    "PENSTOCK_GATEWAYS": "gate",
    "PENSTOCK_API_URL": "http://127.0.0.1",
    "PENSTOCK_PAGES_BRAND": "Ada's Books",
    "PENSTOCK_PAGES_SUPPORT_URL": "https://shop.example/help",
    "PENSTOCK_PAGES_CONTINUE_URL": "https://shop.example/account",
}


def platform_of(scene: Scene) -> Platform:
    """A platform over the scene's ledger and gateway."""
    world = MemoryWorld(clock=scene.clock, ids=HexIds(), http=NoHttp(), sinks={})
    world.ledger = scene.ledger
    return Platform(Settings.read(ENVIRON), ENVIRON, load([_plugin(scene.gate)]), world)


@asynccontextmanager
async def served(scene: Scene) -> AsyncIterator[str]:
    """Serve it; yields the address."""
    async with listening(application(platform_of(scene)), "127.0.0.1", 0) as url:
        yield url


def _plugin(gate: Gate) -> ModuleType:
    def built(context: Context[NoSettings]) -> Gate:
        return gate

    @hookimpl
    def penstock_register_gateways(register: Any) -> None:
        register(name="gate", settings=NoSettings, build=built)

    plugin = ModuleType("penstock_gate")
    vars(plugin)["penstock_register_gateways"] = penstock_register_gateways
    return plugin
