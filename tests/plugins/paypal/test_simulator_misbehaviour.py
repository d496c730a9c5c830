"""How the simulated PayPal's API misbehaves: too many requests, and reads of yesterday."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.paypal.conftest import Stage


async def order(stage: Stage, where: str, /, **told: Any) -> int:
    async with stage.control.post(f"/_simulator/{where}", json=told) as answer:
        return answer.status


async def status_of(stage: Stage, subscription: str, headers: dict[str, str]) -> tuple[int, Any]:
    path = f"/v1/billing/subscriptions/{subscription}"
    async with stage.control.get(path, headers=headers) as answer:
        return answer.status, (await answer.json()).get("status")


async def ahead(stage: Stage, seconds: float) -> None:
    await stage.control.put("/_simulator/clock", json={"ahead_seconds": seconds})


@pytest.mark.parametrize(
    ("retry_after", "header"),
    [(7, "7"), ("Wed, 21 Oct 2026 07:28:00 GMT",) * 2, (None, None)],
)
async def test_too_many_requests_are_answered_as_paypal_does(
    stage: Stage, retry_after: Any, header: str | None
) -> None:
    headers = await stage.bearer()
    await order(stage, "throttle", path="/plans$", retry_after=retry_after, times=1)
    async with stage.control.get("/v1/billing/plans", headers=headers) as answer:
        problem = await answer.json()
    async with stage.control.get("/v1/billing/plans", headers=headers) as after:
        pass

    assert (429, "RATE_LIMIT_REACHED", header, 200) == (
        answer.status,
        problem["name"],
        answer.headers.get("Retry-After"),
        after.status,
    )
    assert problem["debug_id"]


async def test_calls_for_tokens_are_limited_as_well(stage: Stage) -> None:
    await order(stage, "throttle", path="^/v1/oauth2/token$", method="POST", times=1)
    async with stage.control.post("/v1/oauth2/token") as answer:
        assert 429 == answer.status


async def test_the_limit_is_forgotten_on_demand(stage: Stage) -> None:
    await order(stage, "throttle")
    await stage.control.delete("/_simulator/throttle")
    async with stage.control.post("/v1/oauth2/token") as answer:
        assert 401 == answer.status


async def test_a_stale_read_shows_the_older_copy_so_many_times(stage: Stage) -> None:
    headers = await stage.bearer()
    subscription = stage.simulator.books.subscribe(status="ACTIVE")["id"]
    await order(stage, "stale", collection="subscriptions", id=subscription, reads=2)
    stage.simulator.books.subscriptions[subscription]["status"] = "CANCELLED"
    seen = [await status_of(stage, subscription, headers) for _ in range(3)]

    assert [(200, "ACTIVE"), (200, "ACTIVE"), (200, "CANCELLED")] == seen


async def test_a_stale_read_lasts_on_paypals_clock(stage: Stage) -> None:
    headers = await stage.bearer()
    subscription = stage.simulator.books.subscribe(status="ACTIVE")["id"]
    await order(stage, "stale", collection="subscriptions", id=subscription, seconds=60)
    stage.simulator.books.subscriptions[subscription]["status"] = "SUSPENDED"
    before = await status_of(stage, subscription, headers)
    await ahead(stage, 61)

    assert (200, "ACTIVE") == before
    assert (200, "SUSPENDED") == await status_of(stage, subscription, headers)


async def test_what_is_not_there_yet_stays_missing_for_stale_reads(stage: Stage) -> None:
    headers = await stage.bearer()
    await order(stage, "stale", collection="subscriptions", id="I-NEW", reads=1)
    stage.simulator.books.subscribe(id="I-NEW")

    assert (404, None) == await status_of(stage, "I-NEW", headers)
    assert (200, "ACTIVE") == await status_of(stage, "I-NEW", headers)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("throttle", {"path": "("}),
        ("throttle", {"times": 0}),
        ("stale", {"collection": "subscriptions", "id": "I-1"}),
        ("stale", {"collection": "nothing", "id": "I-1", "reads": 1}),
    ],
)
async def test_an_order_that_says_nothing_sensible_is_refused(
    stage: Stage, path: str, told: dict[str, Any]
) -> None:
    assert 400 == await order(stage, path, **told)
