"""`resolve` and `reprocess`: what a person found out, and what the gateway holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from penstock.domain.ref import EntityKind, Ref
from penstock.entrypoints.cli import acting
from penstock.entrypoints.cli.acting import Asked
from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.framing import DryRun
from penstock.entrypoints.cli.progress import progress
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    Session,
    StackName,
    session,
)
from penstock.entrypoints.cli.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.bootstrap.aws import AwsWorld
    from penstock.domain.rules import Abilities
    from penstock.operators.reprocessing import Reprocessing
    from penstock.operators.resolving import Resolved
    from penstock.operators.waiting import Calm


def add_resolve(app: typer.Typer, kind: EntityKind) -> None:
    """Add `resolve` to a group."""
    named: Any = typer.Argument(
        default=None,
        help=f"the {kind.value}'s id; left out, the one that holds --operation",
        metavar=kind.value.upper(),
    )

    @app.command(
        "resolve",
        help="Say what became of an operation that is unknown or parked, with the evidence.",
    )
    def resolve(
        context: typer.Context,
        *,
        value: str | None = named,
        outcome: Annotated[str, typer.Option("--as", help="succeeded or failed")],
        evidence: Annotated[
            str, typer.Option("--evidence", help="how you know; it is kept with the operation")
        ],
        operation: Annotated[
            str | None,
            typer.Option("--operation", help="its id", show_default="the only one in doubt"),
        ] = None,
        gateway_id: Annotated[
            str | None,
            typer.Option("--gateway-id", help="the gateway's id of what succeeded"),
        ] = None,
        days: Annotated[
            int,
            typer.Option(
                min=1,
                max=366,
                help="how far back it is looked for by --operation alone",
            ),
        ] = 31,
        dry_run: DryRun = False,
        stack: StackName = None,
        as_json: AsJson = False,
        confirmed: Confirm = None,
    ) -> None:
        from penstock.entrypoints.http.views import operation_view
        from penstock.operators.resolving import Outcome, Resolve

        if outcome not in set(Outcome):
            raise CommandError("--as takes succeeded or failed", Code.usage)
        if value is None and operation is None:
            raise CommandError(f"name the {kind.value}, or give --operation", Code.usage)
        begun = session(context, stack, as_json, confirmed)
        if not dry_run:
            begun.guard("resolving an operation")
        can = _abilities(begun.stack())

        async def work(world: AwsWorld) -> Resolved:
            command = Resolve(world.ledger, world.clock, world.ids, await audited(world), can)
            ref = Ref(kind, value) if value else await _holder(world, begun, operation or "", days)
            return await command(
                ref,
                Outcome(outcome),
                evidence,
                operation_id=operation,
                reference=gateway_id,
                dry_run=dry_run,
            )

        done = begun.run(work)
        view = {
            done.entity.kind.value: done.entity.id,
            "dry_run": dry_run,
            "already": done.already,
            "operation": operation_view(done.operation),
        }
        found = [f"of {done.entity.kind.value} {done.entity.id}"] if value is None else []
        begun.show(view, lambda: [*_resolved(done, outcome, dry_run), *found])


def add_reprocess(app: typer.Typer) -> None:
    """Add `reprocess` to the payments' commands."""
    named: Any = typer.Argument(help="the payment's id", metavar="payment_id")
    about = "Have a payment read again at its gateway: steps, refunds, access, its invoice."
    acting.add(app, "reprocess", about, named, _reprocess, without=("since",))


def _reprocess(asked: Asked) -> None:
    from penstock.domain.restriction import RestrictionKind
    from penstock.operators.reprocessing import Reprocess
    from penstock.operators.waiting import Until

    begun, payment_id = asked.begun, asked.value
    asked.guard("reprocessing a payment")

    async def work(world: AwsWorld) -> tuple[Reprocessing, Calm | None]:
        command = Reprocess(world.ledger, world.clock, world.ids, await audited(world))
        done = await command(payment_id, asked.because, dry_run=asked.dry_run)
        return done, await asked.waited(world, RestrictionKind.payment, Until.nothing_due)

    done, seen = begun.run(work)
    view = _reprocess_view(done, seen, asked.dry_run)
    begun.show(view, lambda: _reprocessed(view))
    if seen is not None and not seen.reached:
        raise CommandError(
            f"not asked within {asked.wait} s: look again with "
            f"`{begun.command(f'payments show {payment_id}')}`",
            Code.unavailable,
        )


async def _holder(world: AwsWorld, begun: Session, operation: str, days: int) -> Ref:
    """
    The entity that holds an operation.

    Raises:
        CommandError: none of those looked through does.
    """
    from penstock.queries.operations import FindOperation

    with progress("looking for the operation", shown=not begun.json) as tell:
        found = await FindOperation(world.ledger, world.clock)(operation, days, tell)
    if found is None:
        raise CommandError(
            f"nothing that is due, was new or had an event in the last {days} days has that "
            "operation: name its payment or subscription, or give more --days",
            Code.not_found,
        )
    return found


def _abilities(stack: Stack) -> Mapping[str, Abilities]:
    """What each gateway of the stack can do; builds none."""
    from penstock.domain.rules import Abilities
    from penstock.plugins import load

    names = list(stack.outputs["gateways"])
    registry = load(only=stack.plugins)
    return {name: Abilities.named(registry.gateway(name).capabilities) for name in names}


def _resolved(done: Resolved, outcome: str, dry_run: bool) -> list[str]:
    what = f"{done.operation.kind.value} {done.operation.id}"
    if done.already:
        return [f"{what} is {done.operation.state.value} already; nothing was changed"]
    if dry_run:
        return [f"would resolve {what} ({done.operation.state.value}) as {outcome}"]
    lines = [f"resolved: {what} is {done.operation.state.value}"]
    if done.entity.unsent:
        lines.append("its events are published by the sweep")
    return lines


def _reprocess_view(done: Reprocessing, seen: Calm | None, dry_run: bool) -> dict[str, Any]:
    from penstock.domain.payment import Payment
    from penstock.entrypoints.http.views import operation_view

    after = seen.entity if seen and seen.reached and isinstance(seen.entity, Payment) else None
    return {
        "payment": done.payment.id,
        "dry_run": dry_run,
        "asked": [operation_view(one) for one in done.asked],
        "left": [operation_view(one) for one in done.left],
        "before": done.payment.status.value,
        "after": after.status.value if after else None,
    }


def _reprocessed(view: dict[str, Any]) -> list[str]:
    kinds = ", ".join(one["kind"] for one in view["asked"])
    would = "would ask" if view["dry_run"] else "asks"
    told = [f"the sweep {would} the gateway: {kinds}" if kinds else "there is nothing to ask"]
    if view["after"]:
        told = [f"reprocessed: {view['before']} before, {view['after']} now"]
    told += [
        f"{one['kind']} {one['id']} is not asked about, since that could move money: see "
        "`penstock payments resolve --help`"
        for one in view["left"]
    ]
    return told
