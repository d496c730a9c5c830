"""The plans a merchant can offer, on both hosts."""

from __future__ import annotations

import time
from dataclasses import replace

from penstock.entrypoints.functions.merchant import make_merchant
from penstock.entrypoints.http.message import Request
from tests.unit.entrypoints.hosts import bearer
from tests.unit.entrypoints.merchant.backend import Backend, problem, shaped
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.club import DOWN, Club


async def test_plans_are_listed_with_their_prices(backend: Backend):
    told = await backend.get("/plans")

    gold, old = shaped(told, "PlanList")["plans"]
    assert ("club", "GOLD", "active", "inactive") == (
        gold["provider"],
        gold["id"],
        gold["status"],
        old["status"],
    )
    assert [
        {
            "interval": {"unit": "month", "count": 1},
            "price": {"minor": 990, "currency": "EUR", "value": "9.90"},
            "trial": False,
            "cycles": 0,
        }
    ] == gold["cycles"]


async def test_plans_of_one_provider_and_of_one_that_has_none(backend: Backend):
    one, none = (
        await backend.get("/plans?provider=club"),
        await backend.get("/plans?provider=acme"),
    )

    assert 2 == len(one.json["plans"])
    assert (422, "no-subscriptions", ["query.provider"]) == problem(none)
    assert "use one of: club" == none.json["detail"]


async def test_plans_are_503_while_the_provider_is_down(backend: Backend, club: Club):
    club.unavailable = DOWN

    told = await backend.get("/plans")

    assert (503, "unavailable", []) == problem(told)
    assert "5" == told.headers["retry-after"]


async def test_plans_are_listed_warm_within_5_ms(stand: Stand):
    """
    In process, from request to answer, 20 plans: the median of 50.

    Of the process's own time: what else the machine does meanwhile does not count.
    """
    assert stand.club is not None
    stand.club.offers = [replace(stand.club.offers[0], id=f"P-{n}") for n in range(20)]
    api, token = make_merchant(stand.platform), await bearer(stand)
    asked = Request("GET", "/plans", headers={"authorization": token[1].decode()})
    assert 200 == (await api(asked)).status

    times: list[float] = []
    for _ in range(50):
        began = time.process_time()
        await api(asked)
        times.append(time.process_time() - began)

    assert 0.005 > sorted(times)[25]
