"""What goes wrong meanwhile: hosts die, gateways misbehave, sinks are down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp

from tests.soak.hosts import Hosts

Fault = Mapping[str, Any]
Going = Callable[[], bool]
"""Whether the storm goes on."""
# An invoice is made, the answer is lost, and the search does not show it at first: as PayPal's.
_LOST_AND_NOT_FOUND: Sequence[Fault] = (
    {"path": "^/v2/invoicing/invoices$", "method": "POST", "drop": True, "after": True},
    {"path": "search-invoices$", "status": 200, "body": {"items": [], "total_items": 0}},
    {"path": "search-invoices$", "status": 200, "body": {"items": [], "total_items": 0}},
)
_POSTS = "^/(charges|refunds|checkouts|subscriptions)"
FAULTS: Mapping[str, Sequence[Sequence[Fault]]] = {
    "paypal": (
        _LOST_AND_NOT_FOUND,
        ({"path": "^/v[12]/", "status": 503},),
        ({"path": "^/v[12]/", "drop": True},),
        ({"path": "^/v[12]/", "method": "POST", "drop": True, "after": True},),
        ({"path": "^/v[12]/", "method": "POST", "status": 500, "after": True},),
        ({"path": "^/v[12]/", "method": "POST", "delay": 2, "after": True},),
        ({"path": "^/v1/oauth2/token$", "status": 500},),
        ({"path": "^/v[12]/payments/", "status": 429, "headers": {"Retry-After": "1"}},),
    ),
    "example": (
        ({"path": _POSTS, "status": 503},),
        ({"path": _POSTS, "drop": True},),
        ({"path": _POSTS, "method": "POST", "drop": True, "after": True},),
        ({"path": _POSTS, "method": "POST", "status": 502, "after": True},),
        ({"path": _POSTS, "method": "POST", "delay": 2, "after": True},),
        # The plugin takes it for a bug of the gateway: the message is parked for a person.
        ({"path": "^/charges$", "method": "POST", "status": 500},),
    ),
    "slack": (
        ({"path": "^/services/", "status": 503},),
        ({"path": "^/services/", "drop": True, "after": True},),
        ({"path": "^/services/", "status": 403},),
    ),
}
_OUTAGE: Fault = {"path": "^/services/", "status": 503}
_OUTAGE_SECONDS = (2.0, 6.0)
_OUTAGES = 0.3
"""The share of a sink's faults that are an outage."""


@dataclass(slots=True)
class Chaos:
    """
    All that goes wrong, until it is told to stop.

    Attributes:
        did: how often each thing went wrong.
    """

    hosts: Hosts
    http: aiohttp.ClientSession
    random: Random
    did: dict[str, int] = field(default_factory=dict[str, int])

    async def sandboxes(self, going: Going) -> None:
        """kill -9 of one function's sandboxes after the other."""
        while await self._wait(2.0, 5.0, going):
            await asyncio.to_thread(self.hosts.kill_sandbox, self.random)

    async def servers(self, going: Going) -> None:
        """kill -9 of one server after the other."""
        while await self._wait(4.0, 10.0, going):
            await self.hosts.kill_serve(self.random)

    async def gateways(self, going: Going) -> None:
        """A gateway or a sink fails a few of its next requests, or a sink is down for seconds."""
        while await self._wait(0.3, 1.0, going):
            name = self.random.choice(sorted(FAULTS))
            chosen = self.random.choice(FAULTS[name])
            times = 1 if len(chosen) > 1 else self.random.randint(1, 3)
            # The last faults go first: more of them than requests would be an endless outage.
            await self._heal(name)
            if name == "slack" and self.random.random() < _OUTAGES:
                await self._fault(name, [_OUTAGE], "outages")
                await self._wait(*_OUTAGE_SECONDS, going)
                await self._heal(name)
            else:
                faults = [{**one, "times": times} for one in chosen]
                await self._fault(name, faults, f"faults of {name}")

    async def heal(self) -> None:
        """Every gateway and sink behaves."""
        for name in self.hosts.platform.simulators:
            await self._heal(name)

    async def _wait(self, least: float, most: float, going: Going) -> bool:
        """Wait for a while; whether the storm goes on then."""
        await asyncio.sleep(self.random.uniform(least, most))
        return going()

    async def _fault(self, name: str, faults: Sequence[Fault], what: str) -> None:
        url = f"{self.hosts.platform.simulators[name].url}/_simulator/faults"
        async with self.http.post(url, json=faults) as answer:
            assert answer.status == 200, await answer.text()
        self.did[what] = self.did.get(what, 0) + 1

    async def _heal(self, name: str) -> None:
        url = f"{self.hosts.platform.simulators[name].url}/_simulator/faults"
        async with self.http.delete(url) as answer:
            answer.raise_for_status()
