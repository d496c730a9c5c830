"""In one process a stage's message reaches the next one as it was sent, and is text elsewhere."""

from __future__ import annotations

import pytest

from penstock.adapters.memory import MemoryQueue
from penstock.domain.delivery import Delivery, Notification
from penstock.pipeline.receive import Door, Receive
from penstock.pipeline.verify import Verify
from penstock.ports import Message, Outgoing
from penstock.testing.clock import NOON, FrozenClock
from tests.unit.pipeline.acme import Acme

DELIVERY = Delivery.of("acme", {"sig": "good"}, b'{"id":"WH-1"}', NOON)


def queue(*, as_sent: bool, dead_letters: MemoryQueue | None = None) -> MemoryQueue:
    return MemoryQueue(FrozenClock(NOON), dead_letters=dead_letters, as_sent=as_sent)


async def handed_out(by: MemoryQueue) -> Message:
    (message,) = await by.receive(1, 0)
    return message


async def test_a_queue_of_one_process_hands_on_what_was_sent() -> None:
    held = queue(as_sent=True)
    await held.send(Outgoing(DELIVERY, "g", "d"))

    message = await handed_out(held)

    assert DELIVERY is message.content
    assert DELIVERY.dumps() == message.body


async def test_any_other_queue_hands_out_text_as_sqs_does() -> None:
    held = queue(as_sent=False)
    await held.send(Outgoing(DELIVERY, "g", "d"))

    assert DELIVERY.dumps() == (await handed_out(held)).content


@pytest.mark.parametrize("as_sent", [True, False])
async def test_from_the_door_to_verified_both_say_the_same(as_sent: bool) -> None:
    deliveries, verified = queue(as_sent=as_sent), queue(as_sent=as_sent)
    clock = FrozenClock(NOON)
    receive = Receive({"acme": Door("acme", {}, 1000, json=True)}, deliveries, clock)
    verify = Verify({"acme": Acme()}, verified, queue(as_sent=as_sent), clock)

    taken = await receive("acme", {}, DELIVERY.body)
    await verify(await handed_out(deliveries))

    sent = await handed_out(verified)
    assert (as_sent, not as_sent) == (
        isinstance(sent.content, Notification),
        isinstance(sent.content, str),
    )
    read = Acme().read(taken)
    assert (read, read.group) == (Notification.loads(sent.body), sent.group)


async def test_a_dead_letter_is_text_to_those_who_look_at_it() -> None:
    dead = queue(as_sent=True)
    held = queue(as_sent=True, dead_letters=dead)
    await held.send(Outgoing(DELIVERY, "g", "d"))

    await held.park(await handed_out(held), "a test of ours")

    assert DELIVERY == Delivery.loads((await handed_out(dead)).body)
