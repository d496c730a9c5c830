"""
Random traffic under faults on every port: nothing is lost, nothing happens twice, queues drain.

`make check` runs it for some seconds, `make check-deep` for minutes. A failure prints the seed:
PENSTOCK_SOAK_SEED repeats its choices, PENSTOCK_SOAK_SECONDS says for how long.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

import aiohttp
import pytest
import structlog

from penstock.bootstrap import Platform
from penstock.entrypoints.serve.host import serving
from penstock.entrypoints.serve.tryout import tryout
from tests.depth import DEEP
from tests.leaving import logging_restored
from tests.soak.faults import Chance, FaultyWorld, JumpClock
from tests.soak.shop import Shop

SECONDS = float(os.environ.get("PENSTOCK_SOAK_SECONDS", "300" if DEEP else "12"))
SEED = int(os.environ.get("PENSTOCK_SOAK_SEED", "0")) or secrets.randbits(32)
SHARE = 0.06
"""Of all calls of a port that fail."""
WIDE = 8
"""How many clients act side by side."""
JUMP = 45.0
JUMPS = 400
NEAR = timedelta(days=1)
"""Work in back-off is due within it; a paid month ends, and is looked at, long after it."""

pytestmark = [pytest.mark.slow, pytest.mark.soak, pytest.mark.timeout(SECONDS + 300)]


@dataclass
class Soak:
    """The platform under test, who uses it, and what goes wrong."""

    platform: Platform
    shop: Shop
    clock: JumpClock
    chance: Chance

    async def storm(self) -> None:
        """Traffic and faults side by side."""
        end = time.monotonic() + SECONDS

        async def client() -> None:
            while time.monotonic() < end:
                await self.shop.one()

        async def weather() -> None:
            while time.monotonic() < end:
                await self.shop.misbehave()
                await asyncio.sleep(0.1)

        async with asyncio.TaskGroup() as acting:
            acting.create_task(weather())
            for _ in range(WIDE):
                acting.create_task(client())

    async def calm(self) -> None:
        """All is well again: time passes until nothing is queued and nothing is due."""
        self.chance.heal()
        await self.shop.heal()
        for number in range(JUMPS):
            await self._settled()
            if not await self._waiting() and not await self._due():
                return
            # At the end in longer steps: an endpoint of webhooks is left alone for hours.
            step = JUMP * (1 + number // (JUMPS // 4))
            self.clock.jump(step)
            await self.shop.move_receiver(step)
            await self.platform.sweep()
        waiting, due = await self._waiting(), await self._due()
        raise AssertionError(f"seed {SEED}: still queued {waiting}, still due {due}")

    async def _settled(self) -> None:
        """Until what is visible now was taken, and what was taken is done with."""
        for _ in range(200):
            await asyncio.sleep(0.02)
            depths = await self._depths()
            if not any(one["visible"] for one in depths.values()):
                return

    async def _due(self) -> list[Any]:
        return list(await self.platform.ledger.due(self.clock.now() + NEAR, 100))

    async def _waiting(self) -> dict[str, Mapping[str, int]]:
        depths = await self._depths()
        return {name: depth for name, depth in depths.items() if any(depth.values())}

    async def _depths(self) -> dict[str, Mapping[str, int]]:
        names = [name for name in self.platform.world.queues if name != "rejected"]
        return {name: await self.platform.world.queues[name].depth() for name in names}


@asynccontextmanager
async def soaking() -> AsyncIterator[Soak]:
    random, clock = Random(SEED), JumpClock()  # noqa: S311 - chosen, not secret
    async with AsyncExitStack() as stack:
        # A failure's output is the traffic and the seed, not each stage's line.
        stack.enter_context(logging_restored())
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
        made = await stack.enter_async_context(tryout(clock=clock))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        chance = Chance(random, SHARE)
        platform = replace(
            made.platform,
            world=FaultyWorld(made.platform.world, chance),
            settings=made.platform.settings.model_copy(
                update={"backoff_base": 0.2, "backoff_cap": 5.0, "request_timeout": 4.0}
            ),
        )
        async with serving(platform, made.sinks, host="127.0.0.1", port=0) as api:
            shop = Shop(http, api.rstrip("/"), made.token, made.simulators, random)
            yield Soak(platform, shop, clock, chance)
            clock.jump(60)


def named(shown: Any) -> set[str]:
    """Every word and number in what a simulator or the API shows, ids among them."""
    return set(re.findall(r"[A-Za-z0-9]+", json.dumps(shown)))


async def test_nothing_is_lost_and_nothing_happens_twice_whatever_fails() -> None:
    print(f"seed {SEED}, {SECONDS:g} s")
    async with soaking() as soak:
        await soak.storm()
        await soak.calm()
        shop = soak.shop
        paypal, example = shop.simulators["paypal"], shop.simulators["example"]
        invoices = await shop.call("GET", f"{paypal}/_simulator/invoices")
        charges = await shop.call("GET", f"{example}/_simulator/charges")
        told = await shop.events()
        attempts = soak.platform.world.attempts
        had = {one["id"]: await attempts.delivered("slack", one["id"]) for one in told}
        kept = {one: await shop.call("GET", f"{shop.api}/payments/{one}") for one in shop.payments}
        access = {one: await shop.access(one) for one in shop.sales}
        parked = {
            name: [message.attributes.get("reason") for message in await queue.receive(10, 0)]
            for name, queue in soak.platform.world.dead_letters.items()
        }

    said = f"seed {SEED}"
    print(f"{said}: {len(shop.sales)} sales, {len(shop.refunded)} of them refunded")
    print(f"{len(shop.forged)} forged, {len(shop.payments)} payments, {len(told)} events")
    print(f"faults injected: {soak.chance.injected}")
    assert {name: [] for name in parked} == parked, said
    sales = {*shop.sales}
    invoiced = Counter(sale for one in invoices for sale in named(one) & sales)
    settled = [one for one in invoices if one["status"] in ("PAID", "MARKED_AS_PAID")]
    paid = Counter(sale for one in settled for sale in named(one) & sales)
    whole = [sale for sale in shop.sales if sale not in shop.refunded]
    assert [] == [(sale, paid[sale]) for sale in whole if paid[sale] != 1], said
    assert [] == [(sale, n) for sale, n in invoiced.items() if n > 1], said
    assert set() == named([invoices, told]) & {*shop.forged}, said
    sent_back = [one for one in told if one["type"] == "payment.refunded"]
    refunds = Counter(sale for one in sent_back for sale in named(one) & shop.refunded)
    assert dict.fromkeys(shop.refunded, 1) == refunds, said
    ended = dict.fromkeys(shop.refunded, "ended")
    assert dict.fromkeys(whole, "active") | ended == access, said
    by_payment = Counter(one["payment_id"] for one in charges)
    assert {*shop.payments} <= by_payment.keys(), said
    assert {1} == {*by_payment.values()}, said
    assert {"succeeded"} == {one["status"] for one in kept.values()}, said
    # A sink has all events of a type or, where it does not select the type, none.
    selected = {one["type"] for one in told if had[one["id"]]}
    missed = [one["id"] for one in told if one["type"] in selected and not had[one["id"]]]
    assert [] == missed, said
    assert {"payment.succeeded", "invoice.paid"} <= selected, said
    assert len(told) == len({one["id"] for one in told}), said
    assert {"ledger", "attempts", "channels", "inboxes"} <= soak.chance.injected.keys()
