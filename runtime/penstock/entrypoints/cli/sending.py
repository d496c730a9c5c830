"""A message sent by hand, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable

from penstock.adapters.aws.sqs import SqsChannel
from penstock.bootstrap.aws import AwsWorld
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.session import Code, CommandError, Session
from penstock.errors import MalformedMessage
from penstock.operators.dead_letters import LettersOf
from penstock.operators.effects import Effects
from penstock.operators.knowledge import Knowledge
from penstock.operators.letters import read_letter
from penstock.operators.sending import expected
from penstock.pipeline.orders import ChargeMessage, load_message
from penstock.ports import Message, Outgoing


def send_message(
    begun: Session,
    name: str,
    url: str,
    text: Callable[[str], str],
    group: str | None,
    because: str | None,
    *,
    wait: int,
    dry_run: bool,
) -> None:
    """
    Send a message, and say what becomes of it.

    Args:
        text: makes the message's body of a new name.
    """

    async def put(world: AwsWorld) -> tuple[Outgoing, str]:
        new = world.ids.new()
        outgoing = _outgoing(name, text(new), group, new)
        message = Message(new, outgoing.body, outgoing.group, "")
        knowledge = Knowledge(world.ledger, world.attempts)
        letter = await read_letter(name, message, knowledge)
        effect = expected(name, letter.content, letter.known)
        if dry_run:
            return outgoing, effect
        async with (await audited(world))("queue send", [f"queue#{name}"], because) as trail:
            await SqsChannel(world.clients, url).send(outgoing)
            trail.effect = f"sent to group {outgoing.group}: {effect}"
        if wait and begun.stack().queues[name].dead_letters:
            of = LettersOf(name, world.parked(name), knowledge, world.clock)
            effects = Effects(of, knowledge, world.clock, again=False)
            effect = (await effects.wait([letter], wait))[letter.id]
        return outgoing, effect

    sent, effect = begun.run(put)
    hint = f"penstock payments show {sent.group}" if name == "payments" else ""
    told = f"{'would be sent' if dry_run else 'sent'} to {name}: {effect}"
    begun.show(
        {"group": sent.group, "dedup": sent.dedup, "sent": not dry_run, "effect": effect},
        lambda: [told, *([hint] if hint and not dry_run else [])],
    )


def sample(name: str, provider: str, amount: int, currency: str) -> str:
    """
    The message of a sample payment.

    Raises:
        CommandError: it would be parked.
    """
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
    if name == "payments":
        try:
            payment = load_message(text)
        except MalformedMessage:
            # A broken message may be sent on purpose: to see it parked.
            return Outgoing(text, group or new, new)
        return Outgoing(text, payment.id, new, attributes={"gateway": payment.provider})
    return Outgoing(text, group or new, new)
