"""From a sign-up at the Example gateway to the events published: every stage, in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from penstock.api import Delivery, Event, Money, Subscribed
from penstock.domain.payment import Payment
from penstock.domain.ref import EntityKind
from penstock.domain.subscription import Access, Subscription, SubscriptionStatus
from penstock.ports import Outgoing
from penstock.testing.builders import subscription_request
from penstock.testing.clock import FrozenClock
from penstock.testing.context import FixedSecrets, context
from penstock.testing.serving import Served, served
from penstock_example.gateway import ExampleGateway
from penstock_example.settings import ExampleSettings
from penstock_example.simulator import build
from tests.plugins.example.buying import Buyer
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.world import World

MONTH = timedelta(days=31)


@dataclass
class Shop:
    """A merchant, a buyer, the gateway, and our stages; each has the same time."""

    simulator: Served
    buyer: Buyer
    world: World
    gateway: ExampleGateway
    taken: int = 0
    events: list[Event] = field(default_factory=list[Event])

    async def subscribe(self, plan: str, **rest: Any) -> str:
        """Open a subscription and have the buyer approve it."""
        opened = await self.gateway.create_subscription(subscription_request(plan, **rest))
        assert isinstance(opened, Subscribed)
        await self.arrive()
        await self.buyer.approve(opened.approval_url)
        return opened.reference

    async def arrive(self, *, backwards: bool = False) -> None:
        """What the gateway has sent arrives, goes through verify and process, and leaves."""
        await self._same_time()
        sent = (await self.buyer.notifications())[self.taken :]
        self.taken += len(sent)
        for one in reversed(sent) if backwards else sent:
            await self.world.deliveries.send(Outgoing(one.dumps(), one.id, one.id))
            await self.world.consume(self.world.deliveries, self.world.verify)
            await self.world.consume(self.world.verified, self.world.process)
        self.events += await self.world.published()

    async def later(self, span: timedelta) -> None:
        """Time passes, here and there; the gateway bills what is due."""
        await self.buyer.control("clock", advance=span.total_seconds())
        await self._same_time()

    async def sweep(self) -> None:
        """What is due by now."""
        await self._same_time()
        await self.world.sweep()
        self.events += await self.world.published()

    async def held(self, reference: str) -> Subscription:
        """A subscription as our ledger holds it."""
        found = await self.world.ledger.load(Subscription, f"example-{reference}")
        assert found is not None
        return found

    def news(self) -> list[str]:
        """The types of what was published since the last look."""
        types = [one.type for one in self.events if one.ref.kind is not EntityKind.notification]
        self.events.clear()
        return types

    async def _same_time(self) -> None:
        clock = self.world.clock
        clock.advance(((await self.buyer.now()) - clock.now()).total_seconds())


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with served(build(tmp_path)) as simulator, aiohttp.ClientSession() as http:
        buyer = Buyer(simulator.url, http)
        clock = FrozenClock(await buyer.now())
        gateway = ExampleGateway(
            context(
                ExampleSettings.model_validate(simulator.told.settings),
                secrets=FixedSecrets(simulator.told.secret),
                clock=clock,
                http=simulator.http,
            )
        )
        # The world asks no more of its gateway than the stages do.
        yield Shop(simulator, buyer, World(cast(Acme, gateway), clock), gateway)


async def test_from_sign_up_to_the_end_of_access(shop: Shop):
    opened = await shop.gateway.create_subscription(subscription_request("plan-monthly"))
    assert isinstance(opened, Subscribed)
    await shop.arrive()
    waiting = await shop.held(opened.reference)
    assert ["subscription.created"] == shop.news()
    assert (SubscriptionStatus.approval_pending, Access.none) == (waiting.status, waiting.access)

    await shop.buyer.approve(opened.approval_url)
    await shop.arrive()
    paid = await shop.held(opened.reference)
    assert ["payment.succeeded", "subscription.activated", "subscription.renewed"] == sorted(
        shop.news()
    )
    assert (SubscriptionStatus.active, Access.active) == (paid.status, paid.access)
    assert "order-7" == paid.seen.merchant_reference

    await shop.later(MONTH)
    await shop.arrive()
    renewed = await shop.held(opened.reference)
    assert ["payment.succeeded", "subscription.renewed"] == sorted(shop.news())
    assert paid.paid_through is not None
    assert renewed.paid_through is not None
    assert paid.paid_through < renewed.paid_through

    await shop.gateway.cancel_subscription(opened.reference, "asked for")
    await shop.arrive()
    cancelled = await shop.held(opened.reference)
    assert ["subscription.cancelled"] == shop.news()
    assert (SubscriptionStatus.cancelled, Access.active) == (cancelled.status, cancelled.access)
    assert renewed.paid_through == cancelled.paid_through

    await shop.later(MONTH)
    await shop.sweep()
    ended = await shop.held(opened.reference)
    assert ["subscription.access_ended"] == shop.news()
    assert Access.ended == ended.access


async def test_a_payment_of_a_subscription_names_it(shop: Shop):
    reference = await shop.subscribe("plan-monthly")
    await shop.arrive()

    (cycle,) = (await shop.held(reference)).payments
    payment = await shop.world.ledger.load(Payment, cycle.payment)

    assert payment is not None
    assert (reference, Money(1250, "USD")) == (payment.subscription, payment.order.amount)


async def test_a_free_trial_gives_access_until_the_first_payment(shop: Shop):
    reference = await shop.subscribe("plan-trial")
    await shop.arrive()
    trial = await shop.held(reference)
    assert (Access.trial, ()) == (trial.access, trial.payments)

    await shop.later(timedelta(days=7))
    await shop.arrive()
    paid = await shop.held(reference)
    assert (Access.active, 1) == (paid.access, len(paid.payments))


@pytest.mark.parametrize("backwards", [False, True])
async def test_in_any_order_notifications_end_alike(shop: Shop, backwards: bool):
    reference = await shop.subscribe("plan-monthly")
    await shop.arrive(backwards=backwards)
    held = await shop.held(reference)

    assert (SubscriptionStatus.active, Access.active) == (held.status, held.access)
    assert {
        "subscription.created",
        "subscription.activated",
        "payment.succeeded",
        "subscription.renewed",
    } == set(shop.news())


async def test_failed_payments_end_access_and_suspend(shop: Shop):
    reference = await shop.subscribe("plan-monthly")
    await shop.arrive()
    shop.news()
    await shop.buyer.control(f"subscriptions/{reference}", fails=True)

    await shop.later(MONTH)
    await shop.arrive()
    failed = await shop.held(reference)
    assert ["subscription.payment_failed"] == shop.news()
    assert (Access.grace, Money(1250, "USD"), 1) == (
        failed.access,
        failed.seen.outstanding,
        failed.seen.failures,
    )

    await shop.later(timedelta(days=11))
    await shop.arrive()
    suspended = await shop.held(reference)
    told = shop.news()
    assert 2 == told.count("subscription.payment_failed")
    assert {"subscription.suspended", "subscription.access_ended"} < set(told)
    assert (SubscriptionStatus.suspended, Access.ended) == (suspended.status, suspended.access)

    await shop.buyer.control(f"subscriptions/{reference}", fails=False)
    await shop.gateway.resume_subscription(reference, "the card is mended")
    await shop.arrive()
    resumed = await shop.held(reference)
    assert {"subscription.resumed", "payment.succeeded"} < set(shop.news())
    assert (SubscriptionStatus.active, Access.active) == (resumed.status, resumed.access)


async def test_a_buyer_who_declines_is_sent_back_and_nothing_begins(shop: Shop):
    opened = await shop.gateway.create_subscription(subscription_request("plan-monthly"))
    assert isinstance(opened, Subscribed)

    back = await shop.buyer.decide(opened.approval_url, "cancel")
    await shop.arrive()

    assert back.startswith("https://shop.test/cancel/")
    assert Access.none == (await shop.held(opened.reference)).access


async def test_a_forged_notification_changes_nothing(shop: Shop):
    reference = await shop.subscribe("plan-monthly")
    before = await shop.held(reference)
    sent = (await shop.buyer.notifications())[-1]
    forged = Delivery.of("example", sent.headers, sent.body + b" ", sent.received_at)

    await shop.world.deliveries.send(Outgoing(forged.dumps(), forged.id, forged.id))
    await shop.world.consume(shop.world.deliveries, shop.world.verify)

    assert [] == await shop.world.drain(shop.world.verified)
    assert 1 == len(await shop.world.drain(shop.world.rejected))
    assert before == await shop.held(reference)
