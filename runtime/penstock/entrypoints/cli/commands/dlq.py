"""`penstock dlq`: dead letters are looked at, sent back or dropped."""

from __future__ import annotations

from typing import Annotated

import typer

from penstock.entrypoints.cli.session import AsJson, Confirm, StackName, session

app = typer.Typer(no_args_is_help=True)
Queue = Annotated[str, typer.Argument(help="deliveries, verified, payments, sink-…")]
Because = Annotated[str, typer.Option("--because", help="why; it is kept in the audit trail")]
Ids = Annotated[
    list[str] | None,
    typer.Argument(help="ids from the list, their first 8 characters or more"),
]
Reason = Annotated[str | None, typer.Option("--reason", help="those whose reason holds this text")]
Group = Annotated[str | None, typer.Option("--group", help="those of one message group")]
OlderThan = Annotated[
    str | None, typer.Option("--older-than", help="those that are dead so long: 12h, 3d, 1w")
]
All = Annotated[bool, typer.Option("--all", help="every one")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="say what would be done, and do nothing")]
Wait = Annotated[
    int,
    typer.Option(
        "--wait", min=0, max=900, help="wait so many seconds for what becomes of them, and say it"
    ),
]


@app.command("list")
def list_letters(
    context: typer.Context,
    queue: Annotated[
        str | None, typer.Argument(help="one queue's; left out, those of every queue")
    ] = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """List dead letters: what each asks for, why it is there, and what the ledger knows."""
    from penstock.entrypoints.cli.parked import parked_queue, parking, show_all

    begun = session(context, stack, as_json)
    show_all(begun, parking(begun) if queue is None else [parked_queue(begun, queue)])


@app.command("show")
def show(
    context: typer.Context,
    queue: Queue,
    letter: Annotated[str, typer.Argument(help="its id, from the list")],
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter; bodies and headers are not shown."""
    from penstock.entrypoints.cli.parked import parked_queue, show_one

    begun = session(context, stack, as_json)
    show_one(begun, parked_queue(begun, queue), letter)


@app.command("redrive")
def redrive(
    context: typer.Context,
    queue: Queue,
    because: Because,
    ids: Ids = None,
    reason: Reason = None,
    group: Group = None,
    older_than: OlderThan = None,
    everything: All = False,
    wait: Wait = 0,
    dry_run: DryRun = False,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Send dead letters back to their queue, in order; refused for what is done already."""
    from penstock.entrypoints.cli.parked import parked_queue, selection, send_back

    begun = session(context, stack, as_json, confirmed)
    parked_queue(begun, queue)
    chosen = selection(ids, reason, group, older_than, everything)
    send_back(begun, queue, chosen, because, dry_run=dry_run, wait=wait)


@app.command("drop")
def drop(
    context: typer.Context,
    queue: Queue,
    because: Because,
    ids: Ids = None,
    reason: Reason = None,
    group: Group = None,
    older_than: OlderThan = None,
    everything: All = False,
    dry_run: DryRun = False,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Forget dead letters; they cannot be brought back."""
    from penstock.entrypoints.cli.parked import forget, parked_queue, selection

    begun = session(context, stack, as_json, confirmed)
    parked_queue(begun, queue)
    chosen = selection(ids, reason, group, older_than, everything)
    forget(begun, queue, chosen, because, dry_run=dry_run)
