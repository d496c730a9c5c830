"""`penstock tokens`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penstock.domain.caller import READ_AND_PAY, Scope
from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.durations import duration
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    StackName,
    session,
    table,
)

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.domain.audit import Facts
    from penstock.ports import Token

app = typer.Typer(no_args_is_help=True)
_DAY = len("2026-11-02")


@app.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="whom it is for")],
    scopes: Annotated[
        list[Scope] | None,
        typer.Option("--scope", help="what it may do; repeat it", show_default="read and pay"),
    ] = None,
    client: Annotated[
        str | None,
        typer.Option(help="the system whose Idempotency-Keys it uses", show_default="NAME"),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(help="how long it is good: 90d, 12h, 4w", show_default="until revoked"),
    ] = None,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Make a token and show it, this once: only its hash is kept."""
    from penstock.entrypoints.http.tokens import mint

    lasts = duration("--expires", expires) if expires is not None else None
    if not (client or name).strip() or not (client or name).isprintable():
        raise CommandError("a token needs a name and a client that can be printed", Code.usage)

    async def make(world: AwsWorld) -> tuple[Token, str]:
        token, text = mint(
            name,
            world.ids,
            world.clock.now(),
            scopes=frozenset(scopes) if scopes else READ_AND_PAY,
            client=client,
            lasts=lasts,
        )
        subjects = [f"token#{token.id}", f"client#{token.client}"]
        async with (await audited(world))("tokens create", subjects) as trail:
            await world.tokens.put(token)
            trail.after = _facts(token)
            trail.effect = "created"
        return token, text

    begun = session(context, stack, as_json, confirmed)
    begun.guard("creating a token")
    token, text = begun.run(make)
    begun.show({**_view(token, None), "token": text}, lambda: text)


@app.command("list")
def list_tokens(context: typer.Context, stack: StackName = None, as_json: AsJson = False) -> None:
    """List the tokens there are, without their secrets; the last use is known to the hour."""

    async def read(world: AwsWorld) -> list[Mapping[str, Any]]:
        uses = await world.tokens.last_uses()
        return [_view(one, uses.get(one.id)) for one in await world.tokens.list()]

    begun = session(context, stack, as_json)
    kept = begun.run(read)
    columns = ("id", "name", "client", "scopes", "expires", "last used")
    begun.show(kept, lambda: table(columns, [_row(one) for one in kept]))


def _facts(token: Token) -> Facts:
    """A token in the audit trail: what it may do, and for whom."""
    from penstock.entrypoints.http.views import moment

    return {
        "name": token.name,
        "client": token.client,
        "scopes": " ".join(sorted(token.scopes)),
        "expires_at": moment(token.expires_at) if token.expires_at else "never",
    }


def _view(token: Token, used: datetime | None) -> Mapping[str, Any]:
    from penstock.entrypoints.http.views import moment

    return {
        "id": token.id,
        "name": token.name,
        "client": token.client,
        "scopes": [one.value for one in Scope if one in token.scopes],
        "created_at": moment(token.created_at),
        "expires_at": moment(token.expires_at) if token.expires_at else None,
        "last_used_at": moment(used) if used else None,
    }


def _row(view: Mapping[str, Any]) -> Sequence[str]:
    """A token on one line of 80 columns, its times by the day; `--json` has all of it."""
    days = [str(view[name] or "never")[:_DAY] for name in ("expires_at", "last_used_at")]
    return (view["id"], view["name"], view["client"], ",".join(view["scopes"]), *days)


@app.command("revoke")
def revoke(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(help="its id, as `tokens list` shows it")],
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Revoke a token."""
    from penstock.entrypoints.http.tokens import TRUSTED

    async def forget(world: AwsWorld) -> bool:
        subjects = [f"token#{token_id}"]
        async with (await audited(world))("tokens revoke", subjects) as trail:
            token = await world.tokens.get(token_id)
            trail.before = _facts(token) if token else {}
            revoked = await world.tokens.revoke(token_id)
            trail.effect = "revoked" if revoked else "there is no token of that id"
            return revoked

    begun = session(context, stack, as_json, confirmed)
    begun.guard("revoking a token")
    if not begun.run(forget):
        raise CommandError("there is no token of that id", Code.not_found)
    seconds = TRUSTED.total_seconds()
    begun.show(
        {"id": token_id, "revoked": True},
        lambda: f"revoked; refused within {seconds:.0f} s at the latest",
    )
