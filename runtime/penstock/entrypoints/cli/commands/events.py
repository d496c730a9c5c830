"""`penstock events`: the archive is listed, followed, written as CSV, and replayed to sinks."""

from __future__ import annotations

from typing import Annotated

import typer

from penstock.entrypoints.cli.event_options import Since, Subject, Type, Until
from penstock.entrypoints.cli.framing import Because
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    Cursor,
    Limit,
    StackName,
    session,
)

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_events(
    context: typer.Context,
    event_type: Type = None,
    subject: Subject = None,
    since: Since = None,
    until: Until = None,
    sink: Annotated[
        str | None,
        typer.Option(help="events that this sink gets, and whether it has had them (30 days)"),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="all of them, not a page")] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="go on with new ones until Ctrl-C")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="print CSV")] = False,
    limit: Limit = 20,
    cursor: Cursor = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """List events, newest first, with their amounts and payers."""
    from penstock.entrypoints.cli import archive
    from penstock.queries.chosen import Chosen
    from penstock.queries.events import EventQuery
    from penstock.queries.since import read_since, read_until

    begun = session(context, stack, as_json)
    chosen = Chosen(
        read_since(since) if since else None,
        read_until(until) if until else None,
        archive.types_of(begun, sink, event_type),
        subject,
    )
    if follow:
        if until or everything or cursor:
            raise CommandError("--follow takes no --until, --all or --cursor", Code.usage)
        archive.show_new(begun, chosen, sink, as_csv=as_csv)
    elif everything:
        archive.show_all(begun, chosen, sink, as_csv=as_csv)
    else:
        query = EventQuery(event_type, subject, since, limit, cursor, until)
        archive.show_page(begun, query, chosen, sink, as_csv=as_csv)


@app.command("show")
def show(
    context: typer.Context,
    event_id: Annotated[str, typer.Argument(help="the event's id")],
    subject: Subject = None,
    since: Since = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Show an event as it was published, and which sinks have had it (in the last 30 days)."""
    from penstock.entrypoints.cli import archive
    from penstock.queries.chosen import Chosen
    from penstock.queries.since import read_since

    chosen = Chosen(read_since(since) if since else None, subject=subject)
    archive.show_one(session(context, stack, as_json), event_id, chosen)


@app.command("replay")
def replay(
    context: typer.Context,
    because: Because,
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
    from penstock.entrypoints.cli.replaying import Asked, replayed
    from penstock.queries.chosen import Chosen
    from penstock.queries.since import read_since, read_until

    begun = session(context, stack, as_json, confirmed)
    if bool(sink) == every_sink:
        raise CommandError("name one sink with --sink, or give --all for every sink", Code.usage)
    if not (ids or subject or since):
        raise CommandError("say which: ids of events, --subject, or --since", Code.usage)
    chosen = Chosen(
        read_since(since) if since else None,
        read_until(until) if until else None,
        [event_type] if event_type else None,
        subject,
    )
    asked = Asked(
        chosen, because, tuple(ids or ()), sink, replay_id, unfiltered, float(wait), dry_run
    )
    replayed(begun, asked)
