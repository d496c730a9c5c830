"""`penstock payers`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Annotated

import typer

from penstock.domain.restriction import RestrictionKind
from penstock.entrypoints.cli import restricting
from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.framing import Because
from penstock.entrypoints.cli.progress import progress
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    StackName,
    session,
)

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.domain.payment import Payment
    from penstock.domain.subscription import Subscription
    from penstock.operators.forgetting import Erased

app = typer.Typer(no_args_is_help=True)


@app.command("forget")
def forget(
    context: typer.Context,
    because: Because,
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
    from penstock.operators.forgetting import Erasure, ForgetPayer, summary
    from penstock.pipeline.forgetting import Forget

    who = _Named(payment, subscription, reference, payer, since)
    begun = session(context, stack, as_json, confirmed)
    if not dry_run:
        begun.guard("erasing a payer's name")

    async def work(world: AwsWorld) -> list[Erased]:
        forgetting = Forget(world.ledger, world.clock, world.ids)
        erase = ForgetPayer(forgetting, await audited(world))
        async with aclosing(who.found(world)) as entities:
            with progress("erasing", shown=not begun.json) as tell:
                counted = _counted(entities, tell)
                return await erase(who.subject, because, counted, dry_run=dry_run)

    done = begun.run(work)
    if not done:
        raise CommandError(f"there is nothing of {who.subject}", Code.not_found)
    told = [_view(one) for one in done]
    begun.show(told, lambda: [*map(_line, told), summary(done)])
    if any(one.erasure is Erasure.refused for one in done):
        raise CommandError("some are still needed: see above; try again later", Code.refused)


restricting.add(app, RestrictionKind.payer)


@dataclass(frozen=True, slots=True)
class _Named:
    """Whom the options name."""

    payment: str | None
    subscription: str | None
    reference: str | None
    payer: str | None
    since: str | None

    def __post_init__(self) -> None:
        names = (self.payment, self.subscription, self.reference, self.payer)
        one = sum(name is not None for name in names) == 1
        if not one or (self.payer is None) != (self.since is None):
            raise CommandError(
                "name the payer: --payment, --subscription, --reference, or --payer with --since",
                Code.usage,
            )

    @property
    def subject(self) -> str:
        kinds = ("payment", "subscription", "reference", "payer")
        [subject] = [
            f"{kind}#{name}" for kind in kinds if (name := getattr(self, kind)) is not None
        ]
        return subject

    def found(self, world: AwsWorld) -> AsyncGenerator[Payment | Subscription]:
        """What the ledger holds of them."""
        from penstock.queries.payers import OfPayer
        from penstock.queries.since import read_since

        of = OfPayer(world.ledger)
        if self.payment is not None:
            return of.payment(self.payment)
        if self.subscription is not None:
            return of.subscription(self.subscription)
        if self.reference is not None:
            return of.reference(self.reference)
        today = world.clock.now().astimezone(UTC).date()
        return of.payer(self.payer or "", read_since(self.since or "").date(), today)


async def _counted(
    entities: AsyncGenerator[Payment | Subscription], tell: Callable[[int], None]
) -> AsyncGenerator[Payment | Subscription]:
    done = 0
    async for one in entities:
        yield one
        done += 1
        tell(done)


def _view(one: Erased) -> dict[str, str]:
    told = {"entity": str(one.ref), "became": one.erasure.value}
    return told | ({"because": one.because} if one.because else {})


def _line(told: dict[str, str]) -> str:
    words = {
        "erased": "name and address erased",
        "nothing": "holds no name",
        "refused": f"refused: {told.get('because')}",
        "wanted": "would be erased",
    }
    return f"{told['entity']}: {words[told['became']]}"
