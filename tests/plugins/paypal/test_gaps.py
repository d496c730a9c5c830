"""
The simulated PayPal loses webhooks; the platform in memory finds what it lists.

Each scenario ends with the same two counts over PayPal's whole list: lost, what the ledger lacks
though it has been listed for half an hour; doubled, what was published twice. Both are 0.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from penstock.bootstrap import Platform
from penstock.domain.payment import Payment
from penstock.domain.subscription import Access, Subscription
from penstock_paypal import shapes
from penstock_paypal.webhooks.history import PAGE
from tests.plugins.paypal.machine.life import Life, beginning
from tests.plugins.paypal.machine.losing import (
    ALL_LOST,
    PLAN,
    TEN_MINUTES,
    doubled,
    happens,
    listed,
    loses,
    runs,
    sells,
    settled,
    to,
)


@pytest.fixture
async def life(sign: tuple[Any, Any]) -> AsyncIterator[Life]:
    async with beginning(*sign, Counter[str]()) as life:
        await runs(life)
        yield life


async def test_every_webhook_of_a_new_subscription_is_lost(life: Life):
    await loses(life, ALL_LOST)
    reference = await sells(life)

    assert (0, 0) == await settled(life)
    assert (0, 3) == (sum(life.arrived.values()), listed(life))
    held = await life.world.ledger.load(Subscription, f"paypal-{reference}")
    assert held is not None
    assert Access.active is held.access
    told = Counter(one.type for one in life.events.values())
    assert (1, 1, 1) == (
        told["payment.succeeded"],
        told["invoice.paid"],
        told["subscription.activated"],
    )


@pytest.mark.parametrize("type", ["PAYMENT.SALE", "BILLING.SUBSCRIPTION"])
async def test_some_webhooks_are_lost_and_others_come(life: Life, type: str):
    await loses(life, {"event_type": type, "lost": True})
    await sells(life)

    assert (0, 0) == await settled(life)
    assert 0 < sum(life.arrived.values()) < listed(life)


async def test_webhooks_that_are_held_back_come_after_they_were_fetched(life: Life):
    await loses(life, {"hold": 1000})
    await sells(life)
    assert (0, 0) == await settled(life)
    before = len(life.events)

    await life.order("DELETE", "deliveries/faults")
    await runs(life)

    assert (3, before, 0) == (
        sum(life.arrived.values()),
        len(life.events),
        len(doubled(life)),
    )


@pytest.mark.parametrize("seconds", [-1, -0.001, 0, 0.001, 0.5, 0.999, 1, 2])
@pytest.mark.parametrize("border", ["the newest to be compared", "the watermark", "an hour back"])
async def test_a_webhook_is_lost_at_a_border_of_the_window(
    life: Life, border: str, seconds: float
):
    await loses(life, ALL_LOST)
    await happens(life)
    await runs(life)
    mark = await life.world.watermarks.get("paypal")
    assert mark is not None
    at = {
        "the newest to be compared": life.now + TEN_MINUTES - timedelta(minutes=5),
        "the watermark": mark.at + timedelta(minutes=10),
        "an hour back": mark.at + timedelta(hours=1),
    }[border]
    await to(life, at + timedelta(seconds=seconds))
    await happens(life)

    assert (0, 0) == await settled(life)


@pytest.mark.slow
async def test_more_is_lost_than_a_page_shows(life: Life):
    await loses(life, ALL_LOST)
    for number in range(2 * PAGE + 50):
        await to(life, life.now + timedelta(milliseconds=number % 7 * 300))
        await happens(life, PLAN)

    assert (0, 0) == await settled(life)
    assert 2 * PAGE + 50 == listed(life)


@pytest.mark.slow
async def test_more_is_lost_within_one_second_than_a_page_shows(life: Life):
    await loses(life, ALL_LOST)
    for _ in range(PAGE + 20):
        await to(life, life.now + timedelta(milliseconds=8))
        await happens(life, PLAN)

    assert (0, 0) == await settled(life)
    assert PAGE + 20 == listed(life)


async def test_two_runs_at_once(life: Life):
    await loses(life, ALL_LOST)
    await sells(life)
    await to(life, life.now + TEN_MINUTES)
    other: Platform = type(life.process)(life.world, life.told).platform

    await asyncio.gather(life.process.platform.gaps(), other.gaps())
    await life.work()

    assert (0, 0) == await settled(life)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 11))
async def test_a_run_crashes_at_any_of_its_calls(life: Life, step: int, after: bool):
    await loses(life, ALL_LOST)
    await sells(life)
    await to(life, life.now + TEN_MINUTES)
    life.process.mortal.dies(step, after=after)
    await life.alive(lambda: life.process.platform.gaps())
    assert 1 == life.counts["fault: crash"], "a run has fewer calls: lower the steps"

    assert (0, 0) == await settled(life)


async def test_the_api_fails_for_a_while(life: Life):
    await loses(life, ALL_LOST)
    await sells(life)
    await life.order("POST", "faults", [{"path": "/v1/", "status": 503, "times": 3}])

    assert (0, 0) == await settled(life)


@pytest.mark.parametrize("hours", [-72, -1, 1, 72, 2000])
async def test_our_clock_is_wrong_for_a_run(life: Life, hours: float):
    await loses(life, ALL_LOST)
    await sells(life)
    await to(life, life.now + TEN_MINUTES)
    right = life.now
    wrong = right + timedelta(hours=hours)
    clock = life.world.clock
    life.world.clock = Standing(wrong)
    life.process = type(life.process)(life.world, life.told)
    await life.process.platform.gaps()
    life.world.clock = clock
    life.process = type(life.process)(life.world, life.told)
    await sells(life, "key-2")

    assert (0, 0) == await settled(life)
    assert 6 == listed(life)


class Standing:
    """A clock that is wrong."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


async def renewed_unheard(life: Life) -> tuple[str, str, datetime]:
    """A renewal that no webhook and no list tells of: its subscription, its sale, its time."""
    reference = await sells(life)
    await runs(life)
    await loses(life, ALL_LOST)
    archive = life.simulator.deliveries.archive.events
    before = set(archive)
    info = life.books.subscriptions[reference]["billing_info"]
    renewal = shapes.moment(info, "next_billing_time")
    assert renewal is not None
    await to(life, renewal)
    for name in set(archive) - before:
        del archive[name]
    (_, paid) = life.books.sales.values()
    return reference, str(paid["id"]), renewal


async def test_a_renewal_is_in_no_list_and_is_found_at_its_subscription(life: Life):
    reference, paid, renewal = await renewed_unheard(life)

    await life.until(renewal + timedelta(hours=3))

    held = await life.world.ledger.load(Subscription, f"paypal-{reference}")
    assert await life.world.ledger.load(Payment, f"paypal-{paid}")
    assert held is not None
    assert Access.active is held.access
    assert (2, 2, 2) == told(life)


def told(life: Life) -> tuple[int, int, int]:
    types = Counter(one.type for one in life.events.values())
    return types["payment.succeeded"], types["invoice.paid"], types["subscription.renewed"]


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 38))
async def test_the_sweep_crashes_at_any_of_its_calls(life: Life, step: int, after: bool):
    _, _, renewal = await renewed_unheard(life)
    life.process.mortal.dies(step, after=after)

    await life.until(renewal + timedelta(hours=5))

    assert 1 == life.counts["fault: crash"]
    assert ((2, 2, 2), 0) == (told(life), len(doubled(life)))


async def test_a_sale_from_before_we_knew_its_subscription_is_not_invoiced(life: Life):
    await loses(life, ALL_LOST)
    reference = await sells(life)
    life.world.ledger.__init__()  # type: ignore[misc] # an installation that begins now
    life.simulator.deliveries.archive.events.clear()
    await to(life, life.now + timedelta(days=5))
    await life.order("DELETE", "deliveries/faults")
    await life.order("POST", f"subscriptions/{reference}/cancel")

    await life.until(life.now + timedelta(days=40))

    assert [] == [one for one in life.events.values() if one.type == "payment.succeeded"]
