"""
The simulated PayPal loses the webhooks of a checkout, whose buyer closes the browser.

Nobody comes back to our page, so only PayPal's list of events tells of the approval, of the
capture and of what becomes of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from penstock.domain.payment import Payment, PaymentStatus
from penstock.pipeline.batch import Status
from penstock.pipeline.refunding import RefundAsked
from penstock.settings import Function
from tests.plugins.paypal.machine.life import Life, beginning, identity_of
from tests.plugins.paypal.ordering import BOOK
from tests.plugins.paypal.test_gaps import ALL_LOST, loses, runs, settled, to
from tests.unit.pipeline.world import CALLER

MONEY = ("payment.", "refund.", "invoice.")


@pytest.fixture(scope="module")
def sign(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Keys take a second to make: these are for all tests here."""
    return identity_of(tmp_path_factory.mktemp("lost"))


@pytest.fixture
async def life(sign: tuple[Any, Any]) -> AsyncIterator[Life]:
    async with beginning(*sign, Counter[str]()) as life:
        await runs(life)
        await loses(life, ALL_LOST)
        yield life


async def pays(life: Life, how: str = "pay") -> str:
    """A checkout that its buyer approves, and then closes the browser; our id of the payment."""
    opened = await life.process.platform.open_checkout("key-1", "paypal", BOOK, CALLER)
    assert opened.approval is not None
    await life.order("POST", f"orders/{opened.approval.checkout}/approve", {"how": how})
    return opened.id


async def takes(life: Life, times: int = 3) -> None:
    """Half an hour: the gap detector and the sweep every ten minutes, payments.fifo consumed."""
    for _ in range(times):
        await runs(life)
        await _consumed(life)
        await life.work()


async def _consumed(life: Life) -> None:
    queue = life.world.queues["payments"]
    batch = life.process.platform.batch(Function.charge)
    messages = await queue.receive(10, 0)
    results = await batch.run(messages, lambda: 3600.0)
    for message, result in zip(messages, results, strict=True):
        if result.status is not Status.retry:
            await queue.delete(message)


async def held(life: Life, payment: str) -> Payment:
    found = await life.world.ledger.load(Payment, payment)
    assert found is not None
    return found


def told(life: Life) -> list[str]:
    return [one.type for one in life.events.values() if one.type.startswith(MONEY)]


async def test_an_approval_that_nobody_tells_is_captured_once_within_half_an_hour(life: Life):
    payment = await pays(life)

    await takes(life)

    assert (PaymentStatus.succeeded, 1, 0) == (
        (await held(life, payment)).status,
        len(life.books.captures),
        sum(life.arrived.values()),
    )
    assert (0, 0) == await settled(life)
    assert ["payment.succeeded", "invoice.paid"] == told(life)


@pytest.mark.parametrize(
    ("how", "ends", "says"),
    [
        ("pending", PaymentStatus.succeeded, ["payment.pending", "payment.succeeded"]),
        ("denied", PaymentStatus.declined, ["payment.pending", "payment.declined"]),
    ],
)
async def test_a_pending_capture_that_nobody_tells_ends_as_paypal_says(
    life: Life, how: str, ends: PaymentStatus, says: list[str]
):
    payment = await pays(life, how)
    await takes(life)

    await to(life, life.now + timedelta(days=6, minutes=1))
    await takes(life)

    assert ends is (await held(life, payment)).status
    assert says == [one for one in told(life) if one.startswith("payment.")]


async def test_a_refund_whose_answer_and_webhook_are_lost_goes_back_once(life: Life):
    payment = await pays(life)
    await takes(life)
    fault = {"path": "/refund$", "method": "POST", "drop": True, "after": True, "times": 1}
    await life.order("POST", "faults", [fault])
    await life.process.platform.refunding("key-2", payment, RefundAsked(500, "USD"), CALLER)

    await takes(life)

    after = await held(life, payment)
    assert (PaymentStatus.partially_refunded, 500, 1) == (
        after.status,
        after.refunded and after.refunded.minor,
        len(life.books.refunds),
    )
    assert 1 == told(life).count("payment.refunded")
