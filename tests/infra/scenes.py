"""What happens in the stages of a stack, and what must be counted of the logs of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog

from penstock.api import (
    Confirmation,
    Confirmed,
    Contradicted,
    Critical,
    GatewayUnavailable,
    Money,
    Notification,
    Observation,
    PaymentStatus,
    Transaction,
    Unanswered,
)
from penstock.errors import InvoiceRefused
from penstock.ports import Outgoing
from penstock.testing.http import response
from tests.infra import mishaps
from tests.infra.scene import Scene
from tests.plugins.paypal.client import FOUND, SALE, SALE_PATH
from tests.plugins.paypal.told import TOKEN, Told, problem
from tests.unit.pipeline import charging
from tests.unit.pipeline import test_verify as verifying
from tests.unit.pipeline.acme import NOON, Acme, notification
from tests.unit.pipeline.listing import Listing, at, made
from tests.unit.pipeline.world import World


def failing(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


async def notify(world: World, *given: Notification) -> None:
    for one in given or (notification(),):
        await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=one.delivery_id))
    await world.consume(world.verified, world.process)


async def forged() -> None:
    world = World()
    await verifying.arrive(world, sig="forged")
    await world.consume(world.deliveries, world.verify)


async def authentic() -> None:
    world = World()
    await verifying.arrive(world)
    await world.consume(world.deliveries, world.verify)


async def two_bodies_under_one_transmission() -> None:
    first = notification(transmission="t")
    other = notification("WH-2", transmission="t", delivery_id="d-2", body=b"[]")
    await notify(World(), first, other)


async def contradicted() -> None:
    claimed = Observation(replace(Acme().sale, amount=Money(999_00, "USD")))
    await notify(World(Acme(confirmations=[Contradicted(("amount",), claimed)])))


async def paid_and_invoiced() -> None:
    await notify(World())


async def invoice_not_answered() -> None:
    await notify(World(Acme(create_answers=[Unanswered("timeout")])))


async def invoice_not_recorded() -> None:
    await notify(World(Acme(on_record=failing(GatewayUnavailable("away")))))


async def invoice_never_recorded() -> None:
    await notify(World(Acme(on_record=failing(InvoiceRefused("never")))))


async def refund_refused_on_the_invoice() -> None:
    world = World(Acme(before_refund=failing(InvoiceRefused("never"))))
    await notify(world)
    part = Transaction("R1", "refund", PaymentStatus.refunded, Money(300, "USD"), NOON)
    sale = replace(world.acme.sale, status=PaymentStatus.partially_refunded)
    world.acme.confirmations = [Confirmed(Observation(sale, refunds=(part,)))]
    await notify(world, notification("WH-2", delivery_id="d-2"))


async def invoice_not_sent() -> None:
    await notify(World(Acme(on_send=failing(GatewayUnavailable("away")))))


async def swept_invoice_not_recorded() -> None:
    """Neither its sending nor, when the sweep had sent it, its record is answered."""
    world = World(Acme(on_send=failing(GatewayUnavailable("away"))))
    await notify(world)
    world.acme.on_send = lambda: None
    world.acme.on_record = failing(GatewayUnavailable("away"))
    world.clock.advance(3600)
    await world.sweep()


async def webhook_lost() -> None:
    """Found after half an hour: the detector had not run."""
    bank = Listing()
    world = World(bank)
    await world.gaps()
    bank.made.append(made(1, at(minutes=1)))
    world.clock.advance(3600)
    await world.gaps()


async def list_not_answered() -> None:
    bank = Listing(failures=[GatewayUnavailable("away")])
    world = World(bank)
    await world.gaps()
    world.clock.advance(3600)
    await world.gaps()


async def charge_not_answered() -> None:
    world = World(Acme(answers=[Unanswered("timeout")]))
    await charging.send(world)
    await world.consume(world.payments, world.charge)


async def charge_broke() -> None:
    world = World(Acme(answers=[Critical("broke")]))
    await charging.send(world)
    await world.consume(world.payments, world.charge)


async def charged() -> None:
    world = World()
    await charging.send(world)
    await world.consume(world.payments, world.charge)


@dataclass
class AsksPayPal(Acme):
    """Acme, but what a sale is PayPal's own plugin asks."""

    name: str = "paypal"
    told: Told = field(
        default_factory=lambda: Told(log=structlog.get_logger().bind(plugin="paypal"))
    )

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        return await self.told.paypal.confirm(notification, now)


async def _paypal(*answers: Any, token: Any = None) -> None:
    acme = AsksPayPal()
    acme.told.at(SALE_PATH, *answers)
    if token is not None:
        acme.told.http.answers[TOKEN] = token
    one = replace(notification(), gateway="paypal", entity=f"paypal-{SALE}")
    await notify(World(acme), one)


async def rate_limited() -> None:
    await _paypal(problem(429), FOUND)


async def rate_limit_reached() -> None:
    await _paypal(problem(400, "RATE_LIMIT_REACHED"))


async def token_rate_limited() -> None:
    await _paypal(FOUND, token=response(429, {}))


async def denied() -> None:
    await _paypal(problem(403, "PERMISSION_DENIED"))


async def client_refused() -> None:
    await _paypal(FOUND, token=response(401, {"error": "invalid_client"}))


async def refused_by_paypal() -> None:
    await _paypal(problem(422, "SOME_ISSUE"))


UNKNOWN = {"OperationsUnknown": 1}
SCENES = (
    Scene("verify", forged, {"DeliveriesRejected": 1}),
    Scene("verify", authentic, {}),
    Scene("process", two_bodies_under_one_transmission, {"DeliveriesAltered": 1}),
    Scene("process", contradicted, {"DeliveriesRejected": 1}),
    Scene("process", paid_and_invoiced, {}),
    Scene("process", invoice_not_answered, UNKNOWN),
    Scene("process", invoice_not_sent, UNKNOWN),
    # Whose step was not answered is unknown, too.
    Scene("process", invoice_not_recorded, {"InvoicesUnrecorded": 1, **UNKNOWN}),
    Scene("process", invoice_never_recorded, {"InvoicesUnrecorded": 1}),
    Scene(
        "gaps",
        webhook_lost,
        {"WebhooksFetched": 1, "WebhooksMissed": 1, "GapsFinished": 2},
        items=False,
    ),
    Scene("gaps", list_not_answered, {"GapsFailed": 1, "GapsFinished": 1}, items=False),
    Scene(
        "sweep",
        swept_invoice_not_recorded,
        {"InvoicesUnrecorded": 1, "OperationsUnknown": 2, "SweepsFinished": 1},
    ),
    Scene("process", refund_refused_on_the_invoice, {"InvoiceRefundsRefused": 1}),
    Scene("process", rate_limited, {"RateLimited": 1}),
    Scene("process", rate_limit_reached, {"RateLimited": 1}),
    Scene("process", token_rate_limited, {"RateLimited": 1}),
    Scene("process", refused_by_paypal, {}),
    Scene("process", denied, {"GatewayDenied": 1}),
    Scene("process", client_refused, {"GatewayDenied": 1}),
    Scene("charge", charge_not_answered, UNKNOWN),
    Scene("charge", charge_broke, UNKNOWN),
    Scene("charge", charged, {}),
    *mishaps.SCENES,
)
