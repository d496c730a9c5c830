"""What makes an invoice due, what keeps the gateway from it, and where its operation stands."""

from collections.abc import Callable

from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Payment
from penstock.errors import GatewayUnavailable, InvoiceRefused
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import notification
from tests.unit.pipeline.world import World


async def arrive(world: World) -> None:
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=one.delivery_id))


def away_once() -> Callable[[], None]:
    away = [GatewayUnavailable("away")]

    def once() -> None:
        if away:
            raise away.pop()

    return once


def refusing(because: str) -> Callable[[], None]:
    def refuse() -> None:
        raise InvoiceRefused(because)

    return refuse


async def paid(world: World) -> Payment:
    held = await world.ledger.load(Payment, "acme-SALE1")
    assert held is not None
    return held


async def operation(world: World, kind: OperationKind = OperationKind.invoice) -> Operation:
    found = (await paid(world)).operation(kind)
    assert found is not None
    return found
