"""Who uses the platform: PayPal, which repeats a webhook until it is taken, and a shop."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp
from aiohttp import web

Json = Any
PATIENCE = 50
"""How often a webhook or a payment is sent until it is taken."""
GIVES_UP = 0.3
"""The share of payments whose shop sends them once only."""
# An invoice is made, the answer is lost, and the search does not show it at first: as PayPal's.
_LOST_AND_NOT_FOUND: list[dict[str, Any]] = [
    {"path": "^/v2/invoicing/invoices$", "method": "POST", "drop": True, "after": True},
    {"path": "search-invoices$", "status": 200, "body": {"items": [], "total_items": 0}},
    {"path": "search-invoices$", "status": 200, "body": {"items": [], "total_items": 0}},
]
FAULTS: Mapping[str, list[dict[str, Any] | list[dict[str, Any]]]] = {
    "paypal": [
        _LOST_AND_NOT_FOUND,
        {"path": "^/v[12]/", "status": 503},
        {"path": "^/v[12]/", "drop": True},
        {"path": "^/v[12]/", "method": "POST", "drop": True, "after": True},
        {"path": "^/v[12]/", "method": "POST", "status": 500, "after": True},
        {"path": "^/v1/oauth2/token$", "status": 500},
        {"path": "^/v1/payments/sale", "status": 429, "headers": {"Retry-After": "1"}},
    ],
    "example": [
        {"path": "/charges", "status": 503},
        {"path": "/charges", "drop": True},
        {"path": "/charges$", "method": "POST", "drop": True, "after": True},
        {"path": "/charges$", "method": "POST", "status": 502, "after": True},
    ],
    "slack": [
        {"path": "^/(?!_simulator)", "status": 503},
        {"path": "^/(?!_simulator)", "drop": True, "after": True},
    ],
}


@dataclass
class Shop:
    """
    What was sent, in the words of those who sent it.

    Attributes:
        sales: the ids of genuine, completed sales.
        refunded: those of them that were refunded in full.
        forged: the ids in webhooks that nobody but a stranger signed.
        payments: the ids of the payments that the API accepted.
    """

    http: aiohttp.ClientSession
    api: str
    token: str
    simulators: Mapping[str, str]
    random: Random
    sales: list[str] = field(default_factory=list[str])
    refunded: set[str] = field(default_factory=set[str])
    forged: list[str] = field(default_factory=list[str])
    payments: list[str] = field(default_factory=list[str])

    async def one(self) -> None:
        """Something of all that happens to a shop."""
        match self.random.choices(
            ("sale", "twice", "refund", "forged", "payment"), (6, 2, 2, 2, 5)
        )[0]:
            case "refund" if left := [one for one in self.sales if one not in self.refunded]:
                await self._refund(self.random.choice(left))
            case "forged":
                kind = self.random.choice(("key", "body"))
                self.forged.append(await self._webhook({"forge": kind}))
            case "payment":
                await self._pay()
            case "twice":
                self.sales.append(await self._webhook({"copies": 2}))
            case _:
                self.sales.append(await self._webhook({}))

    async def misbehave(self) -> None:
        """One provider fails a few of its next requests."""
        name = self.random.choice([one for one in FAULTS if one in self.simulators])
        chosen = self.random.choice(FAULTS[name])
        if isinstance(chosen, list):
            faults = [{**one, "times": 1} for one in chosen]
        else:
            faults = [{**chosen, "times": self.random.randint(1, 3)}]
        await self.call("POST", f"{self.simulators[name]}/_simulator/faults", faults)

    async def heal(self) -> None:
        """Every provider behaves."""
        for url in self.simulators.values():
            await self.call("DELETE", f"{url}/_simulator/faults")

    async def move_receiver(self, seconds: float) -> None:
        """The endpoint of webhooks refuses timestamps that are far from its own clock."""
        url = self.simulators["webhook"]
        await self.call("POST", f"{url}/_simulator/clock", {"advance": seconds})

    async def call(self, method: str, url: str, body: Json = None) -> Json:
        """A simulator's control, or the API with the shop's token; None if it says nothing."""
        headers = {"Authorization": f"Bearer {self.token}"} if url.startswith(self.api) else {}
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            answer.raise_for_status()
            return await answer.json() if answer.content_type.endswith("json") else None

    async def events(self) -> list[Mapping[str, Any]]:
        """Every event that was published, newest first."""
        found: list[Mapping[str, Any]] = []
        cursor = ""
        while True:
            more = f"&cursor={cursor}" if cursor else ""
            page = await self.call("GET", f"{self.api}/events?limit=100{more}")
            found += page["events"]
            cursor = page.get("next") or page.get("cursor") or ""
            if not cursor:
                return found

    async def access(self, sale: str) -> str:
        """What the subscriber of a sale has, as the API says it."""
        payment = await self.call("GET", f"{self.api}/payments/paypal-{sale}")
        url = f"{self.api}/subscriptions/{payment['subscription']}"
        return (await self.call("GET", url))["access"]

    async def _refund(self, sale: str) -> None:
        self.refunded.add(sale)
        of_it = {"event_type": "PAYMENT.SALE.REFUNDED", "set": {"resource.sale_id": sale}}
        await self._webhook(of_it)

    async def _webhook(self, order: Mapping[str, Any]) -> str:
        """Have one signed, and send each copy until it is taken, as PayPal does."""
        caught: list[tuple[dict[str, str], bytes]] = []

        async def take(request: web.Request) -> web.Response:
            caught.append((dict(request.headers), await request.read()))
            return web.Response(status=202)

        app = web.Application()
        app.router.add_post("/", take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            target = f"http://127.0.0.1:{runner.addresses[0][1]}/"
            url = f"{self.simulators['paypal']}/_simulator/webhooks"
            told = await self.call("POST", url, {"target": target, **order})
        finally:
            await runner.cleanup()
        for headers, body in caught:
            signed = {k: v for k, v in headers.items() if k.lower().startswith("paypal-")}
            await self._until_taken(
                f"{self.api}/webhooks/paypal",
                {"Content-Type": "application/json", **signed},
                body,
            )
        return str(told["resource_id"])

    async def _pay(self) -> None:
        key = uuid.UUID(int=self.random.getrandbits(128)).hex
        order = {"amount": self.random.randint(1, 99_999), "currency": "EUR"}
        body = {"provider": "example", "order": {**order, "payer": {"reference": key}}}
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        # A shop that gives up may have been heard: then it is the sweep that sends the payment.
        tries = 1 if self.random.random() < GIVES_UP else PATIENCE
        if taken := await self._until_taken(f"{self.api}/payments", headers, body, tries):
            self.payments.append(taken["id"])

    async def _until_taken(
        self, url: str, headers: Mapping[str, str], body: Any, tries: int = PATIENCE
    ) -> Json:
        """The answer once it is 202; None for a sender that gives up before."""
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        for _ in range(tries):
            with suppress(aiohttp.ClientConnectionError):
                async with self.http.post(url, headers=headers, **sent) as answer:
                    if answer.status == 202:
                        return await answer.json()
                    assert answer.status >= 500, (answer.status, await answer.text())
            await asyncio.sleep(0.05)
        assert tries < PATIENCE, f"{url} was never taken"
        return None
