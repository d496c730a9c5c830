"""What a buyer does at the simulated Example gateway, and what the gateway then says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from penstock.api import Delivery
from penstock.testing.builders import delivery


@dataclass
class Buyer:
    """A person with a browser, and the simulator's clock."""

    url: str
    http: aiohttp.ClientSession

    async def approve(self, approval_url: str) -> None:
        """Press "Approve" on the page."""
        await self.decide(approval_url, "approve")

    async def decide(self, approval_url: str, decision: str) -> str:
        """Press a button; answers where the gateway sends the buyer."""
        pressed = {"decision": decision}
        async with self.http.post(approval_url, data=pressed, allow_redirects=False) as answer:
            assert 303 == answer.status, await answer.text()
            return answer.headers["Location"]

    async def pay(self, reference: str) -> None:
        """Have the next payment taken when it is due."""
        async with self.http.get(f"{self.url}/subscriptions/{reference}") as answer:
            due = (await answer.json())["next_billing_at"]
        await self.control("clock", to=due)

    async def control(self, path: str, **order: Any) -> Any:
        """Have the simulator do something."""
        async with self.http.post(f"{self.url}/_simulator/{path}", json=order) as answer:
            assert 200 == answer.status, await answer.text()
            return await answer.json()

    async def now(self) -> datetime:
        """The simulator's time."""
        return datetime.fromisoformat((await self.control("clock", advance=0))["now"])

    async def notifications(self) -> Sequence[Delivery]:
        """What the gateway has sent, oldest first, as it arrives here."""
        async with self.http.get(f"{self.url}/_simulator/notifications") as answer:
            return [
                delivery(
                    one["body"].encode(),
                    {"example-signature": one["signature"]},
                    gateway="example",
                )
                for one in await answer.json()
            ]
