"""`penstock events`."""

from __future__ import annotations

from typing import Annotated

import typer

from penstock.bootstrap.aws import AwsWorld
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    StackName,
    session,
    table,
)
from penstock.ports import EventPage

app = typer.Typer(no_args_is_help=True, help="The archive of events.")


@app.command("list")
def list_events(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=100, help="how many at most")] = 20,
    cursor: Annotated[
        str | None, typer.Option(help="where to begin, as the page before told")
    ] = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """List events, newest first."""

    async def read(world: AwsWorld) -> EventPage:
        try:
            return await world.ledger.events(limit, cursor)
        except ValueError as exc:
            raise CommandError(f"--cursor: {exc}", Code.usage) from exc

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
