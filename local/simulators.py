"""The plugins' stand-ins, served in this process, each at an address of its own."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from local.emulator import require_free
from local.workspace import Workspace
from penstock.api import Simulated, Simulator
from penstock.plugins import StandIn, load


@dataclass(frozen=True, slots=True)
class Running:
    """A simulator that answers at `url`, and what it told us."""

    url: str
    told: Simulated


@asynccontextmanager
async def simulators(
    workspace: Workspace, used: Collection[str]
) -> AsyncIterator[Mapping[str, Running]]:
    """
    Serve the simulators of the gateways and sinks that are used, by name.

    Raises:
        EmulatorError: the port of one is taken.
        PluginError: a plugin cannot be loaded.
    """
    found = [one for one in load().simulators if one.name in used]
    async with AsyncExitStack() as stack:
        yield {one.name: await stack.enter_async_context(_served(one, workspace)) for one in found}


@asynccontextmanager
async def _served(stand_in: StandIn, workspace: Workspace) -> AsyncIterator[Running]:
    module, _, name = stand_in.build.partition(":")
    build = getattr(importlib.import_module(module), name)
    simulator: Simulator = build(workspace.part("simulators", stand_in.name))
    port = workspace.port(stand_in.name)
    require_free(port, f"the simulator {stand_in.name}")
    # Otherwise a caller that polls for a capture would wait until the connection is idle.
    runner = web.AppRunner(simulator.app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        url = f"http://127.0.0.1:{port}"
        yield Running(url, simulator.describe(url))
    finally:
        await runner.cleanup()
