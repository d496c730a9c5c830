"""`restrict` and `release`, for payments, subscriptions, payers and gateways alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import typer

from penstock.domain.operation import Operation
from penstock.domain.restriction import RestrictionKind
from penstock.entrypoints.cli import acting
from penstock.entrypoints.cli.acting import Asked
from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.progress import progress
from penstock.entrypoints.cli.session import Code, CommandError, Session
from penstock.entrypoints.cli.terminal import say

if TYPE_CHECKING:
    from datetime import datetime

    from penstock.bootstrap.aws import AwsWorld
    from penstock.operators.restrictions import Released, Restricted
    from penstock.operators.waiting import Calm

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
    acting.add(
        app,
        "restrict",
        f"Submit no new charge, invoice, refund or capture of {about}.",
        named,
        lambda asked: _restrict(kind, asked),
    )
    acting.add(
        app,
        "release",
        f"Let {about} go on; what was held is sent.",
        named,
        lambda asked: _release(kind, asked),
    )


def _restrict(kind: RestrictionKind, asked: Asked) -> None:
    from penstock.operators.restrictions import Restrict
    from penstock.operators.waiting import Until
    from penstock.pipeline.gate import KNOWN_FOR

    value, because = asked.value, asked.because
    _known(asked.begun, kind, value)
    asked.guard("restricting")

    async def work(world: AwsWorld) -> _Done:
        command = Restrict(world.ledger, world.restrictions, world.clock, await audited(world))
        since = asked.since or world.clock.now()
        _say_how_to_go_on(asked, since)
        done = await command(kind, value, because, since=since, dry_run=asked.dry_run)
        if not asked.waits or done.restriction is None:
            return _Done(done, None)
        # After that no function works with the older list.
        await world.clock.sleep(KNOWN_FOR.total_seconds())
        seen = await asked.waited(world, kind, Until.nobody_at_it)
        after = await command(kind, value, because, dry_run=True)
        return _Done(replace(after, anew=False), seen)

    told = asked.begun.run(work)
    asked.begun.show(
        _restrict_view(kind, value, told, asked.dry_run), lambda: _said(told, asked.dry_run)
    )
    _refuse_unseen(told.seen, asked.wait)


def _release(kind: RestrictionKind, asked: Asked) -> None:
    from penstock.entrypoints.http.views import operation_view
    from penstock.operators.restrictions import Meant, Release, in_force, key_of
    from penstock.operators.waiting import Until

    begun, value, dry_run = asked.begun, asked.value, asked.dry_run
    asked.guard("releasing")

    async def work(world: AwsWorld) -> tuple[Released, Calm | None]:
        command = Release(
            world.ledger, world.restrictions, world.clock, world.ids, await audited(world)
        )
        meant = Meant(asked.since)
        if asked.since is None:
            meant = Meant.of(await in_force(world.restrictions, key_of(kind, value)))
        _say_how_to_go_on(asked, meant.since)
        with progress("releasing", shown=not begun.json) as tell:
            done = await command(
                kind, value, asked.because, meant=meant, dry_run=dry_run, progress=tell
            )
        return done, await asked.waited(world, kind, Until.nothing_held)

    done, seen = begun.run(work)
    view = {
        **_view(kind, value, dry_run),
        "restricted": (done.restriction is not None and dry_run) or done.later is not None,
        "was_restricted": done.restriction is not None,
        "released": done.due,
        "operations": [operation_view(one) for one in _operations(seen)],
    }
    begun.show(view, lambda: _released(done, seen, dry_run))
    _refuse_unseen(seen, asked.wait)


def _say_how_to_go_on(asked: Asked, since: datetime | None) -> None:
    from penstock.entrypoints.http.views import moment

    if since is not None and not (asked.begun.json or asked.dry_run):
        at = moment(since)
        say(
            f"if this is stopped, go on with --since {at}: no later restriction is touched",
            err=True,
        )


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
        "made_at": moment(found.restriction.in_force_since) if found.restriction else None,
        "held": [operation_view(one) for one in found.waiting],
        "under_way": [operation_view(one) for one in found.under_way],
    }


def _said(told: _Done, dry_run: bool) -> list[str]:
    from penstock.entrypoints.http.views import moment
    from penstock.pipeline.gate import KNOWN_FOR

    found = told.found
    if found.restriction is None and not found.anew:
        return [found.effect if told.seen is None else "is not restricted: released meanwhile"]
    head = "would restrict" if dry_run and found.anew else "restricted"
    if found.restriction is not None and (dry_run or not found.anew) and told.seen is None:
        since = moment(found.restriction.in_force_since)
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
    if done.later is not None or (done.restriction is None and not done.due):
        return [done.effect]
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
