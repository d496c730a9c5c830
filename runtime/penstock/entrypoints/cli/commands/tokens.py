"""`penstock tokens`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from penstock.bootstrap.aws import AwsWorld
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    StackName,
    YesProd,
    session,
    table,
)
from penstock.entrypoints.http.tokens import TRUSTED, mint
from penstock.entrypoints.http.views import moment
from penstock.ports import Token

app = typer.Typer(no_args_is_help=True, help="The bearer tokens that the API takes.")


@app.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="whom it is for")],
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and show it, this once: only its hash is kept."""

    async def make(world: AwsWorld) -> tuple[Token, str]:
        token, text = mint(name, world.ids, world.clock.now())
        await world.tokens.put(token)
        return token, text

    begun = session(context, stack, as_json)
    token, text = begun.run(make)
    begun.show({"id": token.id, "name": name, "token": text}, lambda: text)


@app.command("list")
def list_tokens(context: typer.Context, stack: StackName = None, as_json: AsJson = False) -> None:
    """List the tokens there are, without their secrets."""

    async def read(world: AwsWorld) -> Sequence[Token]:
        return await world.tokens.list()

    begun = session(context, stack, as_json)
    kept = begun.run(read)
    rows = [(one.id, one.name, moment(one.created_at)) for one in kept]
    begun.show(
        [dict(zip(("id", "name", "created_at"), row, strict=True)) for row in rows],
        lambda: table(("id", "name", "created"), rows),
    )


@app.command("revoke")
def revoke(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(help="its id, as `tokens list` shows it")],
    stack: StackName = None,
    as_json: AsJson = False,
    yes_prod: YesProd = False,
) -> None:
    """Revoke a token."""

    async def forget(world: AwsWorld) -> bool:
        return await world.tokens.revoke(token_id)

    begun = session(context, stack, as_json, yes_prod)
    begun.guard("revoking a token")
    if not begun.run(forget):
        raise CommandError("there is no token of that id", Code.not_found)
    seconds = TRUSTED.total_seconds()
    begun.show(
        {"id": token_id, "revoked": True},
        lambda: f"revoked; refused within {seconds:.0f} s at the latest",
    )
