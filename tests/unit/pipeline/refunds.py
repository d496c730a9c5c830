"""A paid payment, the refunds asked of it, and what became of them."""

from __future__ import annotations

from penstock.domain import rules
from penstock.domain.operation import Operation
from penstock.domain.payment import Payment
from penstock.errors import RequestRefused
from penstock.pipeline.refunding import RefundAsked
from tests.unit.pipeline.charging import payment, send
from tests.unit.pipeline.world import CALLER, World


async def paid(world: World) -> Payment:
    """A payment of 12.50 USD whose charge succeeded; what it published is dropped."""
    await send(world)
    await world.consume(world.payments, world.dispatch)
    await world.published()
    return await payment(world)


async def ask(
    world: World, amount: int | None = None, *, key: str = "k-1", of: str = "p1", **asked: str
) -> str:
    """Ask for a refund; answers its id."""
    currency = asked.pop("currency", "USD") if amount is not None else None
    _, refund = await world.refunding(key, of, RefundAsked(amount, currency, **asked), CALLER)
    return refund.id


async def refused(world: World, amount: int | None = None, **asked: str) -> RequestRefused:
    """What a refund is refused with; nothing may have been sent."""
    before = await world.payments.depth()
    try:
        await ask(world, amount, **asked)
    except RequestRefused as exc:
        assert before == await world.payments.depth()
        return exc
    raise AssertionError("it was taken")


async def work(world: World) -> None:
    """One turn of the queue's consumer."""
    await world.consume(world.payments, world.dispatch)


async def refunds(world: World) -> list[Operation]:
    """The refunds of the payment, oldest first."""
    return [operation for operation, _ in rules.refunds_of(await payment(world))]


async def events(world: World) -> list[str]:
    """The types of the events that left; a copy has the id of the first, and sinks drop it."""
    return list({event.id: str(event.type) for event in await world.published()}.values())
