"""Charge: whatever the gateway answers and whoever dies, the money moves once and it ends."""

import json
from dataclasses import dataclass, replace

import pytest

from penstock.api import (
    ChargeRequest,
    Critical,
    Declined,
    NotFound,
    NotSent,
    Pending,
    Refused,
    Unanswered,
)
from penstock.api.answers import ChargeAnswer
from penstock.api.gateway import LookupAnswer
from penstock.domain.change import change
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.errors import GatewayUnavailable, LedgerConflict, OperationInFlight
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.world import World

ORDER = {"amount": 1250, "currency": "USD", "reference": "order-1"}


def paid_with(metadata: dict[str, str]) -> object:
    return {"id": "p1", "provider": "acme", "order": {**ORDER, "metadata": metadata}}


async def send(world: World, body: object = None, *, dedup: str = "p1") -> None:
    text = json.dumps({"id": "p1", "provider": "acme", "order": ORDER} if body is None else body)
    await world.payments.send(Outgoing(text, group="p1", dedup=dedup))


async def payment(world: World) -> Payment:
    held = await world.ledger.load("p1")
    assert held is not None
    return held


async def states(world: World) -> tuple[PaymentStatus, OperationState]:
    held = await payment(world)
    operation = held.operation(OperationKind.charge)
    assert operation is not None
    return held.status, operation.state


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


async def test_what_is_turned_down_at_once_is_believed_unasked():
    world = World(Lagging(answers=[Declined("no funds")], away=True))
    await send(world)

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
    assert await world.ledger.load("p1") is None


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

    async def load(self, payment_id: str) -> Payment | None:
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
        held = await self.world.ledger.load(request.payment_id)
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
