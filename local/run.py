"""`make run`: the platform on this machine, shown at work, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console

from infra.bundle import BundleError
from infra.config.project import ConfigError
from infra.graph.values import Unrealisable
from local import view
from local.demonstration import Arrivals, DemonstrationError, lines, send
from local.emulator import ROOT, EmulatorError
from local.platform import SETTINGS, platform, settings
from local.server import serve
from local.shop import shop
from local.shop.counter import SELLERS
from local.stages import from_functions, from_server
from local.tokens import create_token
from local.workspace import Workspace
from penstock.errors import PenstockError

_EXPECTED = (
    BundleError,
    ConfigError,
    DemonstrationError,
    EmulatorError,
    PenstockError,
    Unrealisable,
)
_DEADLINE_SECONDS = 120.0
_LAST_LINES_SECONDS = 20.0
"""Both are for a machine that is busy with other things: nothing waits where all is there."""


def main() -> None:
    """Run until Ctrl-C or, with --once, until the demonstration has arrived."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end when all has arrived")
    parser.add_argument("--host", choices=("functions", "serve"), default="functions")
    parser.add_argument("--root", type=Path, default=ROOT, help="where .penstock/ is kept")
    parser.add_argument("--config", type=Path, default=SETTINGS, help="the stack's configuration")
    options = parser.parse_args()
    try:
        config = settings(options.config)
        running = _run(Workspace(options.root), config, options.host, once=options.once)
        sys.exit(asyncio.run(running))
    except _EXPECTED as exc:
        sys.exit(f"penstock: {exc}")
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("\npenstock: stopped")


async def _run(workspace: Workspace, config: Mapping[str, Any], host: str, *, once: bool) -> int:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine that runs has a task
    # asyncio.run handles SIGINT; SIGTERM ends the process the same way.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    console = Console(highlight=False)
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        with console.status("Starting the platform …"):
            running = await stack.enter_async_context(platform(workspace, config, consumers=host))
            token = await create_token(running, "make run")
            stages = from_functions(running)
            if host == "serve":
                running, log = await stack.enter_async_context(serve(running))
                stages = from_server(log)
            http = await stack.enter_async_context(aiohttp.ClientSession())
            gateways = [one.url for one in running.simulators.values()]
            sellers = [name for plugin in SELLERS for name in running.instances(plugin)]
            counter = shop(running.api_url, token, workspace.port("shop"), gateways, sellers)
            shop_url = await stack.enter_async_context(counter)
        console.print(f"Ready in {time.monotonic() - began:.1f} s ({host}).\n")
        view.addresses(console, running, token, shop_url)
        sending = datetime.now(UTC)
        sent = await send(running, http)
        shown = view.Stages(console, lines(running, sent), sending)
        showing = asyncio.create_task(shown.follow(stages))
        stack.push_async_callback(_stop, showing)
        arrivals = Arrivals(running, http, sent)
        missing = await _arrived(arrivals, shown)
        for gone in missing:
            console.print(f"[red]missing: {gone}[/red]", soft_wrap=True)
        if not missing:
            taken = f"{time.monotonic() - began:.1f} s since the start."
            console.print(f"[green]{_verdict(arrivals)}[/green] {taken}", soft_wrap=True)
        if once:
            return 1 if missing else 0
        view.what_to_try(console, running, token, sent)
        console.print("\nCtrl-C stops it.")
        await showing
    return 0


def _verdict(arrivals: Arrivals) -> str:
    """What the demonstration has shown, with the plugins that are configured."""
    if not arrivals.sent.payments:
        return (
            "Nothing was sent: the demonstration knows example, and gateways whose simulators "
            "have samples, as paypal and stripe; name one in penstock:gateways to see it."
        )
    if not arrivals.places:
        return "Sent. Nothing is delivered: penstock:sinks names none of slack, email, webhook."
    count = len(arrivals.sent.payments)
    number = {1: "the payment", 2: "both payments"}.get(count, f"all {count} payments")
    return (
        f"All arrived: {' and '.join(f'the {place}s' for place in arrivals.places)} of {number}."
    )


async def _arrived(arrivals: Arrivals, shown: view.Stages) -> list[str]:
    """Wait until all has arrived and its stages were shown; say what is missing."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DEADLINE_SECONDS):
            await arrivals.wait()
        # A function's log is there a moment after its deed.
        async with asyncio.timeout(_LAST_LINES_SECONDS):
            await shown.complete.wait()
    return await arrivals.missing()


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    main()
