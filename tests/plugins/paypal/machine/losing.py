"""What happens at the simulated PayPal whose webhooks get lost, and what is missing then."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from penstock.domain.record import Record
from tests.plugins.paypal.machine.life import START, Life
from tests.plugins.paypal.simulator_billing.shop import MONTHLY

TEN_MINUTES = timedelta(minutes=10)
HALF_AN_HOUR = timedelta(minutes=30)
SOLD = "PAYMENT.SALE.COMPLETED"
PLAN = "BILLING.PLAN.UPDATED"
ALL_LOST = {"lost": True}


async def runs(life: Life, times: int = 1) -> None:
    """The gap detector, every ten minutes, and whatever it and the queues have to do."""
    for _ in range(times):
        await to(life, life.now + TEN_MINUTES)
        await life.work()
        await life.alive(lambda: life.process.platform.gaps())
        await life.work()


async def to(life: Life, moment: datetime) -> None:
    """Move the time of both sides."""
    await life.order("PUT", "clock", {"ahead_seconds": (moment - START).total_seconds()})


async def loses(life: Life, *faults: dict[str, Any]) -> None:
    await life.order("POST", "deliveries/faults", list(faults))


async def sells(life: Life, key: str = "key-1") -> str:
    """A subscription that is approved and paid; its id at PayPal."""
    made = None
    while made is None:
        made = await life.sign_up(key, MONTHLY)
    reference = str(made.opened).removeprefix("paypal-")
    await life.order("POST", f"subscriptions/{reference}/approve", {"how": "pay"})
    return reference


async def happens(life: Life, event_type: str = SOLD) -> None:
    """Something of a subscription that PayPal has had for long; its webhook may be lost."""
    await life.order("POST", "webhooks", {"event_type": event_type, "target": life.door})


async def lost(life: Life) -> list[str]:
    """The events that have been listed for half an hour, and that the ledger lacks."""
    due = life.now - HALF_AN_HOUR
    listed = life.simulator.deliveries.archive.events.values()
    names = [str(one.event["id"]) for one in listed if one.at <= due]
    held = [await life.world.ledger.load(Record, f"paypal/{name}") for name in names]
    return [name for name, record in zip(names, held, strict=True) if record is None]


def doubled(life: Life) -> list[tuple[str, str]]:
    """Events of ours that were published twice of one entity, though they happen once."""
    once = {"payment.succeeded", "subscription.created", "subscription.activated", "invoice.paid"}
    told = Counter((one.type, str(one.ref)) for one in life.events.values() if one.type in once)
    return [key for key, times in told.items() if times > 1]


async def settled(life: Life) -> tuple[int, int]:
    """Lost and doubled, once half an hour went by."""
    await runs(life, 3)
    return len(await lost(life)), len(doubled(life))


def listed(life: Life) -> int:
    return len(life.simulator.deliveries.archive.events)
