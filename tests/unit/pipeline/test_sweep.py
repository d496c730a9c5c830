"""The sweep: one payment that cannot be helped holds up no other and wastes no minute."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from penstock.api import ChargeRequest, Critical, LookupAnswer, Pending, Unanswered
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.errors import ChannelUnavailable, GatewayUnavailable
from penstock.pipeline.batch import MARGIN
from penstock.pipeline.sweep import Sweep
from penstock.ports import Outgoing
from tests.unit.pipeline import virtual
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.world import ITEM_TIMEOUT, World


class Moody(Acme):
    """Looks up what it likes to."""

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        match request.payment_id:
            case "bug":
                raise RuntimeError("card 4111111111111111")
            case "hangs":
                await asyncio.Event().wait()
            case "away":
                raise GatewayUnavailable("away")
            case _:
                pass
        return await super().look_up(request)


class NoLookup:
    """Takes money, and cannot say afterwards whether it did."""

    name = "acme"
    idempotent_charges = False

    def __init__(self, acme: Acme) -> None:
        self.charge = acme.charge


async def lost(world: World, *names: str) -> None:
    """Charges whose answers were lost, and whose messages wait on the queue."""
    for name in names:
        body = f'{{"id":"{name}","provider":"acme","order":{{"amount":1,"currency":"JPY"}}}}'
        world.acme.answers = [Unanswered("timeout")]
        world.acme.moves_before_answering = True
        await world.payments.send(Outgoing(body, group=name, dedup=name))
        await world.consume(world.payments, world.charge)
        world.clock.advance(1)


async def state(world: World, name: str) -> tuple[PaymentStatus, OperationState]:
    held = await world.ledger.load(Payment, name)
    assert held is not None
    operation = held.operation(OperationKind.charge)
    assert operation is not None
    return held.status, operation.state


async def due(world: World) -> Sequence[str]:
    return [ref.id for ref in await world.ledger.due(world.clock.now(), 100)]


async def test_a_bug_met_at_one_payment_ends_no_other_and_keeps_its_words_to_itself():
    world = World(Moody())
    await lost(world, "bug", "good")
    world.clock.advance(120)

    swept = await world.sweep()

    assert {"bug": "unexpected RuntimeError", "good": None} == {
        one.ref.id: one.error for one in swept
    }
    assert OperationState.succeeded is (await state(world, "good"))[1]


async def test_what_cannot_be_helped_goes_to_the_end_of_the_line():
    world = World(Moody())
    await lost(world, "away", "good")
    world.clock.advance(120)
    before = await due(world)

    (first,) = await world.sweep(limit=1)
    (second,) = await world.sweep(limit=1)

    assert (["away", "good"], "away", "good") == (before, first.ref.id, second.ref.id)
    assert OperationState.succeeded is (await state(world, "good"))[1]


def test_a_payment_that_hangs_is_given_up_and_holds_up_nobody():
    # On virtual time: a busy machine would give up the other one too.
    assert ["took longer than its time limit", None] == virtual.run(beside_one_that_hangs())


async def beside_one_that_hangs() -> list[str | None]:
    world = World(Moody())
    await lost(world, "hangs", "good")
    world.clock.advance(120)
    sweep = Sweep(
        world.ledger,
        world.accept,
        world.hand_over,
        world.dispatch,
        world.checkouts,
        world.finish,
        world.lost_payments,
        world.clock,
        world.ids,
        item_timeout=20,
        gate=world.gate,
    )

    swept = await sweep()

    assert [] == await due(world)
    return [one.error for one in swept]


async def test_nothing_begins_that_the_host_would_not_let_end():
    world = World()
    await lost(world, "good")
    world.clock.advance(120)

    swept = await world.sweep(remaining=lambda: ITEM_TIMEOUT + MARGIN)

    assert ([], ["good"]) == (swept, await due(world))


async def test_what_is_true_is_told_though_the_charge_cannot_be_settled():
    world = World(Moody(answers=[Critical("500")]))
    body = '{"id":"away","provider":"acme","order":{"amount":1,"currency":"JPY"}}'
    await world.payments.send(Outgoing(body, group="away", dedup="away"))
    down = world.events

    class Down:
        async def send(self, message: Outgoing) -> None:
            raise ChannelUnavailable("the topic is away")

    world.wrap = lambda port: Down() if port is down else port
    await world.consume(world.payments, world.charge)
    world.wrap = lambda port: port
    world.clock.advance(120)

    (swept,) = await world.sweep()

    assert "GatewayUnavailable: away" == swept.error
    assert ["payment.parked"] == [event.type for event in await world.published()]


async def test_a_topic_that_is_away_keeps_no_charge_from_being_settled():
    world = World(Acme(answers=[Critical("500")], moves_before_answering=True))
    body = '{"id":"good","provider":"acme","order":{"amount":1,"currency":"JPY"}}'
    await world.payments.send(Outgoing(body, group="good", dedup="good"))
    down = world.events

    class Down:
        async def send(self, message: Outgoing) -> None:
            raise ChannelUnavailable("the topic is away")

    world.wrap = lambda port: Down() if port is down else port
    await world.consume(world.payments, world.charge)
    world.clock.advance(120)

    (swept,) = await world.sweep()

    assert swept.error is not None
    assert (PaymentStatus.succeeded, OperationState.succeeded) == await state(world, "good")


async def test_a_gateway_that_cannot_be_asked_is_not_asked_every_minute():
    world = World()
    await lost(world, "p1")
    world.wrap = lambda port: NoLookup(world.acme) if port is world.acme else port
    world.clock.advance(120)

    await world.sweep()
    world.clock.advance(24 * 3600)

    assert [] == await due(world)


async def test_a_parked_charge_is_asked_about_ever_more_rarely():
    world = World(Acme(answers=[Critical("500")]))
    body = '{"id":"p1","provider":"acme","order":{"amount":1,"currency":"JPY"}}'
    await world.payments.send(Outgoing(body, group="p1", dedup="p1"))
    await world.consume(world.payments, world.charge)
    asked: list[datetime] = []
    for _ in range(24 * 60):
        world.clock.advance(60)
        if await world.sweep():
            asked.append(world.clock.now())

    assert 5 < len(asked) < 20


async def test_a_pending_charge_the_gateway_forgets_is_handed_to_people():
    world = World(Acme(answers=[Pending("ch-9")]))
    body = '{"id":"p1","provider":"acme","order":{"amount":1,"currency":"JPY"}}'
    await world.payments.send(Outgoing(body, group="p1", dedup="p1"))
    await world.consume(world.payments, world.charge)
    world.clock.advance(360)

    await world.sweep()

    assert (PaymentStatus.parked, OperationState.unknown) == await state(world, "p1")
    assert ["payment.pending", "payment.parked"] == [e.type for e in await world.published()]


async def test_a_sweep_beside_a_consumer_charges_nothing_twice():
    world = World()
    await lost(world, "p1")
    world.clock.advance(900)

    await asyncio.gather(world.sweep(), world.consume(world.payments, world.charge))
    world.clock.advance(900)
    await world.consume(world.payments, world.charge)

    held: Payment | None = await world.ledger.load(Payment, "p1")
    assert held is not None
    assert (PaymentStatus.succeeded, 1) == (held.status, len(world.acme.charges))
    assert held.due_at is None or held.due_at > world.clock.now() - timedelta(days=1)


class Away:
    """A topic that takes nothing."""

    async def send(self, message: Outgoing) -> None:
        raise ChannelUnavailable("away")


class Counting(Acme):
    """Counts how often it is asked."""

    asked = 0

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        self.asked += 1
        return Pending("ch-1")


async def test_a_charge_is_asked_about_when_it_is_due_and_not_when_only_an_event_is():
    world = World(Counting(answers=[Pending("ch-1")]))
    world.wrap = lambda port: Away() if port is world.events else port
    body = '{"id":"p1","provider":"acme","order":{"amount":1,"currency":"JPY"}}'
    await world.payments.send(Outgoing(body, group="p1", dedup="p1"))
    await world.consume(world.payments, world.charge)
    await world.payments.purge()
    world.wrap = lambda port: port
    world.clock.advance(90)

    assert ["p1"] == [one.ref.id for one in await world.sweep()]
    assert 0 == world.acme.asked
    assert ["payment.pending"] == [event.type for event in await world.published()]
    world.clock.advance(300)
    await world.sweep()

    assert 1 == world.acme.asked
