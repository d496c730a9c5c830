"""A subscription is read at its own gateway, and time passes for it whatever the gateway shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import GatewayUnavailable, PaymentStatus, SubscriptionStatus, Unconfirmable
from penstock.domain.subscription import Access, Subscription
from penstock.errors import PaymentConflict, UnknownGateway
from tests.unit.pipeline.club import NOON
from tests.unit.pipeline.desk import Desk
from tests.unit.pipeline.test_follow_subscription import observed

DAY = 24 * 3600


async def paid() -> Desk:
    """A subscription that is paid for a month."""
    desk = Desk()
    await desk.active()
    payment = await observed(desk, PaymentStatus.succeeded)
    await desk.finish(payment.ref)
    await desk.published()
    return desk


@pytest.mark.parametrize("gateway", ["aaa", "zoo"])
async def test_another_gateways_subscription_of_that_name_is_never_written(gateway: str):
    desk = await paid()
    held = await desk.subscription()
    other = replace(desk.observe, gateways={gateway: desk.club})

    with pytest.raises(PaymentConflict, match="another gateway's subscription"):
        await other(held.ref, gateway)
    with pytest.raises(UnknownGateway):
        await other(held.ref, "club")
    assert held == await desk.subscription()


async def test_a_gateway_without_subscriptions_or_without_this_one_shows_none():
    class Plain:
        name = "club"

    desk = await paid()
    held = await desk.subscription()
    plain: Any = {"club": Plain()}

    assert await replace(desk.observe, gateways=plain)(held.ref, "club") is None
    desk.club.held.clear()
    assert await desk.observe(held.ref, "club") is None
    assert held == await desk.subscription()


async def test_what_shows_nothing_new_writes_nothing():
    desk = await paid()
    held = await desk.subscription()

    assert held == await desk.observe(held.ref, "club")
    assert held == await desk.subscription()


async def test_a_status_that_the_sweep_finds_is_published_for_its_webhook_may_be_lost():
    desk = await paid()
    desk.club.become("I-1", SubscriptionStatus.suspended, at=NOON + timedelta(days=1))

    await desk.observe.due(await desk.subscription())
    await desk.finish((await desk.subscription()).ref)

    assert "subscription.suspended" in await desk.published()


@pytest.mark.parametrize(
    "error", [None, GatewayUnavailable("away"), Unconfirmable("odd")], ids=["none", "away", "odd"]
)
async def test_access_ends_on_time_whatever_the_gateway_shows(error: Exception | None):
    desk = await paid()
    desk.club.held.clear()
    desk.club.unavailable = error
    desk.clock.advance(60 * DAY)

    await desk.observe.due(await desk.subscription())

    assert Access.ended is (await desk.subscription()).access


@pytest.mark.parametrize("error", [GatewayUnavailable("away"), Unconfirmable("odd")])
async def test_a_failed_look_with_nothing_to_change_is_a_failure(error: Exception):
    desk = await paid()
    held: Subscription = await desk.subscription()
    desk.club.unavailable = error

    with pytest.raises(type(error)):
        await desk.observe.due(held)
    assert held == await desk.subscription()


async def test_a_look_that_shows_the_subscription_lets_no_time_pass_twice():
    desk = await paid()
    desk.clock.advance(60 * DAY)
    held = await desk.subscription()

    await desk.observe.due(held)

    after = await desk.subscription()
    assert (Access.ended, held.version + 1) == (after.access, after.version)
