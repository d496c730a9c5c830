"""`penstock events replay`: events go to one sink again, or to every sink in turn."""

from __future__ import annotations

from contextlib import aclosing
from typing import Annotated

import typer

from penstock.adapters.aws import SqsChannel
from penstock.bootstrap.aws import AwsWorld
from penstock.domain.events import Event
from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.commands.events import Since, Subject, Type, Until
from penstock.entrypoints.cli.progress import progress
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    Session,
    StackName,
    session,
)
from penstock.errors import CommandRefused, TransientError
from penstock.operators.replay import MOST, Replay, Replayed, ReplayId
from penstock.queries.chosen import Chosen, chosen_events, oldest_first
from penstock.queries.since import read_since, read_until


def replay(
    context: typer.Context,
    because: Annotated[str, typer.Option("--because", help="why; it is kept in the audit trail")],
    ids: Annotated[
        list[str] | None, typer.Argument(help="ids of events; left out, all that are chosen")
    ] = None,
    sink: Annotated[str | None, typer.Option(help="the sink that gets them")] = None,
    every_sink: Annotated[
        bool, typer.Option("--all", help="every sink, one after the other")
    ] = False,
    event_type: Type = None,
    subject: Subject = None,
    since: Since = None,
    until: Until = None,
    unfiltered: Annotated[
        bool, typer.Option("--unfiltered", help="also types that the sink's filter leaves out")
    ] = False,
    replay_id: Annotated[
        str | None,
        typer.Option(help="go on with that replay: what it has delivered is not sent again"),
    ] = None,
    wait: Annotated[
        int, typer.Option(min=0, max=3600, help="wait so many seconds, and count the delivered")
    ] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say how many would be sent, and send none")
    ] = False,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """
    Send events to a sink again, in the order of their subjects, whether it has had them or not.

    Each replay has an id, which is printed. Run it again with --replay-id if it was stopped.
    """
    begun = session(context, stack, as_json, confirmed)
    sinks = _sinks(begun, sink, every_sink)
    if not (ids or subject or since):
        raise CommandError("say which: ids of events, --subject, or --since", Code.usage)
    if not dry_run:
        begun.guard("replaying events")
    chosen = Chosen(
        read_since(since) if since else None,
        read_until(until) if until else None,
        [event_type] if event_type else None,
        subject,
    )

    async def work(world: AwsWorld) -> tuple[ReplayId, list[Replayed]]:
        name = ReplayId.read(replay_id) if replay_id else ReplayId.new(world.clock, world.ids)
        if not (begun.json or dry_run):
            typer.echo(f"replay {name.text}; if it is stopped: --replay-id {name.text}", err=True)
        events = await _events(world, chosen, name, ids or [], begun)
        done: list[Replayed] = []
        for one in sinks:
            queue = SqsChannel(world.clients, begun.stack().queues[f"sink-{one}"].url)
            selected = None if unfiltered else begun.stack().selection(one)
            command = Replay(one, queue, world.attempts, world.clock, selected)
            try:
                with progress(f"to {one}", len(events), shown=not begun.json) as tell:
                    done.append(
                        await command(
                            events,
                            name,
                            because,
                            await audited(world),
                            dry_run=dry_run,
                            progress=tell,
                        )
                    )
                if wait and not dry_run:
                    await command.wait(done[-1], name, wait)
            except TransientError as exc:
                raise CommandError(
                    f"{one}: {exc}; go on with the same options and --replay-id {name.text}",
                    Code.unavailable,
                ) from exc
        return name, done

    name, done = begun.run(work)
    begun.show(
        {
            "replay": name.text,
            "sinks": [
                {
                    "sink": one.sink,
                    "effect": one.effect,
                    "sent": [event.id for event in one.sent],
                    "had": one.had,
                    "left_out": one.left_out,
                    "delivered": one.delivered,
                }
                for one in done
            ],
        },
        lambda: [one.effect for one in done],
    )


def _sinks(begun: Session, sink: str | None, every_sink: bool) -> list[str]:
    if bool(sink) == every_sink:
        raise CommandError("name one sink with --sink, or give --all for every sink", Code.usage)
    if sink:
        begun.stack().selection(sink)
        return [sink]
    return begun.stack().sinks


async def _events(
    world: AwsWorld, chosen: Chosen, replay: ReplayId, ids: list[str], begun: Session
) -> list[Event]:
    """The events of a replay, oldest first; none that is newer than the replay."""
    until = min(chosen.until, replay.begun_at) if chosen.until else replay.begun_at
    asked = Chosen(chosen.since, until, chosen.types, chosen.subject)
    missing, found = set(ids), list[Event]()
    with progress("reading", shown=not begun.json) as tell:
        async with aclosing(chosen_events(world.ledger, asked)) as events:
            async for event in events:
                if ids and event.id not in missing:
                    continue
                missing.discard(event.id)
                found.append(event)
                tell(len(found))
                if len(found) > MOST:
                    raise CommandRefused(
                        f"more than {MOST} events: choose a shorter time with --since and --until"
                    )
                if ids and not missing:
                    break
    if missing:
        raise CommandError(f"no such event: {', '.join(sorted(missing))}", Code.not_found)
    return oldest_first(found)
