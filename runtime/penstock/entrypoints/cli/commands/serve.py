"""`penstock serve`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from penstock.entrypoints.cli.session import Code, CommandError, StackName, session
from penstock.entrypoints.cli.terminal import say

if TYPE_CHECKING:
    from penstock.settings import Settings

LEVEL = "LOG_LEVEL"


def serve(
    context: typer.Context,
    stack: StackName = None,
    memory: Annotated[
        bool,
        typer.Option("--memory", help="no stack: everything in memory, gone when it stops"),
    ] = False,
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="the port; 0 takes a free one")] = 8080,
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="[ADDRESS:]PORT",
            help="serve Prometheus' metrics there, on 127.0.0.1 unless an address is given",
            show_default="no metrics",
        ),
    ] = None,
) -> None:
    """Serve the API, consume every queue and sweep, in one process, until SIGTERM or Ctrl-C."""
    wanted = _address(metrics)
    if memory and stack is not None:
        raise CommandError("--memory takes no --stack", Code.usage)
    # Imported here: no other command needs a server.
    from penstock.entrypoints.serve.process import Listens, Process, run_in_memory
    from penstock.entrypoints.serve.watched import on_aws

    listens = Listens(host, port, wanted)
    if memory:
        asyncio.run(run_in_memory(listens, _say))
        return
    found = session(context, stack).stack()
    world = found.world()
    platform = found.platform(world)
    level = _level(platform.settings, os.environ)
    for line in _said_of_logs(level, found.outputs.get("serveLogGroup")):
        say(f"penstock: {line}", err=True)

    def ready(address: str) -> None:
        _say(f"serving on {address}")

    queues = on_aws(world, found.queues)
    asyncio.run(Process(platform, found.sinks, queues, listens, level, ready, _say).run())


def _say(line: str) -> None:
    say(f"penstock: {line}")


def _address(told: str | None) -> tuple[str, int] | None:
    """Where the metrics are served: `9464`, `10.0.0.5:9464` or `[::1]:9464`."""
    if told is None:
        return None
    host, _, port = told.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise CommandError("--metrics takes a port, or an address and a port", Code.usage)
    return host.strip("[]") or "127.0.0.1", int(port)


def _level(settings: Settings, environ: Mapping[str, str]) -> str:
    """LOG_LEVEL of this process, or else the stack's."""
    from penstock.settings import Settings

    own = environ.get(LEVEL)
    return Settings.read({LEVEL: own}).log_level if own else settings.log_level


def _said_of_logs(level: str, group: str | None) -> Iterator[str]:
    if level not in ("DEBUG", "INFO"):
        yield f"{LEVEL} is {level}: alarms and metrics, made of log events below it, hear nothing"
    if group:
        yield f"alarms count what this prints once it is sent to the log group {group}"
