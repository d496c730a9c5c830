"""A charge that can never be looked up: it ends with people, and is not sent again."""

from dataclasses import dataclass

import pytest

from penstock.api import ChargeRequest, Declined, Refused, Unanswered
from penstock.api.answers import ChargeAnswer, LookupAnswer
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from penstock.errors import Unconfirmable
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.charging import payment, send, states
from tests.unit.pipeline.world import World


async def test_a_charge_nobody_can_ask_about_stays_with_people_and_is_not_swept_for_ever():
    class Mute:
        name = "acme"
        idempotent_charges = False

        def __init__(self) -> None:
            self.calls = 0

        async def charge(self, request: ChargeRequest) -> ChargeAnswer:
            self.calls += 1
            return Unanswered("timeout")

    bank = Mute()
    world = World(bank)  # type: ignore[arg-type]  # a bank with one capability
    await send(world)
    for _ in range(10):
        world.clock.advance(120)
        await world.consume(world.payments, world.charge)
        await world.sweep()

    (dead,) = await world.drain(world.dead)
    assert "the gateway cannot say whether money moved" in dead.attributes["reason"]
    assert (PaymentStatus.parked, OperationState.unknown) == await states(world)
    assert (1, []) == (bank.calls, list(await world.ledger.due(world.clock.now(), 10)))
    await world.payments.send(Outgoing(dead.body, group=dead.group, dedup=dead.id))
    await world.consume(world.payments, world.charge)

    assert (1, 1) == (bank.calls, len(await world.drain(world.dead)))


@dataclass
class Mum(Acme):
    """A bank that will never say what became of a charge."""

    asked: int = 0

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        self.asked += 1
        raise Unconfirmable("a status that is not known here")


NEVER = "the charge cannot be looked up: a status that is not known here"


@pytest.mark.parametrize("turned_down", [Declined("no funds"), Refused("400")])
async def test_a_charge_that_is_turned_down_and_can_never_be_looked_up_is_for_people(
    turned_down: ChargeAnswer,
):
    world = World(Mum(answers=[turned_down]))
    await send(world)

    (result,) = await world.consume(world.payments, world.charge)

    assert ("parked", f"ChargeCritical: {NEVER}") == (result.status, result.error)
    assert (PaymentStatus.parked, OperationState.unknown) == await states(world)
    assert NEVER == (await payment(world)).reason


async def test_a_lost_charge_that_can_never_be_looked_up_is_parked_with_its_payment():
    world = World(Mum(answers=[Unanswered("timeout")]))
    await send(world)
    await world.consume(world.payments, world.charge)
    world.clock.advance(600)

    (result,) = await world.consume(world.payments, world.charge)

    assert ("parked", 1) == (result.status, world.acme.charge_calls)
    assert (PaymentStatus.parked, OperationState.unknown) == await states(world)
    assert ["payment.parked"] == [event.type for event in await world.published()]


async def test_a_gateway_without_keys_that_can_never_be_asked_charges_nothing():
    world = World(Mum(idempotent_charges=False))
    await send(world)

    (result,) = await world.consume(world.payments, world.charge)

    assert ("parked", 0) == (result.status, world.acme.charge_calls)
    assert (PaymentStatus.parked, OperationState.unknown) == await states(world)


async def test_the_sweep_asks_less_and_less_often_about_what_can_never_be_looked_up():
    acme = Mum(answers=[Unanswered("timeout")])
    world = World(acme)
    await send(world)
    await world.consume(world.payments, world.charge)

    for _ in range(60):
        world.clock.advance(60)
        await world.sweep()

    assert (PaymentStatus.unknown, OperationState.unknown) == await states(world)
    assert acme.asked < 10
    assert NEVER == (await payment(world)).operations[0].reason
