"""`penstock rejected`: deliveries that were not what they claimed, and a second look at them."""

from __future__ import annotations

from typing import Annotated

import typer

from penstock.entrypoints.cli import selecting
from penstock.entrypoints.cli.selecting import Asked
from penstock.entrypoints.cli.session import AsJson, Session, StackName, session

app = typer.Typer(no_args_is_help=True)

_QUEUE = "rejected"
_REVERIFY = """
Have deliveries verified again, by the same rules and with the time at which they came.

A certificate that the gateway still does not have is not waited for: that ends ten minutes
after a delivery came.
"""


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


def _reverify(begun: Session, queue: str, asked: Asked) -> None:
    from penstock.entrypoints.cli.parked import send_back

    send_back(begun, queue, asked)


selecting.add(app, "reverify", _REVERIFY, _reverify, queue=_QUEUE, without={"group"})
