"""`penstock queue`: look at a queue, put something in, empty it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.framing import Because, OptionalBecause
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    Session,
    StackName,
    session,
    table,
)

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.ports import Message

app = typer.Typer(no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="deliveries, verified, rejected, payments, sink-…")]
DeadLetters = Annotated[bool, typer.Option("--dlq", help="its dead-letter queue instead")]
_BODY = 160


@app.command("depth")
def depth(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="one queue; left out, all")] = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Show how many messages wait, are in flight (worked on, or in back-off), and are dead."""
    begun = session(context, stack, as_json)
    queues = begun.stack().queues
    names = [name] if name else list(queues)
    for one in names:
        _url(begun, one, False)

    async def count(world: AwsWorld) -> dict[str, dict[str, int]]:
        from penstock.adapters.aws.inbox import SqsInbox

        counted: dict[str, dict[str, int]] = {}
        for one in names:
            counted[one] = dict(await world.inbox(one).depth())
            url = queues[one].dead_letters
            if url:
                dead = await SqsInbox(world.clients, url).depth()
                counted[one]["dead"] = dead["visible"] + dead["in_flight"]
        return counted

    counted = begun.run(count)
    rows = [(one, of["visible"], of["in_flight"], of.get("dead")) for one, of in counted.items()]
    begun.show(counted, lambda: table(("queue", "visible", "in flight", "dead"), rows))


@app.command("work")
def work(
    context: typer.Context,
    days: Annotated[
        int, typer.Option(min=1, max=31, help="how far back payments are looked through")
    ] = 2,
    limit: Annotated[int, typer.Option(min=1, max=500, help="how many of each kind")] = 50,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Show what is under way: what the sweep takes up, and when; what messages carry."""
    from penstock.entrypoints.cli.working import show

    show(session(context, stack, as_json), days, limit)


@app.command("receive")
def receive(
    context: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=10, help="how many at most")] = 10,
    dead_letters: DeadLetters = False,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Show what waits on a queue, and give it back at once (its receive count grows)."""
    begun = session(context, stack, as_json)
    url = _url(begun, name, dead_letters)

    async def look(world: AwsWorld) -> tuple[Sequence[Message], int]:
        from penstock.adapters.aws.inbox import SqsInbox

        inbox = SqsInbox(world.clients, url)
        in_flight = (await inbox.depth())["in_flight"]
        messages = await inbox.receive(limit, 1)
        if messages:
            await inbox.postpone(messages, 0)
        return messages, in_flight

    messages, in_flight = begun.run(look)
    begun.show([_view(one) for one in messages], lambda: lines(messages, in_flight))


@app.command("send")
def send(
    context: typer.Context,
    name: Name,
    body: Annotated[
        Path | None, typer.Option("--body", help="the message; - reads standard input")
    ] = None,
    group: Annotated[str | None, typer.Option(help="its message group")] = None,
    provider: Annotated[str, typer.Option(help="of the sample payment")] = "example",
    amount: Annotated[int, typer.Option(min=1, help="of the sample, in minor units")] = 1250,
    currency: Annotated[str, typer.Option(help="of the sample payment")] = "EUR",
    because: OptionalBecause = None,
    wait: Annotated[
        int, typer.Option(min=0, max=900, help="wait so many seconds for what becomes of it")
    ] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would become of it, and send nothing")
    ] = False,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Send a message and say what becomes of it; without --body a sample payment."""
    begun = session(context, stack, as_json, confirmed)
    if not dry_run:
        begun.guard("sending a message")
    url = _url(begun, name, False)
    if body is None and name != "payments":
        raise CommandError(f"say what to send to {name}: --body FILE", Code.usage)

    from penstock.entrypoints.cli.sending import sample, send_message

    def text(new: str) -> str:
        return _read(body) if body else sample(f"test-{new[:12]}", provider, amount, currency)

    send_message(begun, name, url, text, group, because, wait=wait, dry_run=dry_run)


@app.command("purge")
def purge(
    context: typer.Context,
    name: Name,
    because: Because,
    dead_letters: DeadLetters = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Forget everything that waits on a queue; it cannot be brought back."""
    begun = session(context, stack, as_json, confirmed)
    begun.guard("purging a queue")
    url = _url(begun, name, dead_letters)
    which = f"{name}{' (dead letters)' if dead_letters else ''} of {begun.stack_name}"
    if not yes and not typer.confirm(f"Forget every message of {which}?"):
        raise CommandError("nothing was purged", Code.refused)

    async def forget(world: AwsWorld) -> None:
        from penstock.operators.audited import said

        subjects, why = [f"queue#{name}{'-dlq' if dead_letters else ''}"], said(because)
        async with (await audited(world))("queue purge", subjects, why) as trail:
            await world.clients.call("sqs", "purge_queue", QueueUrl=url)
            trail.effect = "purged"

    begun.run(forget)
    begun.show({"purged": name}, lambda: f"purged {which}")


def _url(begun: Session, name: str, dead_letters: bool) -> str:
    queues = begun.stack().queues
    if name not in queues:
        raise CommandError(f"no queue {name}; there are {', '.join(queues)}", Code.not_found)
    url = queues[name].dead_letters if dead_letters else queues[name].url
    if url is None:
        raise CommandError(f"{name} has no dead-letter queue", Code.not_found)
    return url


def _read(body: Path) -> str:
    try:
        raw = sys.stdin.buffer.read() if str(body) == "-" else body.read_bytes()
        return raw.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise CommandError("--body: a message is text in UTF-8", Code.usage) from exc


def _view(message: Message) -> Mapping[str, Any]:
    return {
        "id": message.id,
        "group": message.group,
        "receives": message.receives,
        "attributes": dict(message.attributes),
        "body": message.body,
    }


def lines(messages: Sequence[Message], in_flight: int = 0) -> Any:
    """Messages for people, their bodies cut short."""
    if not messages and in_flight:
        return (
            f"nothing is visible, {in_flight} in flight: being worked on, or in back-off until "
            "they are tried again; see penstock queue work"
        )
    if not messages:
        return "nothing waits here, and nothing is in flight"
    rows = [
        (one.group, one.receives, one.attributes.get("reason"), _short(one.body))
        for one in messages
    ]
    return table(("group", "receives", "reason", "body"), rows)


def _short(body: str) -> str:
    return body if len(body) <= _BODY else f"{body[:_BODY]}…"
