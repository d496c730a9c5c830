"""
How long recovery takes, on virtual time: sweeps as a schedule starts them, waits as they are.

A call of the ledger or a queue takes 8 ms, a request to a gateway 300 ms: what `make cost`
assumes, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from penstock.api import GatewayUnavailable, Observation, Payer, PaymentStatus
from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.domain.ref import EntityKind, Ref
from penstock.pipeline.batch import MARGIN
from penstock.pipeline.orders import ChargeMessage
from tests.unit.pipeline.distant import GATEWAY_SECONDS, Distance, Far
from tests.unit.pipeline.virtual import VirtualClock
from tests.unit.pipeline.world import World

EVERY = 60.0
"""Seconds between two sweeps."""
FUNCTION_SECONDS = 80.0
"""The limit of the sweep's function with the default settings (`infra/works.py`)."""


def near() -> World:
    """A world in which nothing takes time yet: what is to be recovered is made in it."""
    return World(Far(), VirtualClock())


def move_away(world: World) -> Distance:
    """From here on calls take their time."""
    distance = Distance(world)
    world.wrap = distance
    far(world).seconds = GATEWAY_SECONDS
    return distance


def far(world: World) -> Far:
    """The world's gateway."""
    assert isinstance(world.acme, Far)
    return world.acme


def order() -> Order:
    return Order(Money(1250, "USD"), reference="order-1", payer=None)


async def pending(world: World, count: int) -> None:
    """Charges that the gateway has not decided."""
    for number in range(count):
        name = f"pending-{number}"
        body = f'{{"id":"{name}","provider":"acme","order":{{"amount":1,"currency":"JPY"}}}}'
        await world.charge.take(ChargeMessage.loads(body))
    await world.drain(world.events)


async def paid(world: World, count: int) -> None:
    """Payments whose invoices are to be made, and whose worker died."""
    for number in range(count):
        sale = replace(world.acme.sale, id=f"S{number}")
        seen = Observation(sale, payer=Payer("P", "Ann", "ann@example.org"))
        await world.observe.apply(
            Ref(EntityKind.payment, f"acme-S{number}"), world.acme, None, seen
        )


async def sweeps(world: World, limit: float, until: Callable[[], bool], minutes: int = 60) -> None:
    """Start a sweep every minute, as the schedule does, until a condition holds."""
    running: list[asyncio.Task[None]] = []
    for _ in range(minutes):
        running.append(asyncio.create_task(hosted(world, limit)))
        for _ in range(int(EVERY * 10)):
            await asyncio.sleep(0.1)
            if until():
                break
        if until():
            break
    for one in running:
        one.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def hosted(world: World, limit: float) -> None:
    """One sweep in a function that is ended after `limit` seconds."""
    began = world.clock.monotonic()

    def left() -> float:
        return limit - (world.clock.monotonic() - began)

    try:
        async with asyncio.timeout(left() - MARGIN):
            await world.sweep(remaining=left)
    except TimeoutError:
        pass


async def delay_of_a_payment_never_sent(count: int, limit: float = FUNCTION_SECONDS) -> float:
    """Seconds from a payment's due time to its message, behind so many pending ones."""
    world = near()
    await pending(world, count)
    await asyncio.sleep(600)
    distance = move_away(world)
    accepted = world.clock.monotonic()
    await never_sent(world)
    await sweeps(world, limit, lambda: distance.payment_messages > 0)
    return world.clock.monotonic() - accepted


async def delay_while_gateway_is_asked(count: int, limit: float = FUNCTION_SECONDS) -> float:
    """The same, for one that becomes due two seconds after a sweep began to ask."""
    world = near()
    await pending(world, count)
    await asyncio.sleep(600)
    distance = move_away(world)
    sweeping = asyncio.create_task(sweeps(world, limit, lambda: distance.payment_messages > 0))
    await asyncio.sleep(2)
    accepted = world.clock.monotonic()
    await never_sent(world)
    await sweeping
    return world.clock.monotonic() - accepted


@dataclass(frozen=True)
class Recovered:
    """
    Attributes:
        done: invoices a minute.
        most: requests that were under way at once.
    """

    done: int
    most: int


async def invoices_a_minute(count: int, limit: float = FUNCTION_SECONDS) -> Recovered:
    """Invoices that are made, mailed and recorded a minute, while there are enough."""
    world = near()
    await paid(world, count)
    await asyncio.sleep(600)
    move_away(world)
    began = world.clock.monotonic()
    await sweeps(
        world,
        limit,
        lambda: far(world).settled == count or world.clock.monotonic() - began >= 120,
    )
    minutes = (world.clock.monotonic() - began) / 60
    return Recovered(round(far(world).settled / minutes), far(world).most)


async def asks_of_a_pending_charge(days: int) -> int:
    """How often the gateway is asked about a charge that it does not decide."""
    world = near()
    await pending(world, 1)
    far(world).asked = 0
    for _ in range(days * 24 * 12):
        await asyncio.sleep(300)
        await world.sweep()
    return far(world).asked


async def requests_to_a_gateway_that_is_away(count: int) -> tuple[int, int]:
    """Requests within three minutes, and payments that are pending still."""
    return await _refused(count, GatewayUnavailable("away"))


async def requests_to_a_gateway_that_says_later(count: int, seconds: float) -> tuple[int, int]:
    """The same, for one that names a time."""
    return await _refused(count, GatewayUnavailable("later", retry_after=seconds))


async def _refused(count: int, down: GatewayUnavailable) -> tuple[int, int]:
    world = near()
    await pending(world, count)
    await asyncio.sleep(600)
    move_away(world)
    far(world).asked, far(world).down = 0, down
    await sweeps(world, FUNCTION_SECONDS, lambda: False, minutes=3)
    held = [await world.payment(f"pending-{number}") for number in range(count)]
    return far(world).asked, sum(one.status is PaymentStatus.pending for one in held)


async def never_sent(world: World) -> None:
    """A payment that is accepted, and whose message was lost with its worker."""
    now = world.clock.now()
    decided = rules.accept(
        "never-sent", "acme", order(), now=now, new_id=world.ids.new, due_at=now
    )
    await world.ledger.commit(decided)
