"""The plugins' stand-ins, served in this process, each at an address of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from local.emulator import require_free
from local.workspace import Workspace
from penstock.api import Simulated, Simulator
from penstock.plugins import StandIn, imported, load


@dataclass(frozen=True, slots=True)
class Running:
    """A simulator that answers at `url`, and what it told us."""

    url: str
    told: Simulated


@asynccontextmanager
async def simulators(
    workspace: Workspace, used: Mapping[str, str]
) -> AsyncIterator[Mapping[str, Running]]:
    """
    Serve a simulator for each gateway and sink that is used, by its name.

    Args:
        used: by name, the plugin that it is an instance of: each plays an account of its own.

    Raises:
        EmulatorError: the port of one is taken.
        PluginError: a plugin cannot be loaded.
    """
    found = {one.name: one for one in load().simulators}
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(_served(name, found[plugin], workspace))
            for name, plugin in sorted(used.items())
            if plugin in found
        }


@asynccontextmanager
async def _served(name: str, stand_in: StandIn, workspace: Workspace) -> AsyncIterator[Running]:
    build = imported(stand_in)
    simulator: Simulator = build(workspace.part("simulators", name))
    port = workspace.port(name)
    require_free(port, f"the simulator {name}")
    # Otherwise a caller that polls for a capture would wait until the connection is idle.
    runner = web.AppRunner(simulator.app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        url = f"http://127.0.0.1:{port}"
        yield Running(url, simulator.describe(url))
    finally:
        await runner.cleanup()
