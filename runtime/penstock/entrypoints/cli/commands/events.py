"""`penstock events`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from penstock.domain.events import EventType
from penstock.entrypoints.cli.session import AsJson, StackName, session, table

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.ports import EventPage

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_events(
    context: typer.Context,
    event_type: Annotated[
        EventType | None, typer.Option("--type", help="leave out the others")
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="events of this payment, dispute or subscription only")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="leave out events before this time or date (RFC 3339, UTC), less 15 min"
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="how many at most")] = 20,
    cursor: Annotated[
        str | None, typer.Option(help="where to begin, from the page before")
    ] = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """List events, newest first."""

    from penstock.queries.events import EventQuery, ListEvents

    query = EventQuery(event_type, subject, since, limit, cursor)

    async def read(world: AwsWorld) -> EventPage:
        return await ListEvents(world.ledger)(query)

    begun = session(context, stack, as_json)
    page = begun.run(read)
    events = [event.cloud_event() for event in page.events]
    rows = [(one["time"], one["type"], one["subject"], one["id"]) for one in events]
    begun.show(
        {"events": events, "cursor": page.cursor},
        lambda: [
            table(("time", "type", "subject", "event"), rows),
            *([f"more: --cursor {page.cursor}"] if page.cursor else []),
        ],
    )
