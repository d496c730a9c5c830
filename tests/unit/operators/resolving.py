"""What cannot be looked up any more, and its resolution by hand, in the worlds of the pipeline."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from penstock.adapters.memory import MemoryAudit
from penstock.api import Critical, Unanswered
from penstock.domain import rules
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from penstock.domain.ref import EntityKind, Ref
from penstock.operators.audited import Audited
from penstock.operators.resolving import Outcome, Resolve, Resolved
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.charging import send, states
from tests.unit.pipeline.club import Club
from tests.unit.pipeline.desk import Desk
from tests.unit.pipeline.invoicing import arrive, away_once
from tests.unit.pipeline.owing import ask as ask_to_collect
from tests.unit.pipeline.owing import owing
from tests.unit.pipeline.owing import work as collect
from tests.unit.pipeline.refunds import ask
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.test_invoice_refunds import invoiced, news, part_gone, refund
from tests.unit.pipeline.world import LEASE, World

SEEN = "the gateway's dashboard shows it"


def audited(world: Any) -> Audited:
    return Audited(MemoryAudit(), world.clock, world.ids, "arn:aws:iam::1:user/ada")


async def resolve(
    world: Any, outcome: Outcome, reference: str | None = None, *, of: str = "p1", **named: Any
) -> Resolved:
    can = {"acme": rules.Abilities(), "till": rules.Abilities()}
    command = Resolve(world.ledger, world.clock, world.ids, audited(world), can)
    ref = Ref(EntityKind.payment, of)
    return await command(ref, outcome, SEEN, reference=reference, **named)


async def work(world: World) -> None:
    await world.consume(world.payments, world.dispatch)


async def parked() -> World:
    """A charge whose answer was lost, at a gateway that keeps no idempotency keys."""
    world = World(Acme(idempotent_charges=False, answers=[Unanswered("timeout")]))
    await send(world)
    await work(world)
    world.clock.advance(60)
    await work(world)
    assert (PaymentStatus.parked, OperationState.unknown) == await states(world)
    await world.published()
    return world


async def told(world: World) -> list[str]:
    world.clock.advance(120)
    await world.sweep()
    return [event.type for event in await world.published()]


async def lost_refund() -> World:
    """A refund that was parked because the gateway has forgotten the request."""
    world = World(Acme(refund_answers=[Unanswered("timeout")]))
    await send(world)
    await work(world)
    await ask(world, 500)
    await work(world)
    world.clock.advance(timedelta(days=30).total_seconds())
    await work(world)
    await world.published()
    return world


async def lost_capture() -> Store:
    store = Store()
    await store.pay()
    store.till.approve()
    store.till.capture_answers = [Critical("broke")]
    await store.back()
    await store.work()
    store.clock.advance(60)
    return store


async def lost_invoice() -> World:
    world = World(Acme(create_answers=[Unanswered("timeout")], searchable=False))
    await arrive(world)
    await world.consume(world.verified, world.process)
    await world.published()
    return world


async def lost_record() -> World:
    """A refund of 3.00 whose record on the invoice was not answered."""
    world = await invoiced(Acme(after_refund=away_once()))
    part_gone(world.acme, refund(300))
    world.acme.refunds_shown = False
    await news(world, "WH-2")
    world.clock.advance(LEASE.total_seconds() + 1)
    await world.published()
    return world


async def lost_collection() -> tuple[Desk, Ref]:
    desk = await owing(Club(collect_answers=[Unanswered("lost")]))
    await ask_to_collect(desk)
    await collect(desk)
    desk.clock.advance(timedelta(hours=72).total_seconds())
    await collect(desk)
    return desk, (await desk.subscription()).ref
