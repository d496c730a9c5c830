"""`penstock serve`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from penstock import observability
from penstock.entrypoints.cli.session import Code, CommandError, StackName, session


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
    from penstock.entrypoints import serve as host_of_all

    def ready(address: str) -> None:
        typer.echo(f"penstock: serving on {address}")

    if memory:
        if stack is not None:
            raise CommandError("--memory takes no --stack", Code.usage)
        asyncio.run(_in_memory(host, port))
        return
    found = session(context, stack).stack()
    platform = found.platform()
    observability.configure(platform.settings.log_level)
    asyncio.run(host_of_all.serve(platform, found.sinks, host=host, port=port, ready=ready))


async def _in_memory(host: str, port: int) -> None:
    from penstock.entrypoints import serve as host_of_all
    from penstock.entrypoints.tryout import tryout

    observability.configure("INFO")
    async with tryout() as made:

        def ready(address: str) -> None:
            typer.echo(f"penstock: serving on {address} (in memory)")
            typer.echo(f"penstock: Authorization: Bearer {made.token}")
            for name, simulator in made.simulators.items():
                typer.echo(f"penstock: the {name} simulator is at {simulator}")

        await host_of_all.serve(made.platform, made.sinks, host=host, port=port, ready=ready)
