"""`penstock queue work`: what is under way, when it is tried next, and what cannot be known."""

from __future__ import annotations

from typing import Annotated

import typer

from penstock.entrypoints.cli.session import AsJson, StackName, session


def work(
    context: typer.Context,
    days: Annotated[
        int, typer.Option(min=1, max=31, help="how far back payments are looked through")
    ] = 2,
    limit: Annotated[int, typer.Option(min=1, max=500, help="how many of each kind")] = 50,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Show what is under way: what the sweep takes up, and when; what messages carry."""
    from penstock.entrypoints.cli.working import show

    show(session(context, stack, as_json), days, limit)
