"""A subscription follows its payments as they are now, and its access ends on time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from penstock.api import (
    GatewayUnavailable,
    Money,
    Observation,
    PaymentStatus,
    Transaction,
    Unconfirmable,
)
from penstock.domain import rules
from penstock.domain.payment import Payment
from penstock.domain.subscription import Access, Subscription
from tests.unit.pipeline.club import NOON
from tests.unit.pipeline.desk import Desk

PRICE = Money(990, "EUR")
CAN = rules.Abilities(subscriptions=True)


async def observed(desk: Desk, status: PaymentStatus) -> Payment:
    """The subscription's payment, committed as the gateway shows it."""
    before = await desk.ledger.load(Payment, "club-S-1")
    seen = Observation(Transaction("S-1", "sale", status, PRICE, NOON), subscription="I-1")
    decided = rules.observe(
        before, "club-S-1", "club", seen, can=CAN, now=desk.clock.now(), new_id=desk.ids.new
    )
    await desk.ledger.commit(decided)
    return decided.entity


class Interrupted:
    """A ledger that runs something else before it first loads a subscription."""

    def __init__(self, inner: Any, first: Callable[[], Awaitable[None]]) -> None:
        self._inner = inner
        self._first: Callable[[], Awaitable[None]] | None = first

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def load(self, kind: type[Any], identity: str) -> Any:
        if kind is Subscription and self._first is not None:
            first, self._first = self._first, None
            await first()
        return await self._inner.load(kind, identity)


async def test_a_worker_with_an_older_copy_of_a_payment_does_not_give_access_back():
    """
    It loaded the payment as paid; another worker saw it refunded and was done first.
    """
    desk = Desk()
    await desk.active()
    paid = await observed(desk, PaymentStatus.succeeded)

    async def refunded_meanwhile() -> None:
        desk.clock.advance(1)
        refunded = await observed(desk, PaymentStatus.refunded)
        desk.wrap = lambda port: port
        await desk.finish(refunded.ref)

    slow = Interrupted(desk.ledger, refunded_meanwhile)
    desk.wrap = lambda port: slow if port is desk.ledger else port

    await desk.finish(paid.ref)

    assert Access.ended is (await desk.subscription()).access
    payment = await desk.ledger.load(Payment, "club-S-1")
    assert payment is not None
    assert () == tuple(op for op in payment.operations if op.open)


@pytest.mark.parametrize(
    "error",
    [GatewayUnavailable("the gateway is away"), Unconfirmable("a status that is not known here")],
)
async def test_access_ends_on_time_while_the_gateway_shows_nothing_we_can_read(error: Exception):
    desk = Desk()
    await desk.active()
    paid = await observed(desk, PaymentStatus.succeeded)
    await desk.finish(paid.ref)
    assert Access.active is (await desk.subscription()).access
    desk.club.unavailable = error

    for _ in range(35):
        desk.clock.advance(24 * 3600)
        await desk.sweep()

    assert Access.ended is (await desk.subscription()).access
    assert 1 == (await desk.published()).count("subscription.access_ended")
    assert [] == list(await desk.ledger.due(desk.clock.now(), 10))
