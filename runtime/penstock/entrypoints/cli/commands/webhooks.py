"""`penstock webhooks`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from penstock.entrypoints.cli import kept
from penstock.entrypoints.cli.ready import Credentials, Gateway
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    Session,
    StackName,
    session,
)
from penstock.entrypoints.cli.steps import lines, store, view, written_down

if TYPE_CHECKING:
    from penstock.api.account import Step
    from penstock.bootstrap.aws import AwsWorld

app = typer.Typer(no_args_is_help=True)
_REGISTER = "webhooks register"

Only = Annotated[
    str | None, typer.Option("--gateway", help="only this gateway; else each of the stack's")
]


@app.command("register")
def register(
    context: typer.Context,
    gateway: Only = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only look: say what would be done")
    ] = False,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """
    Register the stack's webhook at its gateways, for exactly the events that are handled.

    One that is there is corrected and keeps its id; the id is written to the stack's secret.
    """
    from penstock.api.account import RegistersWebhooks

    begun = session(context, stack, as_json, confirmed)
    if not dry_run:
        begun.guard("registering a webhook")
    steps: list[Step] = []

    async def work(world: AwsWorld) -> None:
        for mine in _registering(begun, gateway):
            given = await Credentials.read(mine, world)
            done: list[Step] = []
            try:
                async with (
                    mine.account(given.fields, RegistersWebhooks) as made,
                    written_down(world, _REGISTER, mine.name, done, dry_run=dry_run),
                ):
                    step = await made.register_webhook(mine.webhook_url, dry_run=dry_run)
                    done.append(step)
                    done.append(await store(given, step.secret, dry_run=dry_run))
            finally:
                steps.extend(done)

    try:
        begun.run(work)
    finally:
        if steps:
            begun.show(view(steps), lambda: lines(steps))


@app.command("drift")
def drift(
    context: typer.Context,
    gateway: Only = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """
    Compare what gateways have registered with what they should have.

    Exit code 1 if an address, a webhook's id or an event type differs.
    """
    from penstock.api.account import RegistersWebhooks

    begun = session(context, stack, as_json)

    async def compare(world: AwsWorld) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for mine in _registering(begun, gateway):
            given = await Credentials.read(mine, world)
            async with mine.account(given.fields, RegistersWebhooks) as made:
                differing = await made.webhook_drift(mine.webhook_url)
            found += [(mine.name, line) for line in differing]
        return found

    found = begun.run(compare)
    begun.show(
        [{"gateway": name, "differs": line} for name, line in found],
        lambda: (
            [f"{name}: {line}" for name, line in found] or "the webhooks are as they should be"
        ),
    )
    if found:
        counted, them = (
            ("1 difference", "it") if len(found) == 1 else (f"{len(found)} differences", "them")
        )
        how = begun.command("webhooks register", changes=True)
        raise CommandError(f"{counted}: `{how}` corrects {them}", Code.failed)


def _registering(begun: Session, named: str | None) -> list[Gateway]:
    """The stack's gateways whose account the command line can use, or the one that was named."""
    from penstock.plugins import load

    stack = begun.stack()
    offered = [name for one in load().accounts for name in stack.instances(one.name)]
    if named is not None and named not in offered:
        raise CommandError(
            f"--gateway: the stack has {', '.join(offered) or 'none'}", Code.not_found
        )
    return [Gateway.of(begun, name, None) for name in ([named] if named else offered)]


@app.command("check")
def check(
    context: typer.Context,
    headers: Annotated[
        Path, typer.Option("--headers", metavar="FILE", help="the headers, as a JSON object")
    ],
    body: Annotated[
        Path, typer.Option("--body", metavar="FILE", help="the body, byte for byte as it came")
    ],
    webhook_id: Annotated[
        str, typer.Option("--webhook-id", metavar="ID", help="the gateway's id of the webhook")
    ],
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="when it came, in RFC 3339 with its offset; else now"
        ),
    ] = None,
    env: Annotated[
        str | None,
        typer.Option(
            "--env", metavar="live|sandbox", help="else the one of the certificate's address"
        ),
    ] = None,
    certificates: Annotated[
        Path | None,
        typer.Option(
            "--certificates",
            metavar="DIR",
            help="PEM files, instead of downloads: the signing certificate's name ends with the"
            " last part of its address and .pem, the others complete its chain; none is trusted"
            " by being there",
        ),
    ] = None,
    gateway: Annotated[
        str | None,
        typer.Option("--gateway", help="the gateway; needed if several could be meant"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Say whether a gateway signed a webhook, and if not, why: "why was this webhook refused?"

    It judges the webhook with the platform's own code. With --certificates, nothing is sent and
    nothing is downloaded.

    \b
    Exit codes, which replace the usual ones:
    0   authentic
    1   forged
    2   undecided: for example, the signing certificate is missing
    64  wrong usage
    """
    from penstock.adapters.clock import SystemClock
    from penstock.api import Authentic, Forged, Undecided
    from penstock.entrypoints.cli.judging import Question, door_of, sender
    from penstock.plugins import load

    codes: dict[type, int] = {Authentic: 0, Forged: 1, Undecided: 2}
    came = kept.moment(at) if at is not None else SystemClock().now()
    given = kept.headers(headers)
    raw = kept.body(body)
    identity = kept.webhook_id(webhook_id)
    folder = kept.certificates(certificates) if certificates is not None else None
    registry = load()
    named = sender(registry, gateway)
    door = door_of(registry, named)
    where, checked = asyncio.run(
        Question(registry, named, door, given, raw, came, identity, folder).answer(env)
    )
    code = codes[type(checked.answer)]
    answer = type(checked.answer).__name__.lower()
    because = getattr(checked.answer, "because", f"{named} signed it for webhook {identity}")
    told = {
        "answer": answer,
        "because": because,
        "note": checked.note or None,
        "gateway": named,
        "environment": where,
        "at": came.isoformat(),
        "exit_code": code,
    }
    shown = [f"{answer} ({', '.join(filter(None, (named, where)))}): {because}"]
    shown += [checked.note] if checked.note else []
    session(context, None, as_json).show(told, lambda: shown)
    raise typer.Exit(code)
