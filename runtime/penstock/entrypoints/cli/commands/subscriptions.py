"""`penstock subscriptions`."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode

import typer

from penstock.domain.ref import EntityKind
from penstock.domain.restriction import RestrictionKind
from penstock.entrypoints.cli import repairing, restricting
from penstock.entrypoints.cli.amounts import Amount, Currency, named_amount
from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.calling import call_api
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    Cursor,
    Limit,
    Session,
    StackName,
    session,
    table,
)
from penstock.entrypoints.cli.terminal import say

if TYPE_CHECKING:
    from penstock.entrypoints.cli.importing import Import, Imported

app = typer.Typer(no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="the subscription's id: paypal-I-BW452GLLEP1G")]
Because = Annotated[str, typer.Option("--because", help="why; it goes to the gateway")]
_CHANGES = {
    "cancel": "Stop the renewal for good; access stays until what is paid ends.",
    "suspend": "Stop the renewal until it is resumed.",
    "resume": "Renew a suspended one again.",
}
_FOR_GOOD = "cancel"


@app.command("list")
def list_subscriptions(
    context: typer.Context,
    reference: Annotated[str, typer.Option(help="your own name for the customer")],
    limit: Limit = 20,
    cursor: Cursor = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """List the subscriptions with a reference, newest first."""
    begun = session(context, stack, as_json)
    query = {"reference": reference, "limit": limit, **({"cursor": cursor} if cursor else {})}
    told = call_api(begun, "GET", f"/subscriptions?{urlencode(query)}")
    rows = [(one["id"], one["access"], one["summary"]) for one in told["subscriptions"]]
    more = [f"more: --cursor {told['cursor']}"] if told["cursor"] else []
    begun.show(told, lambda: [table(("subscription", "access", "summary"), rows), *more])


@app.command("show")
def show(
    context: typer.Context, subscription: Id, stack: StackName = None, as_json: AsJson = False
) -> None:
    """Show a subscription: whether the customer is paid up, and what comes next."""
    begun = session(context, stack, as_json)
    _show(begun, call_api(begun, "GET", _path(subscription)))


@app.command("create")
def create(
    context: typer.Context,
    provider: Annotated[str, typer.Option(help="the gateway")],
    plan: Annotated[str, typer.Option(help="its id of an active plan; see `plans list`")],
    reference: Annotated[str, typer.Option(help="your own name for the customer")],
    given_name: Annotated[str, typer.Option(help="the subscriber's")],
    surname: Annotated[str, typer.Option(help="the subscriber's")],
    email: Annotated[str, typer.Option(help="the subscriber's; it goes to the gateway only")],
    key: Annotated[
        str, typer.Option(help="the Idempotency-Key: after a failure, give the same again")
    ],
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Open a subscription, and show where its buyer approves it."""
    begun = session(context, stack, as_json)
    who = {"given_name": given_name, "surname": surname, "email": email}
    body = {"provider": provider, "plan": plan, "reference": reference, "subscriber": who}
    told = call_api(begun, "POST", "/subscriptions", body, {"idempotency-key": key})
    begun.show(told, lambda: [f"{told['id']}: {told['status']}", told["approval_url"]])


@app.command("revise")
def revise(
    context: typer.Context,
    subscription: Id,
    plan: Annotated[str, typer.Option(help="the gateway's id of the new plan")],
    because: Annotated[
        str | None, typer.Option(help="why; it is in the event subscription.revised")
    ] = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Move it to another plan, and show where its buyer approves that."""
    begun = session(context, stack, as_json)
    body = {"plan": plan, **({"reason": because} if because else {})}
    told = call_api(begun, "POST", f"{_path(subscription)}/revise", body)
    begun.show(told, lambda: ["the change waits for the buyer's approval", told["approval_url"]])


def _add(action: str, what: str) -> None:
    """A command that changes a subscription and shows it."""

    @app.command(action, help=what)
    def change(
        context: typer.Context,
        subscription: Id,
        because: Because,
        stack: StackName = None,
        as_json: AsJson = False,
        confirmed: Confirm = None,
    ) -> None:
        begun = session(context, stack, as_json, confirmed)
        if action == _FOR_GOOD:
            begun.guard("cancelling a subscription")
        path = f"{_path(subscription)}/{action}"
        _show(begun, call_api(begun, "POST", path, {"reason": because}))


for _action, _what in _CHANGES.items():
    _add(_action, _what)


@app.command("collect")
def collect(
    context: typer.Context,
    subscription: Id,
    because: Because,
    key: Annotated[
        str, typer.Option(help="the Idempotency-Key: after a failure, give the same again")
    ],
    amount: Amount = None,
    currency: Currency = None,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Collect what the buyer owes from failed payments, all of it or a part."""
    asked = named_amount(amount, currency) | {"reason": because}
    begun = session(context, stack, as_json, confirmed)
    begun.guard("collecting from a buyer")
    path = f"{_path(subscription)}/collect"
    told = call_api(begun, "POST", path, asked, {"idempotency-key": key})
    begun.show(
        told,
        lambda: [
            f"collection {told['id']}: {_money(told['amount'])}, {told['status']}",
            begun.command(f"subscriptions show {told['subscription']}"),
        ],
    )


@app.command("import")
def import_subscriptions(
    context: typer.Context,
    gateway: Annotated[str, typer.Option(help="where they are")] = "paypal",
    file: Annotated[
        typer.FileText | None,
        typer.Option(
            help="their ids, one a line, - for standard input; by default all of them",
            encoding="utf-8-sig",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="read them, change nothing")] = False,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """
    Read subscriptions from before Penstock into the ledger; run it again to resume it.

    What the ledger has is left alone. Nothing is published, and no earlier payment is invoiced.
    """
    from penstock.entrypoints.cli.importing import Outcome, written

    begun = session(context, stack, as_json, confirmed)
    if not dry_run:
        begun.guard("importing subscriptions")
    try:
        named = written(file, gateway) if file else None
    except UnicodeDecodeError:
        told = f"--file: {file and file.name} must be text in UTF-8"
        raise CommandError(told, Code.usage) from None
    done = asyncio.run(_imported(begun, gateway, named, dry_run=dry_run))
    counts = _counts(done)
    begun.show(
        {"subscriptions": [asdict(one) for one in done], "counts": dict(counts)},
        lambda: _counted(done),
    )
    if counts[Outcome.not_found] or counts[Outcome.unreadable]:
        raise CommandError("some could not be read: see above", Code.failed)


async def _imported(
    begun: Session, gateway: str, named: list[str] | None, *, dry_run: bool
) -> list[Imported]:
    from penstock.entrypoints.cli.importing import importing, listed

    world = begun.stack().world()
    done: list[Imported] = []
    try:
        work = importing(begun.stack().platform(world), gateway, dry_run=dry_run)
        ids = named if named is not None else [one async for one in listed(work.gateway)]
        if dry_run or not ids:
            await _each(begun, work, ids, done)
            return done
        async with (await audited(world))("subscriptions import", [f"gateway#{gateway}"]) as trail:
            try:
                await _each(begun, work, ids, done)
            finally:
                trail.after = dict(_counts(done))
            trail.effect = _counted(done)
    finally:
        await world.close()
    return done


async def _each(begun: Session, work: Import, ids: list[str], done: list[Imported]) -> None:
    for number, reference in enumerate(ids, 1):
        one = await work(reference)
        done.append(one)
        if not begun.json:
            said = one.because or " ".join(filter(None, (one.status, one.access)))
            say(f"{number}/{len(ids)}  {one.id}  {one.outcome}  {said}")


def _counts(done: list[Imported]) -> Counter[str]:
    return Counter(one.outcome.value for one in done)


def _counted(done: list[Imported]) -> str:
    return ", ".join(f"{n} {what}" for what, n in _counts(done).items()) or "no subscriptions"


def _path(subscription: str) -> str:
    return f"/subscriptions/{quote(subscription, safe='')}"


def _show(begun: Session, view: dict[str, Any]) -> None:
    facts = [
        ("subscription", view["id"]),
        ("summary", view["summary"]),
        ("access", view["access"]),
        ("access until", view.get("access_until")),
        ("reference", view.get("reference")),
        ("plan", view.get("plan", {}).get("name") or view.get("plan", {}).get("id")),
        ("subscriber", view.get("subscriber", {}).get("name")),
        ("next payment", view.get("next_billing_at")),
        ("failures", view["failures"] or None),
        ("outstanding", _money(view.get("outstanding"))),
        *(("collection", _collection(one)) for one in view.get("collections", ())),
        ("next attempt", view.get("next_attempt_at")),
        ("approval", view.get("approval_url")),
        ("updated", view["updated_at"]),
    ]
    rows = [(name, value) for name, value in facts if value]
    begun.show(view, lambda: table(("", ""), rows))


def _collection(one: dict[str, Any]) -> str:
    parts = [_money(one["amount"]), one["status"], one.get("because"), one.get("reason")]
    return ", ".join(part for part in parts if part)


def _money(amount: dict[str, Any] | None) -> str | None:
    return f"{amount['value']} {amount['currency']}" if amount else None


restricting.add(app, RestrictionKind.subscription)
repairing.add_resolve(app, EntityKind.subscription)
