"""A payment asked for again: after a repair, by another client, under an older key."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from penstock.api import Refused
from penstock.domain import rules
from penstock.domain.caller import READ_AND_PAY, Caller
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payment, PaymentStatus
from penstock.errors import ChannelUnavailable
from penstock.pipeline.accept import payment_id
from penstock.pipeline.orders import ChargeMessage, load_order
from penstock.ports import Outgoing
from tests.unit.pipeline.accepting import ORDER, OTHER
from tests.unit.pipeline.world import CALLER, World

KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)


async def parked(world: World) -> Payment:
    """A payment whose gateway refused the charge: its message is parked, nothing will send it."""
    world.acme.answers = [Refused("the gateway is misconfigured")]
    accepted = await world.accept("key-1", "acme", ORDER, CALLER)
    await world.consume(world.payments, world.charge)
    held = await world.ledger.load(Payment, accepted.id)
    assert held is not None
    assert PaymentStatus.parked is held.status
    return held


@pytest.mark.parametrize("seconds", [0, 80, 299, 3600])
async def test_the_same_request_after_a_repair_charges_at_once(seconds: int):
    """
    A queue drops a message whose deduplication id it has seen within five minutes, and answers
    as if it took it: each attempt has an id of its own.
    """
    world = World()
    await parked(world)
    world.clock.advance(seconds)

    again = await world.accept("key-1", "acme", ORDER, CALLER)
    await world.consume(world.payments, world.charge)

    held = await world.ledger.load(Payment, again.id)
    assert held is not None
    assert (PaymentStatus.succeeded, 2) == (held.status, world.acme.charge_calls)
    assert 1 == len(world.acme.charges)


async def test_a_request_that_is_refused_again_may_be_repeated_until_the_repair():
    world = World()
    held = await parked(world)
    for _ in range(3):
        world.acme.answers = [Refused("the gateway is misconfigured")]
        await world.accept("key-1", "acme", ORDER, CALLER)
        await world.consume(world.payments, world.charge)

    await world.accept("key-1", "acme", ORDER, CALLER)
    await world.consume(world.payments, world.charge)

    charged = await world.ledger.load(Payment, held.id)
    assert charged is not None
    assert (PaymentStatus.succeeded, 5) == (charged.status, world.acme.charge_calls)


async def test_a_charge_that_is_due_again_is_sent_by_the_sweep_and_not_dropped():
    world = World()
    held = await parked(world)
    operation = held.operation(OperationKind.charge)
    assert operation is not None
    now = world.clock.now()
    due = rules.settle(
        held, replace(operation, due_at=now), held.status, now=now, new_id=world.ids.new
    )
    await world.ledger.commit(due)

    await world.sweep()
    await world.consume(world.payments, world.charge)

    charged = await world.ledger.load(Payment, held.id)
    assert charged is not None
    assert (PaymentStatus.succeeded, 2) == (charged.status, world.acme.charge_calls)


async def test_a_message_that_may_have_been_taken_is_not_sent_twice_by_the_sweep():
    """
    Sent, and the process ends before it notes that: the sweep's copy names the same attempt.
    """
    world = World()
    queue = world.payments

    class Lost:
        """A queue that takes the message, and whose answer is lost."""

        async def send(self, message: Outgoing) -> None:
            await queue.send(message)
            raise ChannelUnavailable("the answer was lost")

    world.wrap = lambda port: Lost() if port is queue else port
    with pytest.raises(ChannelUnavailable):
        await world.accept("key-1", "acme", ORDER, CALLER)
    world.wrap = lambda port: port
    world.clock.advance(61)

    await world.sweep()

    assert 1 == len(await world.drain(world.payments))


@pytest.mark.parametrize("odd", ["\ufffe", "\uffff", "\x7f", "\u2028", "Æ 山 🙂", '"\\'])
async def test_whatever_an_order_says_its_message_is_one_a_queue_takes(odd: str):
    """
    SQS refuses what XML 1.0 has no character for: sent as it is, it would be sent for ever.
    """
    world = World()
    order = load_order(
        {"amount": 1, "currency": "USD", "description": odd, "metadata": {"k": odd}}
    )

    await world.accept("key-1", "acme", order, CALLER)

    (message,) = await world.payments.receive(1, 0)
    assert message.body.isascii()
    assert message.body.isprintable()
    assert order == ChargeMessage.loads(message.body).order


SHOP = Caller("t-shop", "shop", READ_AND_PAY)
NEXT = Caller("t-next", "shop", READ_AND_PAY)
BACKOFFICE = Caller("t-office", "backoffice", READ_AND_PAY)


async def test_two_clients_may_use_the_same_key_for_payments_of_their_own():
    world = World()
    one = await world.accept("key-1", "acme", ORDER, SHOP)
    other = await world.accept("key-1", "acme", OTHER, BACKOFFICE)

    assert one.id != other.id
    assert (ORDER, OTHER) == (one.order, other.order)


async def test_a_retry_with_the_clients_next_token_is_the_same_payment():
    world = World()
    first = await world.accept("key-1", "acme", ORDER, SHOP)
    again = await world.accept("key-1", "acme", ORDER, NEXT)

    assert first.id == again.id
    assert "t-shop" == again.token


def test_a_key_from_before_there_were_clients_names_the_same_payment():
    """
    An old token belongs to the client `default`; the id is what the code before computed.
    """
    assert "pay-" + sha256(b"order-4711").hexdigest()[:32] == payment_id("order-4711", "default")


@given(st.text(min_size=1), st.text(min_size=1), KEYS, KEYS)
def test_no_client_reaches_the_payment_of_another(one: str, other: str, key: str, second: str):
    assume((one, key) != (other, second))
    assume("\0" not in one + other)

    assert payment_id(key, one) != payment_id(second, other)
