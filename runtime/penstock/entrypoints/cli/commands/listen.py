"""`penstock listen`."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.session import (
    Code,
    CommandError,
    Confirm,
    Session,
    StackName,
    session,
)
from penstock.entrypoints.cli.terminal import say, say_json

if TYPE_CHECKING:
    from penstock.api import History, Notification
    from penstock.bootstrap import Platform


def listen(
    context: typer.Context,
    gateway: Annotated[str, typer.Option(help="whose events")] = "paypal",
    minutes: Annotated[
        float, typer.Option("--back", min=0, max=60, help="begin so many minutes ago")
    ] = 0,
    every: Annotated[float, typer.Option(min=1, max=600, help="seconds between two looks")] = 5,
    stack: StackName = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, one object a line")] = False,
    confirmed: Confirm = None,
) -> None:
    """
    Follow a gateway's list of events and feed the stack with those it lacks, until Ctrl-C.

    No webhook has to reach you: the events are fetched, and processed as if they had come.
    """
    begun = session(context, stack, as_json, confirmed)
    begun.guard("feeding events")
    asyncio.run(_listen(begun, gateway, timedelta(minutes=minutes), every))


async def _listen(begun: Session, name: str, back: timedelta, every: float) -> None:
    from penstock.entrypoints.cli.listening import Listening

    world = begun.stack().world()
    platform = begun.stack().platform(world)
    try:
        gateway = _lister(platform, name)
        listening = Listening(
            platform.gaps,
            gateway,
            world.clock.now() - back,
            _json if begun.json else _line,
            _unanswered,
        )
        if not begun.json:
            say(f"penstock: listening to {name}, every {every:g} s; Ctrl-C ends it")
        stop = _told_to_stop()
        async with (await audited(world))("listen", [f"gateway#{name}"]) as trail:
            await listening.until(stop, every)
            trail.effect = f"{listening.fed} notifications fed in"
    finally:
        await world.close()
    if not begun.json:
        say(f"penstock: stopped; {listening.shown} events, {listening.fed} fed in")


def _lister(platform: Platform, name: str) -> History:
    from penstock.api import History

    found = platform.gateways.get(name)
    if found is None:
        has = ", ".join(platform.gateways) or "none"
        raise CommandError(f"the stack has no gateway {name}; it has {has}", Code.not_found)
    if not isinstance(found, History):
        raise CommandError(
            f"{name} does not list its events: it has no capability History", Code.refused
        )
    return found


def _told_to_stop() -> asyncio.Event:
    """Set by Ctrl-C or SIGTERM; a second one ends the process at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    return stop


def _line(one: Notification, fed: bool) -> None:
    at = one.occurred_at.isoformat(timespec="seconds")
    about = str(one.subject or one.resource_id or "")
    say(f"{at}  {'fed in' if fed else 'known '}  {one.type}  {about}  {one.id}")


def _json(one: Notification, fed: bool) -> None:
    told: dict[str, Any] = {
        "id": one.id,
        "type": one.type,
        "subject": str(one.subject) if one.subject else None,
        "occurred_at": one.occurred_at.isoformat(),
        "fed_in": fed,
    }
    say_json(told)


def _unanswered(because: str) -> None:
    say(f"penstock: {because}; trying again", err=True)
