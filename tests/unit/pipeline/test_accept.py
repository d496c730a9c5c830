"""A payment that is asked for: once under its key, and sent once."""

from typing import Any

import pytest

from penstock.api import Pending
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payment, PaymentStatus
from penstock.errors import ChannelUnavailable, MissingCapability, PaymentConflict
from penstock.pipeline.accept import Accept, payment_id
from penstock.pipeline.orders import ChargeMessage
from penstock.ports import Outgoing
from tests.unit.pipeline.accepting import ORDER, OTHER
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.world import CALLER, World


class Down:
    """A queue that takes nothing."""

    async def send(self, message: Outgoing) -> None:
        raise ChannelUnavailable("the queue is away")


def without_payments_queue(world: World) -> None:
    queue = world.payments

    def wrap(port: Any) -> Any:
        return Down() if port is queue else port

    world.wrap = wrap


async def test_a_payment_asked_for_twice_is_one_payment_charged_once():
    world = World()

    accepted = await world.accept("key-1", "acme", ORDER, CALLER)
    again = await world.accept("key-1", "acme", ORDER, CALLER)
    await world.consume(world.payments, world.charge)

    held = await world.ledger.load(Payment, accepted.id)
    assert accepted.id == again.id
    assert held is not None
    assert (PaymentStatus.succeeded, 1) == (held.status, world.acme.charge_calls)


async def test_the_same_key_for_another_order_is_a_conflict_and_sends_nothing():
    world = World()
    await world.accept("key-1", "acme", ORDER, CALLER)

    with pytest.raises(PaymentConflict, match="Idempotency-Key"):
        await world.accept("key-1", "acme", OTHER, CALLER)

    assert 1 == len(await world.drain(world.payments))


async def test_a_gateway_that_takes_no_charges_is_named_with_those_that_do():
    with pytest.raises(MissingCapability, match="use one of: acme"):
        await World().accept("key-1", "paypal", ORDER, CALLER)


async def test_what_was_accepted_and_never_sent_is_sent_by_the_sweep():
    world = World()
    without_payments_queue(world)
    with pytest.raises(ChannelUnavailable):
        await world.accept("key-1", "acme", ORDER, CALLER)
    world.wrap = lambda port: port
    world.clock.advance(61)

    await world.sweep()

    (sent,) = await world.drain(world.payments)
    assert payment_id("key-1", CALLER.client) == ChargeMessage.loads(sent.body).id


async def test_what_was_sent_is_left_alone_by_the_sweep():
    world = World()
    accepted = await world.accept("key-1", "acme", ORDER, CALLER)
    world.clock.advance(3600)

    swept = await world.sweep()

    held = await world.ledger.load(Payment, accepted.id)
    assert held is not None
    operation = held.operation(OperationKind.charge)
    assert operation is not None
    assert ([], None) == (swept, operation.due_at)


async def test_a_repeat_of_what_was_sent_writes_nothing():
    world = World()
    accepted = await world.accept("key-1", "acme", ORDER, CALLER)
    sent = await world.payment(accepted.id)

    await world.accept("key-1", "acme", ORDER, CALLER)

    assert sent == await world.payment(accepted.id)


async def test_a_repeat_leaves_a_charge_that_is_asked_about_to_the_sweep():
    """
    The gateway says "pending": the operation is due when it is asked about next.
    """
    world = World(Acme(answers=[Pending("ch-1")]))
    accepted = await world.accept("key-1", "acme", ORDER, CALLER)
    await world.consume(world.payments, world.charge)
    pending = await world.payment(accepted.id)

    await world.accept("key-1", "acme", ORDER, CALLER)

    operation = pending.operation(OperationKind.charge)
    assert operation is not None
    assert operation.due_at is not None
    assert pending == await world.payment(accepted.id)


@pytest.mark.parametrize("another", ["other", "aaa"])
async def test_the_same_key_for_another_provider_is_a_conflict(another: str):
    world = World()
    known = await world.accept("key-1", "acme", ORDER, CALLER)
    other = Accept(world.ledger, world.payments, world.clock, world.ids, {"acme", another})

    with pytest.raises(PaymentConflict, match="Idempotency-Key"):
        await other("key-1", another, ORDER, CALLER)

    assert "acme" == known.gateway


async def test_the_same_request_at_the_same_moment_is_one_payment_and_both_are_told_so():
    world = World()

    class Slow:
        """The first look of each finds nothing: both looked before either wrote."""

        def __init__(self, ledger: Any) -> None:
            self._ledger = ledger
            self._looked = False

        def __getattr__(self, name: str) -> Any:
            return getattr(self._ledger, name)

        async def load(self, kind: Any, payment_id: str) -> Payment | None:
            if self._looked:
                return await self._ledger.load(kind, payment_id)
            self._looked = True
            return None

    first = await world.accept("key-1", "acme", ORDER, CALLER)
    world.wrap = lambda port: Slow(port) if port is world.ledger else port

    second = await world.accept("key-1", "acme", ORDER, CALLER)

    assert first.id == second.id
    assert 1 == len(await world.drain(world.payments))
