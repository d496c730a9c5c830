"""Charge: whatever the gateway answers and whoever else is at it, the money moves once."""

from dataclasses import replace
from typing import Any

import pytest

from penstock.api import (
    ChargeRequest,
    Critical,
    Declined,
    NotSent,
    Pending,
    Refused,
    Unanswered,
)
from penstock.api.answers import ChargeAnswer, LookupAnswer
from penstock.domain.change import change
from penstock.domain.operation import OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.errors import LedgerConflict, OperationInFlight
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.charging import ORDER, send, states
from tests.unit.pipeline.world import World


def paid_with(metadata: dict[str, str]) -> object:
    return {"id": "p1", "provider": "acme", "order": {**ORDER, "metadata": metadata}}


async def test_a_message_moves_its_money_and_says_so():
    world = World()
    await send(world)

    (result,) = await world.consume(world.payments, world.charge)

    assert "done" == result.status
    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)
    assert ["payment.succeeded"] == [event.type for event in await world.published()]


async def test_the_same_message_again_moves_nothing():
    world = World()
    await send(world)
    await world.consume(world.payments, world.charge)
    await send(world, dedup="again")

    (result,) = await world.consume(world.payments, world.charge)

    assert ("done", 1, 1) == (result.status, world.acme.charge_calls, len(world.acme.charges))
    assert 1 == len(await world.published())


async def test_a_decline_is_final():
    world = World(Acme(answers=[Declined("insufficient funds")]))
    await send(world)

    (result,) = await world.consume(world.payments, world.charge)

    assert "done" == result.status
    assert (PaymentStatus.declined, OperationState.declined) == await states(world)
    assert ["payment.declined"] == [event.type for event in await world.published()]


@pytest.mark.parametrize(
    ("answer", "status", "operation", "result"),
    [
        (NotSent("503"), PaymentStatus.accepted, OperationState.reserved, "retry"),
        (Unanswered("timeout"), PaymentStatus.unknown, OperationState.unknown, "retry"),
        (Refused("400"), PaymentStatus.parked, OperationState.reserved, "parked"),
        (Critical("500"), PaymentStatus.parked, OperationState.unknown, "parked"),
        (Pending("ch-9"), PaymentStatus.pending, OperationState.pending, "done"),
    ],
)
async def test_each_answer_leaves_message_payment_and_operation_where_it_should(
    answer: ChargeAnswer, status: PaymentStatus, operation: OperationState, result: str
):
    world = World(Acme(answers=[answer]))
    await send(world)

    (became,) = await world.consume(world.payments, world.charge)

    assert result == became.status
    assert (status, operation) == await states(world)


async def test_a_request_that_was_not_sent_is_sent_when_the_gateway_is_back():
    world = World(Acme(answers=[NotSent("connection refused")] * 3))
    await send(world)
    for _ in range(4):
        await world.consume(world.payments, world.charge)
        world.clock.advance(900)

    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)


async def test_another_order_under_a_known_id_is_parked_and_charges_nothing():
    world = World()
    await send(world)
    await world.consume(world.payments, world.charge)
    other = {"id": "p1", "provider": "acme", "order": {**ORDER, "amount": 99}}
    await send(world, other, dedup="other")

    (result,) = await world.consume(world.payments, world.charge)

    assert ("parked", 1) == (result.status, world.acme.charge_calls)
    assert "another order" in (result.error or "")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("no json", "message"),
        ({"id": "p1", "provider": "nobody", "order": ORDER}, "gateway"),
        ({"id": "p1", "provider": "acme"}, "order is missing"),
        ({"id": "p1", "provider": "acme", "order": {"amount": 1}}, "order.currency is missing"),
        ({"id": "p1", "provider": "acme", "order": {**ORDER, "amount": 1.5}}, "order.amount"),
        ({"id": "p1", "provider": "acme", "order": {**ORDER, "amount": 0}}, "order.amount"),
        ({"id": "", "provider": "acme", "order": ORDER}, "id"),
        (paid_with({f"k{n}": "v" for n in range(21)}), "order.metadata"),
        (paid_with({"k" * 41: "v"}), "order.metadata"),
        (paid_with({"": "v"}), "order.metadata"),
    ],
)
async def test_poison_is_parked_with_the_field_and_leaves_no_payment(body: object, names: str):
    world = World()
    await send(world, body)

    (result,) = await world.consume(world.payments, world.charge)

    assert "parked" == result.status
    assert names in (result.error or "")
    assert await world.ledger.load(Payment, "p1") is None


async def test_people_hear_at_once_that_a_charge_was_parked():
    world = World(Acme(answers=[Critical("500")]))
    await send(world)

    await world.consume(world.payments, world.charge)

    assert ["payment.parked"] == [event.type for event in await world.published()]


async def test_two_at_one_payment_cannot_both_submit():
    world = World()
    await send(world)
    (first,) = await world.payments.receive(10, 0)
    stale = World(world.acme, world.clock)
    stale.ledger = world.ledger
    stale.wrap = lambda port: Stale(port) if port is world.ledger else port
    await world.charge(first)

    with pytest.raises(LedgerConflict):
        await stale.charge(first)

    assert 1 == world.acme.charge_calls


class Stale:
    """A ledger read before anybody wrote."""

    def __init__(self, port: object) -> None:
        self._port = port

    def __getattr__(self, name: str) -> object:
        return getattr(self._port, name)

    async def load(self, kind: Any, payment_id: str) -> Payment | None:
        return None


async def test_another_provider_under_a_known_id_is_parked_and_charges_nothing():
    world = World()
    await send(world)
    await world.consume(world.payments, world.charge)
    twin = Acme(name="twin")
    both = replace(world.charge, gateways={"acme": world.acme, "twin": twin})
    await send(world, {"id": "p1", "provider": "twin", "order": ORDER}, dedup="other")

    (result,) = await world.consume(world.payments, both)

    assert ("parked", 0, 1) == (result.status, twin.charge_calls, world.acme.charge_calls)


async def test_a_gateway_that_names_a_time_is_left_alone_until_then():
    world = World(Acme(answers=[NotSent("429", retry_after=77)]))
    await send(world)
    await world.consume(world.payments, world.charge)
    world.clock.advance(76)

    early = await world.consume(world.payments, world.charge)
    world.clock.advance(1)
    (late,) = await world.consume(world.payments, world.charge)

    assert ([], "done") == (early, late.status)


async def test_while_somebody_is_at_a_charge_nobody_else_even_asks():
    class Killed(BaseException):
        pass

    class Deadly(Acme):
        looked = 0

        async def charge(self, request: ChargeRequest) -> ChargeAnswer:
            raise Killed

        async def look_up(self, request: ChargeRequest) -> LookupAnswer:
            self.looked += 1
            return await super().look_up(request)

    acme = Deadly()
    world = World(acme)
    await send(world)
    (first,) = await world.payments.receive(10, 0)
    with pytest.raises(Killed):
        await world.charge(first)

    with pytest.raises(OperationInFlight):
        await world.charge(first)
    await world.sweep()

    assert 0 == acme.looked


class Interrupted(Acme):
    """While it answers, somebody else writes the payment."""

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        held = await self.world.ledger.load(Payment, request.payment_id)
        assert held is not None
        await self.world.ledger.commit(
            change(held, held, now=self.world.clock.now(), new_id=self.world.ids.new)
        )
        return await super().charge(request)

    world: World


async def test_an_answer_stands_though_somebody_wrote_the_payment_meanwhile():
    acme = Interrupted()
    world = acme.world = World(acme)
    await send(world)

    (result,) = await world.consume(world.payments, world.charge)

    assert ("done", 1) == (result.status, acme.charge_calls)
    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)
