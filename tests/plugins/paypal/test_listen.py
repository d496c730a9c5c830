"""`penstock listen` against the simulated PayPal: no webhook comes, and every event arrives."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import History, Notification
from penstock.domain.payment import Payment
from penstock.entrypoints.cli.listening import Listening
from tests.plugins.paypal.machine.life import Life, beginning

LOST = [{"lost": True}]


@pytest.fixture
async def life(sign: tuple[Any, Any]) -> AsyncIterator[Life]:
    async with beginning(*sign, Counter[str]()) as life:
        yield life


def listening(life: Life, shown: list[tuple[str, bool]], said: list[str]) -> Listening:
    platform = life.process.platform
    gateway = platform.gateways["paypal"]
    assert isinstance(gateway, History)

    def show(one: Notification, fed: bool) -> None:
        shown.append((one.type, fed))

    return Listening(platform.gaps, gateway, life.now, show, said.append)


async def happens(life: Life, event_type: str) -> None:
    await life.order("POST", "webhooks", {"event_type": event_type, "target": life.door})


async def test_every_event_is_shown_once_and_processed(life: Life):
    shown: list[tuple[str, bool]] = []
    ear = listening(life, shown, [])
    await life.order("POST", "deliveries/faults", LOST)
    await happens(life, "PAYMENT.SALE.COMPLETED")
    await ear.once()
    await happens(life, "BILLING.PLAN.UPDATED")

    for _ in range(3):
        await ear.once()
        await life.work()

    assert [("PAYMENT.SALE.COMPLETED", True), ("BILLING.PLAN.UPDATED", True)] == shown
    (sale,) = life.books.sales.values()
    assert await life.world.ledger.load(Payment, f"paypal-{sale['id']}")


async def test_an_event_whose_webhook_came_is_shown_as_known(life: Life):
    shown: list[tuple[str, bool]] = []
    ear = listening(life, shown, [])
    await happens(life, "BILLING.PLAN.UPDATED")
    await life.work()

    await ear.once()

    assert [("BILLING.PLAN.UPDATED", False)] == shown


async def test_what_happened_before_is_left_out(life: Life):
    shown: list[tuple[str, bool]] = []
    await happens(life, "BILLING.PLAN.UPDATED")
    await life.order("PUT", "clock", {"ahead_seconds": timedelta(hours=2).total_seconds()})

    await listening(life, shown, []).once()

    assert [] == shown


async def test_an_outage_is_said_and_waited_for(life: Life):
    shown: list[tuple[str, bool]] = []
    said: list[str] = []
    ear, stop = listening(life, shown, said), asyncio.Event()
    await life.order("POST", "faults", [{"path": "/v1/", "status": 503, "times": 1}])
    await life.order("POST", "deliveries/faults", LOST)
    await happens(life, "BILLING.PLAN.UPDATED")
    ear.show = lambda one, fed: (shown.append((one.type, fed)), stop.set())[0]

    async with asyncio.timeout(30):
        await ear.until(stop, 0.01)

    assert (1, [("BILLING.PLAN.UPDATED", True)]) == (len(said), shown)


async def test_told_to_stop_it_ends_at_once(life: Life):
    ear, stop = listening(life, [], []), asyncio.Event()
    waiting = asyncio.create_task(ear.until(stop, 3600))
    await asyncio.sleep(0)
    stop.set()

    async with asyncio.timeout(10):
        await waiting
