"""Plans: kept for a minute, and asked for once however many wait."""

from __future__ import annotations

import asyncio

import pytest

from penstock.errors import GatewayUnavailable
from penstock.pipeline.plans import Offers, PlanList
from penstock.testing.clock import FrozenClock
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.club import DOWN, Club


async def test_all_gateways_with_plans_are_listed_and_the_others_left_out():
    plans = PlanList({"other": Club("other"), "club": Club(), "acme": Acme()}, FrozenClock())

    listed = await plans()

    assert [("club", "GOLD"), ("club", "OLD"), ("other", "GOLD"), ("other", "OLD")] == [
        (one.gateway, one.plan.id) for one in listed.plans
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
    assert 19 == sum(isinstance(one, Offers) and len(one.plans) == 2 for one in told)


async def test_a_failure_is_not_kept():
    club = Club(unavailable=DOWN)
    plans = PlanList({"club": club}, FrozenClock())

    with pytest.raises(GatewayUnavailable):
        await plans()
    club.unavailable = None

    assert 2 == len((await plans()).plans)


async def test_a_gateway_that_is_down_is_named_and_the_others_plans_are_listed():
    other = Club("other", unavailable=DOWN)
    plans = PlanList({"other": other, "club": Club()}, FrozenClock())

    listed = await plans()
    other.unavailable = None

    assert ["club", "club"] == [one.gateway for one in listed.plans]
    assert ("other",) == listed.unavailable
    assert ("other", ()) == ((await plans()).plans[-1].gateway, (await plans()).unavailable)


async def test_a_gateway_that_went_down_within_the_minute_is_served_from_its_last_answer():
    club, clock = Club(), FrozenClock()
    plans = PlanList({"club": club, "other": Club("other")}, clock)
    await plans()

    club.unavailable = DOWN
    clock.advance(59)
    kept = await plans()
    clock.advance(1)

    assert (4, ()) == (len(kept.plans), kept.unavailable)
    assert ("club",) == (await plans()).unavailable


async def test_where_no_gateway_answers_the_wait_is_the_shortest():
    waits = {name: GatewayUnavailable("away", retry_after=s) for name, s in [("a", 60), ("b", 7)]}
    plans = PlanList({name: Club(name, unavailable=w) for name, w in waits.items()}, FrozenClock())

    with pytest.raises(GatewayUnavailable) as caught:
        await plans()

    assert 7 == caught.value.retry_after


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
    assert 2 == len((await plans()).plans)


async def test_where_no_gateway_has_plans_there_are_none():
    assert Offers(()) == await PlanList({"acme": Acme()}, FrozenClock())()


async def test_the_plans_of_one_gateway_are_asked_for_at_that_one():
    clubs = {name: Club(name) for name in ("club", "other")}
    plans = PlanList(clubs, FrozenClock())

    listed = await plans("other")

    assert {"other"} == {one.gateway for one in listed.plans}
    assert [0, 1] == [clubs[name].plan_calls for name in ("club", "other")]


@pytest.mark.parametrize("other", [7.0, 0.5])
async def test_a_gateway_that_names_no_wait_may_be_back_first(other: float):
    waits = {"a": GatewayUnavailable("away", retry_after=other), "b": GatewayUnavailable("down")}
    plans = PlanList({name: Club(name, unavailable=w) for name, w in waits.items()}, FrozenClock())

    with pytest.raises(GatewayUnavailable, match="down"):
        await plans()


async def test_a_plan_is_told_missing_only_by_an_answer_of_the_last_ten_seconds():
    club, clock = Club(), FrozenClock()
    plans = PlanList({"club": club}, clock)
    asked: list[int] = []
    for seconds in (0, 9, 1):
        clock.advance(seconds)
        assert not await plans.offers("club", "NEW")
        asked.append(club.plan_calls)

    assert [1, 1, 2] == asked


async def test_a_wait_that_a_gateway_names_is_over_at_its_end():
    club, clock = Club(unavailable=GatewayUnavailable("429", retry_after=30)), FrozenClock()
    plans = PlanList({"club": club}, clock)
    for seconds, calls in ((0, 1), (29, 1), (1, 2)):
        clock.advance(seconds)
        with pytest.raises(GatewayUnavailable):
            await plans()
        assert calls == club.plan_calls


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_question_that_fails_or_is_cut_off_is_no_fault_of_the_loop(cancelled: bool):
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
    club = Club(unavailable=DOWN)
    if cancelled:
        club.on_plans = asyncio.Event().wait
    waiting = asyncio.ensure_future(PlanList({"club": club}, FrozenClock())())
    for _ in range(4):
        await asyncio.sleep(0)
    for one in asyncio.all_tasks() - {asyncio.current_task()}:
        if cancelled:
            one.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await asyncio.sleep(0)

    assert [] == faults
