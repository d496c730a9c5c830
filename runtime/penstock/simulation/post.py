"""The way of webhooks from a gateway to us: late, doubled, out of order, lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from penstock.entrypoints.http.message import Answer, Request
from penstock.simulation.chance import Chance
from penstock.testing.stand import Ask, Stand, Webhook

AskUs = Callable[[Request], Awaitable[Answer | None]]
_WAITS = (5.0, 30.0, 120.0, 600.0, 1800.0, 7200.0, 14400.0)
"""Seconds before a gateway sends again what was not taken."""


@dataclass
class Post:
    """
    Sends what a gateway's stand-in has to say.

    Attributes:
        loses: whether a webhook may be lost: only where the gateway lists its notifications.
        sent: how many webhooks met which fate.
        made: the ids of all that the gateway told.
        every: seconds between two looks at what the gateway has to send.
    """

    gateway: str
    stand: Stand
    ask: AskUs
    at_gateway: Ask
    chance: Chance
    loses: bool
    sent: Counter[str] = field(default_factory=Counter[str])
    made: list[str] = field(default_factory=list[str])
    every: float = 30.0
    _on_its_way: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await self.stand.time_passes(self.at_gateway)
            if self.chance.share and self.chance.is_lucky(0.02):
                await self.stand.happens(self.chance.random, self.at_gateway)
            for webhook in self.stand.webhooks():
                self.made.append(webhook.id)
                task = asyncio.create_task(self._carry(webhook))
                self._on_its_way.add(task)
                task.add_done_callback(self._on_its_way.discard)
            await asyncio.sleep(self.every)

    @property
    def empty(self) -> bool:
        """Whether nothing is on its way."""
        return not self._on_its_way

    async def _carry(self, webhook: Webhook) -> None:
        storm = self.chance.share > 0
        fate = "taken"
        if storm:
            fate = self.chance.random.choices(
                ("taken", "late", "doubled", "lost"), (6, 2, 2, 1 if self.loses else 0)
            )[0]
        self.sent[fate] += 1
        if fate == "lost":
            return
        await asyncio.sleep(self.chance.delay(0.1, 3600.0 if fate == "late" else 20.0))
        await self._until_taken(webhook)
        if fate == "doubled":
            await asyncio.sleep(self.chance.delay(0.1, 7200.0))
            await self._until_taken(webhook)

    async def _until_taken(self, webhook: Webhook) -> None:
        where = f"/webhooks/{self.gateway}"
        for wait in (*_WAITS, None):
            headers = {**webhook.headers, **webhook.signed()}
            request = Request("POST", where, headers=headers, body=webhook.body)
            answer = await self.ask(request)
            if answer is not None and answer.status < 300:
                return
            if wait is not None:
                await asyncio.sleep(wait)
        self.sent["given up"] += 1
