"""`penstock serve`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from typing import Annotated

import typer

from penstock import observability
from penstock.adapters.clock import SystemClock
from penstock.entrypoints.cli.session import Code, CommandError, StackName, session
from penstock.settings import Settings, variable

LEVEL = variable("log_level")


def serve(
    context: typer.Context,
    stack: StackName = None,
    memory: Annotated[
        bool,
        typer.Option("--memory", help="no stack: everything in memory, gone when it stops"),
    ] = False,
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="the port; 0 takes a free one")] = 8080,
) -> None:
    """Serve the API, consume every queue and sweep, in one process, until SIGTERM or Ctrl-C."""
    # Imported here: no other command needs a server.
    from penstock.entrypoints.serve import host as host_of_all
    from penstock.entrypoints.serve.log_rate import LineRate

    def ready(address: str) -> None:
        typer.echo(f"penstock: serving on {address}")

    if memory:
        if stack is not None:
            raise CommandError("--memory takes no --stack", Code.usage)
        asyncio.run(_in_memory(host, port))
        return
    found = session(context, stack).stack()
    platform = found.platform()
    level = _level(platform.settings, os.environ)
    for line in _said_of_logs(level, found.outputs.get("serveLogGroup")):
        typer.echo(f"penstock: {line}", err=True)
    limit = LineRate(platform.world.clock)
    observability.configure(level, platform.settings.stack, limit=[limit])
    asyncio.run(host_of_all.serve(platform, found.sinks, host=host, port=port, ready=ready))


def _level(settings: Settings, environ: Mapping[str, str]) -> str:
    """LOG_LEVEL of this process, or else the stack's."""
    own = environ.get(LEVEL)
    return Settings.read({LEVEL: own}).log_level if own else settings.log_level


def _said_of_logs(level: str, group: str | None) -> Iterator[str]:
    if level not in ("DEBUG", "INFO"):
        yield f"{LEVEL} is {level}: alarms and metrics, made of log events below it, hear nothing"
    if group:
        yield f"alarms count what this prints once it is sent to the log group {group}"


async def _in_memory(host: str, port: int) -> None:
    from penstock.entrypoints.serve import host as host_of_all
    from penstock.entrypoints.serve.log_rate import LineRate
    from penstock.entrypoints.serve.tryout import tryout

    observability.configure("INFO", limit=[LineRate(SystemClock())])
    async with tryout(port=port) as made:

        def ready(address: str) -> None:
            typer.echo(f"penstock: serving on {address} (in memory)")
            typer.echo(f"penstock: Authorization: Bearer {made.token}")
            for name, simulator in made.simulators.items():
                typer.echo(f"penstock: the {name} simulator is at {simulator}")

        await host_of_all.serve(made.platform, made.sinks, host=host, port=made.port, ready=ready)
