"""
A one-time checkout whose webhooks are all lost: it is captured, completed and invoiced once.

The buyer approves at the simulated PayPal and never comes back to our page, so nothing but
PayPal's list of events, or the sweep, can tell the platform in memory what happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Literal, get_args

import pytest

from penstock.api import Money, PaymentStatus
from penstock.domain.payment import Payment
from penstock.pipeline.batch import Status
from penstock.pipeline.refunding import RefundAsked
from penstock.settings import Function
from tests.plugins.paypal.machine.life import Life, beginning
from tests.plugins.paypal.machine.losing import (
    ALL_LOST,
    TEN_MINUTES,
    doubled,
    loses,
    lost,
    runs,
    to,
)
from tests.plugins.paypal.ordering import BOOK
from tests.unit.pipeline.store import CALLER


@pytest.fixture
async def life(sign: tuple[Any, Any]) -> AsyncIterator[Life]:
    async with beginning(*sign, Counter[str]()) as life:
        await runs(life)
        await loses(life, ALL_LOST)
        yield life


Way = Literal["page", "control"]
"""How the buyer approves: on PayPal's page, or as a test tells the simulator."""


async def buys(life: Life, how: str = "pay", way: Way = "page") -> str:
    """A checkout that the buyer approves and does not come back from; the payment's id."""
    opened = await life.process.platform.open_checkout("key-1", "paypal", BOOK, CALLER)
    (order,) = life.books.orders
    if way == "control":
        await life.order("POST", f"orders/{order}/approve", {"how": how})
        return opened.id
    form = {"action": "subscribe", "how": how, "token": order}
    async with life.control.post("/checkoutnow", data=form, allow_redirects=False) as answer:
        assert 303 == answer.status
    return opened.id


async def pays(life: Life) -> None:
    """payments.fifo is consumed, by a process that may die of it."""
    queue = life.world.queues["payments"]
    while messages := await queue.receive(10, 0):
        batch = life.process.platform.batch(Function.charge)
        results = await life.alive(lambda held=messages, over=batch: over.run(held, lambda: 3600))
        for message, result in zip(messages, results or [], strict=False):
            if result.status is not Status.retry:
                await queue.delete(message)
        if results is None:
            return


async def half_an_hour(life: Life) -> tuple[int, int]:
    """Lost and doubled, after three runs of the gap detector."""
    for _ in range(3):
        await runs(life)
        await pays(life)
        await life.work()
    return len(await lost(life)), len(doubled(life))


async def payment(life: Life, name: str) -> Payment:
    held = await life.world.ledger.load(Payment, name)
    assert held is not None
    return held


def told(life: Life) -> list[str]:
    """What was published, without what concerns notifications only."""
    kinds = ("payment.", "invoice.")
    return [one.type for one in life.events.values() if one.type.startswith(kinds)]


@pytest.mark.parametrize("way", get_args(Way))
async def test_a_checkout_whose_webhooks_are_all_lost_is_captured_and_invoiced(
    life: Life, way: Way
):
    name = await buys(life, way=way)

    assert (0, 0) == await half_an_hour(life)
    assert 0 == sum(life.arrived.values())
    assert (PaymentStatus.succeeded, 1) == (
        (await payment(life, name)).status,
        len(life.books.captures),
    )
    assert ["payment.succeeded", "invoice.paid"] == told(life)


@pytest.mark.parametrize(
    ("how", "status", "events"),
    [
        (
            "pending",
            PaymentStatus.succeeded,
            ["payment.pending", "payment.succeeded", "invoice.paid"],
        ),
        ("denied", PaymentStatus.declined, ["payment.pending", "payment.declined"]),
    ],
)
@pytest.mark.parametrize("way", get_args(Way))
async def test_the_end_of_a_pending_capture_is_found(
    life: Life, way: Way, how: str, status: PaymentStatus, events: list[str]
):
    name = await buys(life, how, way)
    assert (0, 0) == await half_an_hour(life)
    assert PaymentStatus.pending is (await payment(life, name)).status

    await to(life, life.now + timedelta(days=6))
    await life.order("POST", "deliveries/due")

    assert (0, 0) == await half_an_hour(life)
    assert (status, events) == ((await payment(life, name)).status, told(life))


async def test_a_refund_that_the_merchant_made_at_paypal_is_found(life: Life):
    name = await buys(life)
    await half_an_hour(life)
    (capture,) = life.books.captures.values()
    await life.order(
        "POST",
        "webhooks",
        {
            "event_type": "PAYMENT.CAPTURE.REFUNDED",
            "set": {"resource.capture_id": capture["id"]},
            "target": life.door,
        },
    )

    assert (0, 0) == await half_an_hour(life)
    assert PaymentStatus.refunded is (await payment(life, name)).status
    assert ["payment.succeeded", "invoice.paid", "payment.refunded"] == told(life)


async def test_a_refund_whose_answer_and_webhook_are_lost_goes_back_once(life: Life):
    name = await buys(life)
    await half_an_hour(life)
    fault = {"path": "/refund$", "method": "POST", "drop": True, "after": True, "times": 1}
    await life.order("POST", "faults", [fault])
    await life.process.platform.refunding("key-2", name, RefundAsked(500, "USD"), CALLER)

    assert (0, 0) == await half_an_hour(life)
    after = await payment(life, name)
    assert (PaymentStatus.partially_refunded, Money(500, "USD"), 1) == (
        after.status,
        after.refunded,
        len(life.books.refunds),
    )
    assert 1 == told(life).count("payment.refunded")


async def test_a_checkout_that_nobody_approved_expires(life: Life):
    opened = await life.process.platform.open_checkout("key-1", "paypal", BOOK, CALLER)

    await life.until(life.now + timedelta(hours=4))

    assert PaymentStatus.expired is (await payment(life, opened.id)).status
    assert ["payment.expired"] == told(life)


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 41))
async def test_a_process_crashes_at_any_call_on_the_way(life: Life, step: int, after: bool):
    """
    From the run that finds the approval to the capture and its invoice.
    """
    name = await buys(life)
    await to(life, life.now + TEN_MINUTES)
    life.process.mortal.dies(step, after=after)
    await life.alive(lambda: life.process.platform.gaps())
    await life.work()
    await pays(life)

    await half_an_hour(life)
    counted = await half_an_hour(life)
    assert 1 == life.counts["fault: crash"], "there are fewer calls: lower the steps"
    assert (0, 0) == counted
    assert (PaymentStatus.succeeded, 1) == (
        (await payment(life, name)).status,
        len(life.books.captures),
    )
    assert ["payment.succeeded", "invoice.paid"] == told(life)
