"""
A platform in memory, for trying out and for tests: everything is gone when it stops.

The gateways and sinks are those whose plugins bring a simulator, each talking to its own.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from penstock.adapters.clock import SystemClock
from penstock.adapters.http import AiohttpHttp
from penstock.adapters.ids import RandomIds
from penstock.api import Clock, Simulated, Simulator
from penstock.api.addresses import is_public
from penstock.bootstrap import Platform
from penstock.bootstrap.memory import MemoryWorld
from penstock.domain.caller import Scope
from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.tokens import mint
from penstock.plugins import (
    EVENTS,
    Kind,
    Registration,
    Registry,
    StandIn,
    imported,
    load,
    plugin_variables,
    variable,
)
from penstock.settings import Settings

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Tryout:
    """
    A platform in memory that is ready to be served.

    Attributes:
        token: a bearer token of its API, with every scope.
        port: where it is to be served on 127.0.0.1: buyers are sent back there.
        simulators: where each plugin's simulator answers.
    """

    platform: Platform
    world: MemoryWorld = field(repr=False)
    sinks: list[str]
    token: str = field(repr=False)
    simulators: Mapping[str, str]
    port: int


@asynccontextmanager
async def tryout(
    registry: Registry | None = None, *, clock: Clock | None = None, port: int = 0
) -> AsyncGenerator[Tryout]:
    """
    Start the simulators and put the platform together.

    Args:
        registry: the plugins; left out, those installed.
        clock: left out, the machine's.
        port: where it will be served; 0 finds a free one.

    Raises:
        PluginError: names the plugin that is broken.
    """
    registry = registry or load()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="penstock-")))
        addresses: dict[str, str] = {}
        told: dict[str, Simulated] = {}
        for one in registry.simulators:
            simulator = _build(one, folder / one.name)
            address = await stack.enter_async_context(listening(simulator.app, HOST, 0))
            addresses[one.name] = address
            told[one.name] = simulator.describe(address)
        used = [one for one in registry.registrations if one.name in told]
        port = port or _free_port()
        platform, world, ways = _platform(registry, used, told, clock or SystemClock(), port)
        for way in ways:
            stack.push_async_callback(way.aclose)
        token, text = mint("tryout", world.ids, world.clock.now(), scopes=frozenset(Scope))
        await world.tokens.put(token)
        yield Tryout(platform, world, _names(used, Kind.sink), text, addresses, port)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as found:
        return found.getsockname()[1]


def _platform(
    registry: Registry,
    used: list[Registration],
    told: Mapping[str, Simulated],
    clock: Clock,
    port: int,
) -> tuple[Platform, MemoryWorld, Sequence[AiohttpHttp]]:
    environ = {
        "PENSTOCK_STACK": "memory",
        "PENSTOCK_API_URL": f"http://{HOST}:{port}",
        "PENSTOCK_GATEWAYS": ",".join(_names(used, Kind.gateway)),
        "PENSTOCK_SINKS": ",".join(_names(used, Kind.sink)),
        "SQS_MAX_NUMBER_OF_MESSAGES": "10",
        # Everything can be tried out here; nothing of it lasts.
        "PENSTOCK_OPERATIONS_API": "true",
    }
    for one in used:
        environ |= plugin_variables(one.kind, one.name, told[one.name].settings)
        if one.kind is Kind.sink:
            # Somebody who tries it out wants to see everything.
            environ[variable(Kind.sink, one.name, EVENTS)] = "all"
    settings = Settings.read(environ)
    http = AiohttpHttp(settings.request_timeout)
    public_http = AiohttpHttp(settings.request_timeout, allows=is_public)
    world = MemoryWorld(
        clock=clock,
        ids=RandomIds(),
        http=http,
        public_http=public_http,
        sinks=dict.fromkeys(_names(used, Kind.sink)),
        secrets={name: one.secret for name, one in told.items()},
        # One process: nothing has to be written as text on its way from stage to stage.
        as_sent=True,
    )
    profiles = {name: one.profile for name, one in told.items()}
    return Platform(settings, environ, registry, world, profiles), world, (http, public_http)


def _build(offer: StandIn, folder: Path) -> Simulator:
    folder.mkdir(mode=0o700)
    build: Callable[[Path], Simulator] = imported(offer)
    return build(folder)


def _names(used: list[Registration], kind: Kind) -> list[str]:
    return [one.name for one in used if one.kind is kind]
