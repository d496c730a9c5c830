"""`restrict` and `release`, for payments, subscriptions, payers and gateways alike."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penstock.domain.operation import Operation
from penstock.domain.restriction import RestrictionKind
from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    Session,
    StackName,
    session,
)
from penstock.entrypoints.cli.terminal import say

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.operators.restrictions import Released, Restricted
    from penstock.operators.waiting import Calm

Because = Annotated[str, typer.Option("--because", help="why; it is kept in the audit trail")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="say what would be done")]
Wait = Annotated[
    int,
    typer.Option("--wait", min=0, max=3600, metavar="SECONDS", help="wait for the effect"),
]
_ARGUMENTS = {
    RestrictionKind.payment: "the payment's id",
    RestrictionKind.subscription: "the subscription's id: paypal-I-BW452GLLEP1G",
    RestrictionKind.payer: "the payer's reference, as `payments show` has it",
    RestrictionKind.gateway: "the gateway's name: paypal",
}
_ABOUT = {
    RestrictionKind.payment: "a payment",
    RestrictionKind.subscription: "a subscription and its payments",
    RestrictionKind.payer: "all payments and subscriptions of a payer",
    RestrictionKind.gateway: "everything that goes through a gateway",
}


def add(app: typer.Typer, kind: RestrictionKind) -> None:
    """Add both commands to a group."""
    about = _ABOUT[kind]
    named: Any = typer.Argument(help=_ARGUMENTS[kind], metavar=kind.value.upper())

    @app.command("restrict", help=f"Submit no new charge, invoice, refund or capture of {about}.")
    def restrict(
        context: typer.Context,
        *,
        value: str = named,
        because: Because,
        wait: Wait = 0,
        dry_run: DryRun = False,
        stack: StackName = None,
        as_json: AsJson = False,
        confirmed: Confirm = None,
    ) -> None:
        from penstock.operators.restrictions import Restrict
        from penstock.operators.waiting import Until, wait_for
        from penstock.pipeline.gate import KNOWN_FOR

        begun = session(context, stack, as_json, confirmed)
        _known(begun, kind, value)
        if not dry_run:
            begun.guard("restricting")

        async def work(world: AwsWorld) -> _Done:
            command = Restrict(world.ledger, world.restrictions, world.clock, await audited(world))
            done = await command(kind, value, because, dry_run=dry_run)
            if not wait or dry_run:
                return _Done(done, None)
            # After that no function works with the older list.
            await asyncio.sleep(KNOWN_FOR.total_seconds())
            seen = await wait_for(world.ledger, world.clock, kind, value, Until.nobody_at_it, wait)
            return _Done(await command(kind, value, because, dry_run=True), seen)

        told = begun.run(work)
        begun.show(_restrict_view(kind, value, told, dry_run), lambda: _said(told, dry_run))
        _refuse_unseen(told.seen, wait)

    @app.command("release", help=f"Let {about} go on; what was held is sent.")
    def release(
        context: typer.Context,
        *,
        value: str = named,
        because: Because,
        wait: Wait = 0,
        dry_run: DryRun = False,
        stack: StackName = None,
        as_json: AsJson = False,
        confirmed: Confirm = None,
    ) -> None:
        from penstock.entrypoints.http.views import operation_view
        from penstock.operators.restrictions import Release
        from penstock.operators.waiting import Until, wait_for

        begun = session(context, stack, as_json, confirmed)
        if not dry_run:
            begun.guard("releasing")

        async def work(world: AwsWorld) -> tuple[Released, Calm | None]:
            command = Release(
                world.ledger, world.restrictions, world.clock, world.ids, await audited(world)
            )
            done = await command(kind, value, because, dry_run=dry_run, progress=_progress)
            if not wait or dry_run:
                return done, None
            seen = await wait_for(world.ledger, world.clock, kind, value, Until.nothing_held, wait)
            return done, seen

        done, seen = begun.run(work)
        view = {
            **_view(kind, value, dry_run),
            "restricted": done.restriction is not None and dry_run,
            "was_restricted": done.restriction is not None,
            "released": done.due,
            "operations": [operation_view(one) for one in _operations(seen)],
        }
        begun.show(view, lambda: _released(done, seen, dry_run))
        _refuse_unseen(seen, wait)


@dataclass(frozen=True, slots=True)
class _Done:
    """What `restrict` did, and how the entity stood after the wait."""

    found: Restricted
    seen: Calm | None


def _known(begun: Session, kind: RestrictionKind, value: str) -> None:
    gateways = list(begun.stack().outputs["gateways"])
    if kind is RestrictionKind.gateway and value not in gateways:
        raise CommandError(
            f"the stack has no gateway {value}; it has {', '.join(gateways) or 'none'}",
            Code.not_found,
        )


def _view(kind: RestrictionKind, value: str, dry_run: bool) -> dict[str, Any]:
    return {"kind": kind.value, "value": value, "dry_run": dry_run}


def _restrict_view(
    kind: RestrictionKind, value: str, told: _Done, dry_run: bool
) -> dict[str, Any]:
    from penstock.entrypoints.http.views import moment, operation_view

    found = told.found
    return {
        **_view(kind, value, dry_run),
        "restricted": found.restriction is not None,
        "since": moment(found.restriction.since) if found.restriction else None,
        "held": [operation_view(one) for one in found.waiting],
        "under_way": [operation_view(one) for one in found.under_way],
    }


def _said(told: _Done, dry_run: bool) -> list[str]:
    from penstock.entrypoints.http.views import moment
    from penstock.pipeline.gate import KNOWN_FOR

    found = told.found
    head = "would restrict" if dry_run and found.anew else "restricted"
    if found.restriction is not None and (dry_run or not found.anew) and told.seen is None:
        since = moment(found.restriction.since)
        head = f"restricted since {since} by {found.restriction.actor}"
    lines = [f"{head}: {_held(one)}" for one in found.waiting]
    lines += [
        f"{head}: {one.kind.value} is under way (attempt {one.attempts}); that call ends"
        for one in found.under_way
    ]
    if not lines:
        lines = [f"{head}: nothing new is submitted after {KNOWN_FOR.seconds} s"]
    return lines


def _held(one: Operation) -> str:
    if not one.attempts:
        return f"{one.kind.value} held, it was never sent"
    return f"{one.kind.value} held, attempt {one.attempts} was the last"


def _released(done: Released, seen: Calm | None, dry_run: bool) -> list[Any]:
    if done.restriction is None and not done.due:
        return ["not restricted: nothing to release"]
    would = "would release" if dry_run else "released"
    lines: list[Any] = [f"{would}: {done.due} with held operations"]
    if not dry_run and done.due and seen is None:
        lines.append("the sweep sends them, within penstock:sweepMinutes minutes")
    return [*lines, *(f"released: {_became(one)}" for one in _operations(seen))]


def _became(one: Operation) -> str:
    return f"{one.kind.value} {one.state.value}, attempt {one.attempts}"


def _operations(seen: Calm | None) -> Sequence[Operation]:
    from penstock.domain import rules

    if seen is None or seen.entity is None:
        return []
    return [one for one in seen.entity.operations if one.kind in rules.RESTRICTABLE]


def _refuse_unseen(seen: Calm | None, wait: int) -> None:
    if seen is not None and not seen.reached:
        raise CommandError(
            f"done, and not at its end after {wait} s: look again with the command `show`",
            Code.unavailable,
        )


def _progress(done: int) -> None:
    if done and done % 50 == 0 and sys.stderr.isatty():
        say(f"released {done}", err=True)
