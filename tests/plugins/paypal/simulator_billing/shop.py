"""A shop at the simulated PayPal: its calls to the API, and the webhooks it was sent."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from penstock.api import Simulated
from penstock_paypal.simulator import PayPalSimulator, build
from penstock_paypal.simulator.books import Books

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
"""The machine's time; it stands."""
MONTHLY, YEARLY, TRIAL = (f"P-{name:0<24}" for name in ("MONTHLY", "YEARLY", "TRIAL"))
CONTEXT = {
    "brand_name": "Ada & Söhne",
    "return_url": "https://shop.example/return?order=7",
    "cancel_url": "https://shop.example/cancel",
}
SUBSCRIPTIONS = "/v1/billing/subscriptions"
SALE = "PAYMENT.SALE.COMPLETED"


@dataclass
class Shop:
    """
    Speaks to PayPal as a merchant does.

    Attributes:
        events: what the webhooks said, oldest first.
        told_at: how far PayPal's clock was ahead when it gave the token.
    """

    client: TestClient[Any, Any]
    simulator: PayPalSimulator
    told: Simulated
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    told_at: timedelta | None = None

    async def sign_in(self) -> None:
        """Get a token, which expires as PayPal's clock moves."""
        pair = f"{self.told.secret['client_id']}:{self.told.secret['client_secret']}".encode()
        basic = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        grant = {"grant_type": "client_credentials"}
        async with self.client.post("/v1/oauth2/token", data=grant, headers=basic) as answer:
            token = (await answer.json())["access_token"]
        self.headers["Authorization"] = f"Bearer {token}"
        self.told_at = self.simulator.books.ahead

    async def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """Ask the API: the status and the body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if path.startswith("/v1/") and self.told_at != self.simulator.books.ahead:
            await self.sign_in()
        async with self.client.request(
            method, path, json=body, headers={**self.headers, **named}
        ) as answer:
            return answer.status, json.loads(await answer.read() or b"null")

    async def refusal(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask for what is refused, fields that are None left out: status, issue and field."""
        if isinstance(body, dict):
            body = {name: value for name, value in body.items() if value is not None}
        status, problem = await self.call(method, path, body, **headers)
        detail = (problem["details"] or [{}])[0]
        return status, detail.get("issue"), detail.get("field")

    async def create(self, plan: str = MONTHLY, /, **fields: Any) -> dict[str, Any]:
        """A new subscription that waits for its approval."""
        body = {"plan_id": plan, "custom_id": "c-1", "application_context": CONTEXT, **fields}
        body = {name: value for name, value in body.items() if value is not None}
        status, made = await self.call("POST", SUBSCRIPTIONS, body)
        assert 201 == status, made
        return made

    async def plan(self, *cycles: dict[str, Any], **preferences: Any) -> str:
        """A new plan; its id."""
        numbered = [{"sequence": place, **one} for place, one in enumerate(cycles, start=1)]
        body = {
            "product_id": "PROD-SIMULATED",
            "name": "Own",
            "billing_cycles": numbered,
            "payment_preferences": preferences,
        }
        status, made = await self.call("POST", "/v1/billing/plans", body)
        assert 201 == status, made
        return made["id"]

    async def subscribed(self, plan: str = MONTHLY, how: str = "pay", /, **fields: Any) -> str:
        """The id of a new subscription that the buyer approved."""
        identity = (await self.create(plan, **fields))["id"]
        await self.control(f"subscriptions/{identity}/approve", {"how": how})
        return identity

    async def show(self, identity: str) -> dict[str, Any]:
        """The subscription, its last failed payment included."""
        path = f"{SUBSCRIPTIONS}/{identity}?fields=last_failed_payment"
        return (await self.call("GET", path))[1]

    async def step(self, identity: str, step: str, reason: str = "because") -> int:
        """Cancel, suspend or activate it; the status of the answer."""
        path = f"{SUBSCRIPTIONS}/{identity}/{step}"
        return (await self.call("POST", path, {"reason": reason}))[0]

    async def control(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """Play the buyer, the bank or the time."""
        async with self.client.request(method, f"/_simulator/{path}", json=body) as answer:
            assert 200 == answer.status, await answer.text()
            return await answer.json()

    async def at(self, moment: datetime) -> None:
        """Let PayPal's time come to that moment."""
        await self.control("clock", {"ahead_seconds": (moment - START).total_seconds()}, "PUT")

    async def pays(self, identity: str, how: str, times: int = 1) -> None:
        """Say how its next payments go."""
        await self.control(f"subscriptions/{identity}/payments", {"next": how, "times": times})

    def told_of(self) -> list[str]:
        """The types of the events since the last call, without their first words."""
        types = [one["event_type"] for one in self.events]
        self.events.clear()
        return [one.removeprefix("BILLING.SUBSCRIPTION.") for one in types]


def day(written: str) -> datetime:
    """That day at PayPal's billing hour."""
    return datetime.fromisoformat(f"{written}T10:00:00Z")


def cycle(unit: str, value: str | None, total: int = 0, tenure: str = "REGULAR") -> dict[str, Any]:
    """A billing cycle of one unit; without a price it is free."""
    made: dict[str, Any] = {
        "tenure_type": tenure,
        "total_cycles": total,
        "frequency": {"interval_unit": unit, "interval_count": 1},
    }
    if value is not None:
        made["pricing_scheme"] = {"fixed_price": {"currency_code": "USD", "value": value}}
    return made


@asynccontextmanager
async def opened(keys: Path) -> AsyncIterator[Shop]:
    """A shop whose webhook is registered; time stands, and ids are counted."""
    numbers = count(1)
    books = Books(
        machine=lambda: START, letters=lambda length: f"{next(numbers):0{length}}"[:length]
    )
    simulator = build(keys, books)
    door = web.Application()
    events: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        events.append(await request.json())
        return web.Response(status=202)

    door.router.add_post("/webhooks/paypal", take)
    async with TestClient(TestServer(simulator.app)) as client, TestServer(door) as server:
        told = simulator.describe(str(client.make_url("")))
        shop = Shop(client, simulator, told, events)
        url = str(server.make_url("/webhooks/paypal"))
        await shop.control("registration", {"url": url}, "PUT")
        await shop.sign_in()
        yield shop


def ahead(**span: float) -> datetime:
    """So long after the start."""
    return START + timedelta(**span)
