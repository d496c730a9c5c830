"""`penstock queue`: look at a queue, put something in, empty it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penstock.entrypoints.cli.auditing import audited
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
from penstock.errors import MalformedMessage

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.ports import Message, Outgoing

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
    """Show how many messages wait, are being worked on, and are dead-lettered."""
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

    async def look(world: AwsWorld) -> Sequence[Message]:
        from penstock.adapters.aws.inbox import SqsInbox

        inbox = SqsInbox(world.clients, url)
        messages = await inbox.receive(limit, 1)
        if messages:
            await inbox.postpone(messages, 0)
        return messages

    messages = begun.run(look)
    begun.show([_view(one) for one in messages], lambda: lines(messages))


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
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Send a message; without --body a sample payment, to the payments queue."""
    begun = session(context, stack, as_json, confirmed)
    begun.guard("sending a message")
    url = _url(begun, name, False)
    if body is None and name != "payments":
        raise CommandError(f"say what to send to {name}: --body FILE", Code.usage)

    async def put(world: AwsWorld) -> Outgoing:
        from penstock.adapters.aws.sqs import SqsChannel

        new = world.ids.new()
        text = _read(body) if body else _sample(f"test-{new[:12]}", provider, amount, currency)
        outgoing = _outgoing(name, text, group, new)
        subjects = [f"queue#{name}"]
        async with (await audited(world))("queue send", subjects) as trail:
            await SqsChannel(world.clients, url).send(outgoing)
            trail.effect = f"sent to group {outgoing.group}"
        return outgoing

    sent = begun.run(put)
    hint = begun.command(f"payments show {sent.group}") if name == "payments" else ""
    begun.show({"group": sent.group, "dedup": sent.dedup}, lambda: [f"sent to {name}", hint])


@app.command("purge")
def purge(
    context: typer.Context,
    name: Name,
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
        subjects = [f"queue#{name}{'-dlq' if dead_letters else ''}"]
        async with (await audited(world))("queue purge", subjects) as trail:
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


def _sample(name: str, provider: str, amount: int, currency: str) -> str:
    from penstock.domain.money import Money
    from penstock.domain.payment import Order
    from penstock.pipeline.orders import ChargeMessage

    try:
        order = Order(Money(amount, currency), reference=name, description="A test")
        text = ChargeMessage(name, provider, order).dumps()
        ChargeMessage.loads(text)
    except (ValueError, MalformedMessage) as exc:
        raise CommandError(str(exc), Code.usage) from exc
    return text


def _outgoing(name: str, text: str, group: str | None, new: str) -> Outgoing:
    """
    A payment's group is its own id; anything else is sent as it is asked for.

    Each has a new deduplication id: what is sent by hand is meant, and the ledger charges once.
    """
    from penstock.pipeline.orders import load_message
    from penstock.ports import Outgoing

    if name == "payments":
        try:
            payment = load_message(text)
        except MalformedMessage:
            # A broken message may be sent on purpose: to see it parked.
            return Outgoing(text, group or new, new)
        return Outgoing(text, payment.id, new, attributes={"gateway": payment.provider})
    return Outgoing(text, group or new, new)


def _view(message: Message) -> Mapping[str, Any]:
    return {
        "id": message.id,
        "group": message.group,
        "receives": message.receives,
        "attributes": dict(message.attributes),
        "body": message.body,
    }


def lines(messages: Sequence[Message]) -> Any:
    """Messages for people, their bodies cut short."""
    if not messages:
        return "nothing waits here (what is being worked on is not shown)"
    rows = [
        (one.group, one.receives, one.attributes.get("reason"), _short(one.body))
        for one in messages
    ]
    return table(("group", "receives", "reason", "body"), rows)


def _short(body: str) -> str:
    return body if len(body) <= _BODY else f"{body[:_BODY]}…"
