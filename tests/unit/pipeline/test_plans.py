"""Plans: kept for a minute, and asked for once however many wait."""

from __future__ import annotations

import asyncio

import pytest

from penstock.errors import GatewayUnavailable
from penstock.pipeline.plans import PlanList
from penstock.testing.clock import FrozenClock
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.club import DOWN, Club


async def test_all_gateways_with_plans_are_listed_and_the_others_left_out():
    plans = PlanList({"other": Club("other"), "club": Club(), "acme": Acme()}, FrozenClock())

    listed = await plans()

    assert [("club", "GOLD"), ("club", "OLD"), ("other", "GOLD"), ("other", "OLD")] == [
        (one.gateway, one.plan.id) for one in listed
    ]
    assert ["club", "other"] == plans.gateways


async def test_an_answer_is_used_for_a_minute():
    club, clock = Club(), FrozenClock()
    plans = PlanList({"club": club}, clock)

    await plans()
    clock.advance(59)
    await plans()
    kept = club.plan_calls
    clock.advance(1)
    await plans()

    assert (1, 2) == (kept, club.plan_calls)


async def test_many_who_wait_ask_the_gateway_once():
    club = Club()
    go = asyncio.Event()
    club.on_plans = go.wait
    plans = PlanList({"club": club}, FrozenClock())

    waiting = [asyncio.ensure_future(plans()) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    go.set()
    told = await asyncio.gather(*waiting, return_exceptions=True)

    assert 1 == club.plan_calls
    assert 19 == sum(isinstance(one, list) and len(one) == 2 for one in told)


async def test_a_failure_is_not_kept():
    club = Club(unavailable=DOWN)
    plans = PlanList({"club": club}, FrozenClock())

    with pytest.raises(GatewayUnavailable):
        await plans()
    club.unavailable = None

    assert 2 == len(await plans())


async def test_a_gateway_that_names_a_wait_is_not_asked_again_before():
    """
    Each list is many requests to PayPal: more of them while it limits us would prolong that.
    """
    club, clock = Club(), FrozenClock()
    club.unavailable = GatewayUnavailable("429", retry_after=30)
    plans = PlanList({"club": club}, clock)
    with pytest.raises(GatewayUnavailable):
        await plans()

    clock.advance(10)
    with pytest.raises(GatewayUnavailable) as caught:
        await plans()

    assert (1, 20) == (club.plan_calls, caught.value.retry_after)
    club.unavailable = None
    clock.advance(20)
    assert 2 == len(await plans())
