"""`penstock serve`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from penstock import observability
from penstock.entrypoints.cli.session import Code, CommandError, StackName, session
from penstock.settings import Settings, variable

if TYPE_CHECKING:
    # What serves is imported when it serves: no other command needs it.
    from structlog.typing import Processor

    from penstock.bootstrap import Platform
    from penstock.entrypoints.http.web import Answered
    from penstock.entrypoints.serve.watched import Watched

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
    where = _address(metrics)
    if memory:
        if stack is not None:
            raise CommandError("--memory takes no --stack", Code.usage)
        asyncio.run(_in_memory(host, port, where))
        return
    found = session(context, stack).stack()
    world = found.world()
    platform = found.platform(world)
    level = _level(platform.settings, os.environ)
    for line in _said_of_logs(level, found.outputs.get("serveLogGroup")):
        typer.echo(f"penstock: {line}", err=True)

    def ready(address: str) -> None:
        typer.echo(f"penstock: serving on {address}")

    def watch() -> Mapping[str, Watched]:
        from penstock.entrypoints.serve.watched import on_aws

        return on_aws(world, found.queues)

    asyncio.run(_Serving(platform, found.sinks, level, host, port, ready)(where, watch))


async def _in_memory(host: str, port: int, metrics: tuple[str, int] | None) -> None:
    # Imported here: no other command needs a server.
    from penstock.entrypoints.serve.tryout import tryout

    # The simulators log too, and they begin first.
    observability.configure("INFO")
    async with tryout(port=port) as made:

        def ready(address: str) -> None:
            typer.echo(f"penstock: serving on {address} (in memory)")
            typer.echo(f"penstock: Authorization: Bearer {made.token}")
            for name, simulator in made.simulators.items():
                typer.echo(f"penstock: the {name} simulator is at {simulator}")

        def watch() -> Mapping[str, Watched]:
            from penstock.entrypoints.serve.watched import in_memory

            return in_memory(made.world)

        served = _Serving(made.platform, made.sinks, "INFO", host, made.port, ready)
        await served(metrics, watch)


@dataclass(frozen=True, slots=True)
class _Serving:
    """A platform, and where it is to be served."""

    platform: Platform
    sinks: Sequence[str]
    level: str
    host: str
    port: int
    ready: Callable[[str], None]

    async def __call__(
        self, metrics: tuple[str, int] | None, watch: Callable[[], Mapping[str, Watched]]
    ) -> None:
        """Serve it, with its metrics beside it if they are wanted."""
        if metrics is None:
            await self._serve((), None)
            return
        from penstock.entrypoints.serve.metrics import Metrics
        from penstock.entrypoints.serve.scraping import scraped

        seen = Metrics()
        async with scraped(self.platform, seen, watch(), *metrics) as address:
            typer.echo(f"penstock: metrics on {address}/metrics")
            await self._serve([seen.see], seen)

    async def _serve(self, see: Sequence[Processor], answered: Answered | None) -> None:
        from penstock.entrypoints.http.web import unheard
        from penstock.entrypoints.serve.host import serve
        from penstock.entrypoints.serve.log_rate import LineRate

        limit = [LineRate(self.platform.world.clock)]
        stack = self.platform.settings.stack
        observability.configure(self.level, stack, see=see, limit=limit)
        await serve(
            self.platform,
            self.sinks,
            host=self.host,
            port=self.port,
            ready=self.ready,
            answered=answered or unheard,
        )


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
    own = environ.get(LEVEL)
    return Settings.read({LEVEL: own}).log_level if own else settings.log_level


def _said_of_logs(level: str, group: str | None) -> Iterator[str]:
    if level not in ("DEBUG", "INFO"):
        yield f"{LEVEL} is {level}: alarms and metrics, made of log events below it, hear nothing"
    if group:
        yield f"alarms count what this prints once it is sent to the log group {group}"
