"""`penstock payers`."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC
from typing import Annotated

import typer

from penstock.bootstrap.aws import AwsWorld
from penstock.domain.payment import Payment
from penstock.domain.subscription import Subscription
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    StackName,
    session,
    table,
)
from penstock.operators.forgetting import Erased, Erasure, ForgetPayer
from penstock.pipeline.forgetting import Forget
from penstock.queries.payers import OfPayer
from penstock.queries.since import read_since

app = typer.Typer(no_args_is_help=True, help="What is known of who pays.")


@app.callback()
def group() -> None:
    """Keep `forget` a command of its own while it is the only one."""


@app.command("forget")
def forget(
    context: typer.Context,
    payment: Annotated[str | None, typer.Option(help="of this payment")] = None,
    subscription: Annotated[
        str | None, typer.Option(help="of this subscription and its payments")
    ] = None,
    reference: Annotated[str | None, typer.Option(help="of what has your reference")] = None,
    payer: Annotated[
        str | None, typer.Option(help="who has this id at the gateway; needs --since")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="the day of the payer's first payment (RFC 3339, UTC)")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what it would do")] = False,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Erase a payer's name and e-mail address; amounts, dates and references stay."""
    names = ("payment", "subscription", "reference", "payer")
    values = (payment, subscription, reference, payer)
    given = [name for name, value in zip(names, values, strict=True) if value is not None]
    if len(given) != 1 or (payer is None) != (since is None):
        raise CommandError(
            "name the payer: --payment, --subscription, --reference, or --payer with --since",
            Code.usage,
        )
    begun = session(context, stack, as_json, confirmed)
    if not dry_run:
        begun.guard("erasing a payer's name")

    def found(world: AwsWorld) -> AsyncGenerator[Payment | Subscription]:
        of = OfPayer(world.ledger)
        if payment is not None:
            return of.payment(payment)
        if subscription is not None:
            return of.subscription(subscription)
        if reference is not None:
            return of.reference(reference)
        today = world.clock.now().astimezone(UTC).date()
        return of.payer(payer or "", read_since(since or "").date(), today)

    async def work(world: AwsWorld) -> list[Erased]:
        erase = ForgetPayer(Forget(world.ledger, world.clock, world.ids))
        async with aclosing(found(world)) as entities:
            return [one async for one in erase(entities, dry_run=dry_run)]

    done = begun.run(work)
    if not done:
        raise CommandError(f"there is nothing of that {given[0]}", Code.not_found)
    told = [
        {"entity": str(one.ref), "became": one.erasure.value}
        | ({"because": one.because} if one.because else {})
        for one in done
    ]
    rows = [(one["entity"], one["became"], one.get("because")) for one in told]
    counted = Counter(one.erasure.value for one in done)
    summary = ", ".join(f"{count} {what}" for what, count in sorted(counted.items()))
    begun.show(told, lambda: [table(("of", "name and address", ""), rows), summary])
    if counted[Erasure.refused.value]:
        raise CommandError("some are still needed: see above; try again later", Code.refused)
