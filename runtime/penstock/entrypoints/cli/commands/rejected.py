"""`penstock rejected`: deliveries that were not what they claimed, and a second look at them."""

from __future__ import annotations

from typing import Annotated

import typer

from penstock.entrypoints.cli.commands.dlq import (
    All,
    Because,
    DryRun,
    Ids,
    OlderThan,
    Reason,
    Wait,
)
from penstock.entrypoints.cli.session import AsJson, Confirm, StackName, session

app = typer.Typer(no_args_is_help=True)

_QUEUE = "rejected"


@app.command("list")
def list_rejected(
    context: typer.Context, stack: StackName = None, as_json: AsJson = False
) -> None:
    """List rejected deliveries, and why each was rejected."""
    from penstock.entrypoints.cli.parked import show_all

    show_all(session(context, stack, as_json), [_QUEUE])


@app.command("show")
def show(
    context: typer.Context,
    delivery: Annotated[str, typer.Argument(help="its id, from the list")],
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Show one rejected delivery; its body and headers are not shown."""
    from penstock.entrypoints.cli.parked import show_one

    show_one(session(context, stack, as_json), _QUEUE, delivery)


@app.command("reverify")
def reverify(
    context: typer.Context,
    because: Because,
    ids: Ids = None,
    reason: Reason = None,
    older_than: OlderThan = None,
    everything: All = False,
    wait: Wait = 0,
    dry_run: DryRun = False,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """
    Have deliveries verified again, by the same rules and with the time at which they came.

    A certificate that the gateway still does not have is not waited for: that ends ten minutes
    after a delivery came.
    """
    from penstock.entrypoints.cli.parked import selection, send_back

    begun = session(context, stack, as_json, confirmed)
    chosen = selection(ids, reason, None, older_than, everything)
    send_back(begun, _QUEUE, chosen, because, dry_run=dry_run, wait=wait)
