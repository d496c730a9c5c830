"""`penstock rejected`: deliveries that were not what they claimed, and a second look at them."""

from __future__ import annotations

from typing import Annotated

import typer

from penstock.bootstrap.aws import AwsWorld
from penstock.entrypoints.cli.commands.dlq import (
    All,
    Because,
    DryRun,
    Ids,
    OlderThan,
    Reason,
    Wait,
    looked,
    selection,
    send_back,
    show_list,
    show_one,
)
from penstock.entrypoints.cli.session import AsJson, Confirm, StackName, session
from penstock.operators.content import REJECTED
from penstock.operators.dead_letters import Report

app = typer.Typer(no_args_is_help=True, help="Rejected deliveries: look, verify again.")


@app.command("list")
def list_rejected(
    context: typer.Context, stack: StackName = None, as_json: AsJson = False
) -> None:
    """List rejected deliveries, and why each was rejected."""
    begun = session(context, stack, as_json)

    async def look(world: AwsWorld) -> Report:
        return await looked(world, REJECTED, begun)

    show_list(begun, {REJECTED: begun.run(look)})


@app.command("show")
def show(
    context: typer.Context,
    delivery: Annotated[str, typer.Argument(help="its id, from the list")],
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Show one rejected delivery; its body and headers are not shown."""
    show_one(session(context, stack, as_json), REJECTED, delivery)


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
    begun = session(context, stack, as_json, confirmed)
    chosen = selection(ids, reason, None, older_than, everything)
    send_back(begun, REJECTED, chosen, because, dry_run=dry_run, wait=wait)
