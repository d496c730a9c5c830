"""`penstock dlq`: dead letters are looked at, sent back or dropped."""

from __future__ import annotations

from typing import Annotated

import typer

from penstock.entrypoints.cli import selecting
from penstock.entrypoints.cli.selecting import Asked
from penstock.entrypoints.cli.session import AsJson, Session, StackName, session

app = typer.Typer(no_args_is_help=True)


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
    queue: selecting.Queue,
    letter: Annotated[str, typer.Argument(help="its id, from the list")],
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter; bodies and headers are not shown."""
    from penstock.entrypoints.cli.parked import parked_queue, show_one

    begun = session(context, stack, as_json)
    show_one(begun, parked_queue(begun, queue), letter)


def _redrive(begun: Session, queue: str, asked: Asked) -> None:
    from penstock.entrypoints.cli.parked import parked_queue, send_back

    send_back(begun, parked_queue(begun, queue), asked)


def _drop(begun: Session, queue: str, asked: Asked) -> None:
    from penstock.entrypoints.cli.parked import forget, parked_queue

    forget(begun, parked_queue(begun, queue), asked)


selecting.add(
    app,
    "redrive",
    "Send dead letters back to their queue, in order; refused for what is done already.",
    _redrive,
)
selecting.add(
    app, "drop", "Forget dead letters; they cannot be brought back.", _drop, without={"wait"}
)
