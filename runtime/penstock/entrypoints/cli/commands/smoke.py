"""`penstock smoke`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.framing import OptionalBecause
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    Session,
    StackName,
    session,
)
from penstock.entrypoints.cli.terminal import harmless

if TYPE_CHECKING:
    from penstock.entrypoints.cli.trial import Proof


def smoke(
    context: typer.Context,
    wait: Annotated[
        int, typer.Option(min=5, max=900, metavar="SECONDS", help="for all effects together")
    ] = 180,
    because: OptionalBecause = None,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """
    Prove a stack with mocked money: a payment that arrives, and a webhook that must be rejected.

    The stack needs the Example gateway with `request_uri: mock`, or the local platform. Each run
    makes a payment of its own, which stays in the ledger. The exit code is 1 if a check failed.
    """
    begun = session(context, stack, as_json, confirmed)
    begun.guard("making a test payment")
    proofs = asyncio.run(_run(begun, wait, because))
    begun.show(
        [one.view() for one in proofs], lambda: [line for one in proofs for line in lines(one)]
    )
    if failed := [one for one in proofs if one.ok is False]:
        raise CommandError(f"{len(failed)} of {len(proofs)} checks failed", Code.failed)


async def _run(begun: Session, wait: int, because: str | None) -> list[Proof]:
    from penstock.entrypoints.cli.progress import progress
    from penstock.entrypoints.cli.smoke import CHECKS
    from penstock.entrypoints.cli.trial import Trial

    found = begun.stack()
    world = found.world()
    proofs: list[Proof] = []
    try:
        trial = Trial.of(found, world, wait)
        subjects = [f"payment#{trial.payment}", "queue#rejected"]
        async with (await audited(world))("smoke", subjects, because) as trail:
            with progress("waiting", shown=not begun.json):
                for check in CHECKS:
                    proofs += [proof async for proof in check(trial)]
            good = sum(one.ok is True for one in proofs)
            trail.effect = f"{good} of {len(proofs)} proved"
            trail.after = {"payment": trial.payment}
    finally:
        await world.close()
    return proofs


def lines(one: Proof) -> list[Text]:
    """A proof for people: proved, failed, or not to be proved like this; where to look, below."""
    mark = {
        True: Text("ok   ", style="green"),
        False: Text("FAIL ", style="bold red"),
        None: Text("open ", style="yellow"),
    }[one.ok]
    first = mark + Text(harmless(f"{one.check}: {one.said}"), style="")
    return [first] if one.todo is None else [first, Text(harmless(f"     -> {one.todo}"))]
