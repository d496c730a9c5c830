"""Charge in doubt: what is not known is asked about, not charged again, and it ends."""

from dataclasses import dataclass

import pytest

from penstock.api import ChargeRequest, Critical, Declined, NotFound, NotSent, Refused, Unanswered
from penstock.api.answers import ChargeAnswer, LookupAnswer
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import PaymentStatus
from penstock.errors import GatewayUnavailable
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.charging import payment, send, states
from tests.unit.pipeline.world import World


@dataclass
class Lagging(Acme):
    """A bank that shows a charge late, and turns down its repeat meanwhile."""

    lag: int = 1
    away: bool = False

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        if self.away:
            raise GatewayUnavailable("503")
        self.lag -= 1
        return NotFound() if self.lag >= 0 else await super().look_up(request)


@pytest.mark.parametrize("turned_down", [Declined("409"), Refused("400")])
async def test_a_repeat_that_is_turned_down_was_charged_the_first_time(turned_down: ChargeAnswer):
    acme = Lagging(answers=[Unanswered("timeout"), turned_down], moves_before_answering=True)
    world = World(acme)
    await send(world)
    await world.consume(world.payments, world.charge)
    world.clock.advance(60)

    (result,) = await world.consume(world.payments, world.charge)

    assert ("done", 2, 1) == (result.status, acme.charge_calls, len(acme.charges))
    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)
    assert ["payment.succeeded"] == [event.type for event in await world.published()]


async def test_a_repeat_that_is_turned_down_while_nobody_can_be_asked_is_not_declined_yet():
    acme = Lagging(answers=[Unanswered("timeout"), Declined("409")], moves_before_answering=True)
    world = World(acme)
    await send(world)
    await world.consume(world.payments, world.charge)
    world.clock.advance(60)
    acme.answers, repeat = [], acme.answers

    async def repeated(request: ChargeRequest) -> ChargeAnswer:
        acme.away = True
        return repeat.pop()

    acme.charge = repeated  # type: ignore[method-assign]  # its look-ups fail from then on
    await world.consume(world.payments, world.charge)

    assert (PaymentStatus.unknown, OperationState.unknown) == await states(world)
    acme.away, acme.lag = False, 0
    world.clock.advance(600)
    await world.consume(world.payments, world.charge)

    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)


async def test_what_is_turned_down_at_once_is_believed_once_its_look_up_answers():
    acme = Lagging(answers=[Declined("no funds"), Declined("no funds")], away=True)
    world = World(acme)
    await send(world)
    await world.consume(world.payments, world.charge)

    assert (PaymentStatus.unknown, OperationState.unknown) == await states(world)
    acme.away = False
    world.clock.advance(600)
    (result,) = await world.consume(world.payments, world.charge)

    assert "done" == result.status
    assert (PaymentStatus.declined, OperationState.declined) == await states(world)


async def test_a_repeat_of_what_the_gateway_never_had_is_declined_as_it_says():
    world = World(Acme(answers=[NotSent("503"), Declined("no funds")]))
    await send(world)
    await world.consume(world.payments, world.charge)
    world.clock.advance(60)

    await world.consume(world.payments, world.charge)

    assert (PaymentStatus.declined, OperationState.declined) == await states(world)


async def test_a_parked_charge_is_asked_about_ever_more_rarely_and_ends_when_it_is_found():
    world = World(Acme(idempotent_charges=False, answers=[Unanswered("timeout")]))
    await send(world)
    for _ in range(3):
        await world.consume(world.payments, world.charge)
        world.clock.advance(120)
    asked: list[bool] = []
    for _ in range(48):
        world.clock.advance(1800)
        asked.append(bool(await world.sweep()))
    operation = (await payment(world)).operation(OperationKind.charge)
    assert operation is not None
    world.acme.charges[operation.id] = "ch-late"
    world.clock.advance(86_400)

    await world.sweep()

    assert 4 <= sum(asked) <= 16
    assert 1 == world.acme.charge_calls
    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)
    assert "payment.succeeded" == (await world.published())[-1].type


async def test_a_lost_answer_is_asked_about_and_found():
    world = World(Acme(answers=[Unanswered("timeout")], moves_before_answering=True))
    await send(world)
    await world.consume(world.payments, world.charge)
    world.clock.advance(60)

    await world.consume(world.payments, world.charge)

    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)
    assert (1, 1) == (world.acme.charge_calls, len(world.acme.charges))


async def test_a_lost_answer_is_asked_about_at_once_though_the_lease_still_runs():
    world = World(Acme(answers=[Unanswered("timeout")], moves_before_answering=True))
    await send(world)
    await world.consume(world.payments, world.charge)
    world.clock.advance(3)

    (result,) = await world.consume(world.payments, world.charge)

    assert ("done", 1) == (result.status, world.acme.charge_calls)


async def test_a_lost_request_is_not_sent_again_while_it_may_be_under_way():
    world = World(Acme(answers=[Unanswered("timeout")]))
    await send(world)
    await world.consume(world.payments, world.charge)
    world.clock.advance(3)

    (result,) = await world.consume(world.payments, world.charge)

    assert ("retry", 1) == (result.status, world.acme.charge_calls)


async def test_a_lost_request_that_never_arrived_goes_out_again_under_the_same_key():
    world = World(Acme(answers=[Unanswered("timeout")]))
    await send(world)
    await world.consume(world.payments, world.charge)
    world.clock.advance(60)

    await world.consume(world.payments, world.charge)

    assert (2, 1) == (world.acme.charge_calls, len(world.acme.charges))
    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)


async def test_where_keys_are_not_kept_a_lost_request_is_parked_and_never_sent_again():
    world = World(Acme(answers=[Unanswered("timeout")], idempotent_charges=False))
    await send(world)
    await world.consume(world.payments, world.charge)
    world.clock.advance(60)

    (result,) = await world.consume(world.payments, world.charge)

    assert ("parked", 1) == (result.status, world.acme.charge_calls)
    assert (PaymentStatus.parked, OperationState.unknown) == await states(world)


async def test_a_critical_failure_redriven_looks_first_and_settles_what_it_finds():
    world = World(Acme(answers=[Critical("500")], moves_before_answering=True))
    await send(world)
    await world.consume(world.payments, world.charge)
    (parked,) = await world.drain(world.dead)
    world.clock.advance(60)
    await world.payments.send(Outgoing(parked.body, parked.group, dedup=parked.id))

    (result,) = await world.consume(world.payments, world.charge)

    assert ("done", 1) == (result.status, world.acme.charge_calls)
    assert ["payment.parked", "payment.succeeded"] == [e.type for e in await world.published()]


async def test_critical_redriven_and_critical_again_within_a_minute_is_still_there():
    world = World(Acme(answers=[Critical("500"), Critical("500")]))
    await send(world)
    await world.consume(world.payments, world.charge)
    (parked,) = await world.drain(world.dead)
    world.clock.advance(30)
    await world.payments.send(Outgoing(parked.body, parked.group, dedup=parked.id))

    (result,) = await world.consume(world.payments, world.charge)

    assert "parked" == result.status
    assert 1 == len(await world.drain(world.dead))


async def test_the_sweep_settles_what_it_finds_and_never_charges():
    world = World(Acme(answers=[Unanswered("timeout")], moves_before_answering=True))
    await send(world)
    await world.consume(world.payments, world.charge)
    world.clock.advance(120)

    await world.sweep()

    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)
    assert 1 == world.acme.charge_calls
    assert ["payment.succeeded"] == [event.type for event in await world.published()]


async def test_the_sweep_leaves_a_parked_charge_it_cannot_find_to_people():
    world = World(Acme(answers=[Critical("500")]))
    await send(world)
    await world.consume(world.payments, world.charge)
    world.clock.advance(120)

    await world.sweep()

    assert (PaymentStatus.parked, OperationState.unknown) == await states(world)
    assert 1 == world.acme.charge_calls


async def test_a_ledger_that_lost_its_charge_asks_a_gateway_without_keys_before_it_charges():
    """
    A table restored from a backup: the operation's id is derived, so it is the one from before.
    """
    before = World(Acme())
    await send(before)
    await before.consume(before.payments, before.charge)
    operation = (await payment(before)).operation(OperationKind.charge)
    assert operation is not None
    world = World(Acme(idempotent_charges=False, charges={operation.id: "ch-1"}))
    await send(world)

    (result,) = await world.consume(world.payments, world.charge)

    assert ("done", 0) == (result.status, world.acme.charge_calls)
    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)


async def test_a_first_charge_waits_while_a_gateway_without_keys_cannot_be_asked():
    class Silent(Acme):
        async def look_up(self, request: ChargeRequest) -> LookupAnswer:
            raise GatewayUnavailable("away")

    world = World(Silent(idempotent_charges=False))
    await send(world)

    (result,) = await world.consume(world.payments, world.charge)

    assert ("retry", 0) == (result.status, world.acme.charge_calls)
