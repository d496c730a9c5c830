"""The merchant's backend and its buyers: random requests to the API, repeated or given up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from penstock.entrypoints.http.message import Answer, Request
from penstock.simulation.chance import Chance
from penstock.testing.stand import Ask, Stand

AskUs = Callable[[Request], Awaitable[Answer | None]]
_PATIENCE = 60
"""How often a backend repeats a request at most."""


@dataclass
class Paid:
    """
    A payment that was asked for.

    Attributes:
        id: our id of it, as soon as an answer named it.
        keys: how many refunds were asked for, each under its key.
        refunds: the amounts of the refunds that were accepted, by their ids.
    """

    minor: int
    id: str | None = None
    checkout: bool = False
    keys: int = 0
    refunds: dict[str, int] = field(default_factory=dict[str, int])


@dataclass
class Shop:
    """
    Who uses the API.

    Attributes:
        payments: by idempotency key.
        subscriptions: the gateway's ids of those that were opened.
        cancelled: those whose cancellation was confirmed.
        collected: the subscription and the amount of each collection that was accepted, by its id.
        refused: the requests that were refused for good.
    """

    gateway: str
    capabilities: Collection[str]
    stand: Stand
    ask: AskUs
    at_gateway: Ask
    token: str = field(repr=False)
    chance: Chance
    payments: dict[str, Paid] = field(default_factory=dict[str, Paid])
    subscriptions: list[str] = field(default_factory=list[str])
    cancelled: set[str] = field(default_factory=set[str])
    collected: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    _unread: set[asyncio.Task[Answer | None]] = field(
        default_factory=set[asyncio.Task[Answer | None]]
    )
    refused: list[str] = field(default_factory=list[str])

    async def day(self, requests: int, seconds: float) -> None:
        """That many customers, spread over that time; ends when all of them are served."""
        async with asyncio.TaskGroup() as customers:
            for _ in range(requests):
                customers.create_task(self._customer(self.chance.delay(0.0, seconds)))

    async def _customer(self, after: float) -> None:
        await asyncio.sleep(after)
        able = {
            self._charge: (6, "charges"),
            self._check_out: (3, "checkout"),
            self._refund: (6, "refunds"),
            self._subscribe: (3, "managessubscriptions"),
            self._manage: (1, "managessubscriptions"),
            self._revise: (1, "managessubscriptions"),
            self._collect: (3, "collects"),
        }
        acts = [act for act, (_, needs) in able.items() if needs in self.capabilities]
        weights = [able[act][0] for act in acts]
        if acts:
            await self.chance.random.choices(acts, weights)[0]()

    async def _charge(self) -> None:
        key, paid = self._order()
        body = {
            "provider": self.gateway,
            "order": self._told(key, paid),
            "checkout": False,
        }
        if "checkout" not in self.capabilities:
            del body["checkout"]
        answered = await self._post("/payments", body, key)
        if answered:
            paid.id = answered["id"]
        if self.chance.is_lucky(0.2):
            # The same again, later: a backend that has forgotten that it was answered.
            await asyncio.sleep(self.chance.delay(1.0, 1200.0))
            await self._post("/payments", body, key)

    async def _check_out(self) -> None:
        key, paid = self._order(checkout=True)
        body = {
            "provider": self.gateway,
            "order": self._told(key, paid),
            "checkout": True,
        }
        answered = await self._post("/payments", body, key)
        if not answered:
            return
        paid.id = answered["id"]
        url = answered.get("approval_url")
        if not url:
            return
        await self._decided(url, ("approve", "decline", "cancel"), (8, 2, 1))

    async def _subscribe(self) -> None:
        key = self.chance.letters(8)
        body = {
            "provider": self.gateway,
            "plan": self.chance.random.choice(self.stand.plans),
            "reference": f"customer-{key}",
            "subscriber": {"given_name": "Ada", "surname": "L", "email": "ada@example.test"},
        }
        answered = await self._post("/subscriptions", body, key)
        if not answered:
            return
        self.subscriptions.append(answered["id"])
        if url := answered.get("approval_url"):
            await self._decided(url, ("approve", "cancel"), (9, 1))

    async def _decided(self, url: str, choices: tuple[str, ...], weights: tuple[int, ...]) -> None:
        """The buyer reads the page, decides, and comes back, or does not."""
        await asyncio.sleep(self.chance.delay(5.0, 900.0))
        decision = self.chance.random.choices(choices, weights)[0]
        back = await self.stand.decide(url, decision, self.at_gateway)
        if back and self.chance.is_lucky(0.7):
            path = urlsplit(back).path
            for _ in range(3):
                await self.ask(Request("GET", path, headers={"accept": "text/html"}))
                await asyncio.sleep(self.chance.delay(1.0, 20.0))

    async def _manage(self) -> None:
        if not self.subscriptions:
            return
        one = self.chance.random.choice(self.subscriptions)
        change = self.chance.random.choice(("cancel", "suspend", "resume"))
        answered = await self._post(f"/subscriptions/{one}/{change}", {"reason": "as asked"})
        if answered and change == "cancel":
            self.cancelled.add(one)

    async def _revise(self) -> None:
        if not self.subscriptions:
            return
        one = self.chance.random.choice(self.subscriptions)
        body = {"plan": self.chance.random.choice(self.stand.plans), "reason": "as asked"}
        answered = await self._post(f"/subscriptions/{one}/revise", body)
        if answered and (url := answered.get("approval_url")):
            await self._decided(url, ("approve", "cancel"), (9, 1))

    async def _collect(self) -> None:
        owing = [f"{self.gateway}-{one}" for one in self.stand.owing()]
        able = owing or self.subscriptions
        if not able:
            return
        one, key = self.chance.random.choice(able), self.chance.letters(8)
        where, body = f"/subscriptions/{one}/collect", {"reason": "the card was replaced"}
        answered = await self._post(where, body, key)
        if not answered:
            return
        self.collected[answered["id"]] = (one, answered["amount"]["minor"])
        if self.chance.is_lucky(0.2):
            await asyncio.sleep(self.chance.delay(1.0, 1200.0))
            await self._post(where, body, key)

    async def _refund(self) -> None:
        able = [paid for paid in self.payments.values() if paid.id]
        if not able:
            return
        paid = self.chance.random.choice(able)
        body: dict[str, Any] = {"reason": "returned"}
        if self.chance.is_lucky(0.6):
            body |= {"amount": self.chance.random.randint(1, paid.minor), "currency": "USD"}
        key = self.chance.letters(8)
        where = f"/payments/{paid.id}/refunds"
        paid.keys += 1
        answered = await self._post(where, body, key)
        if answered:
            paid.refunds[answered["id"]] = answered["amount"]["minor"]
        if answered and self.chance.is_lucky(0.2):
            await asyncio.sleep(self.chance.delay(1.0, 1200.0))
            await self._post(where, body, key)

    def _order(self, *, checkout: bool = False) -> tuple[str, Paid]:
        key = self.chance.letters(8)
        paid = Paid(self.chance.random.randint(1, 99_999), checkout=checkout)
        self.payments[key] = paid
        return key, paid

    def _told(self, key: str, paid: Paid) -> dict[str, Any]:
        odd = self.stand.references and self.chance.is_lucky(0.3)
        reference = self.chance.random.choice(self.stand.references) if odd else key
        order = {"amount": paid.minor, "currency": "USD", "reference": reference}
        payer = {"reference": key, "name": "Ada L", "email": "ada@example.test"}
        return {**self.stand.order({**order, "payer": payer})}

    async def _beside(self, request: Request) -> None:
        """Send a request whose answer nobody waits for; the same follows within seconds."""
        task = asyncio.ensure_future(self.ask(request))
        self._unread.add(task)
        task.add_done_callback(self._unread.discard)
        await asyncio.sleep(self.chance.delay(0.0, 3.0))

    async def _post(
        self, path: str, body: Mapping[str, Any], key: str | None = None
    ) -> dict[str, Any] | None:
        """What a POST was answered; None where it was refused, or its sender gave up."""
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        if key:
            headers["idempotency-key"] = key
        request = Request("POST", path, headers=headers, body=json.dumps(body).encode())
        if self.chance.is_lucky(0.15):
            # A second one beside it: a double click, or a proxy that repeats.
            await self._beside(request)
        tries = 1 if self.chance.is_lucky(0.3) else _PATIENCE
        for _ in range(tries):
            answer = await self.ask(request)
            if answer is not None and answer.status < 300:
                return json.loads(answer.body)
            if answer is not None and answer.status < 500:
                kind = json.loads(answer.body).get("type", "")
                self.refused.append(f"POST {path} {answer.status} {kind}")
                return None
            hurry = self.chance.is_lucky(0.3)
            await asyncio.sleep(self.chance.delay(0.1, 2.0 if hurry else 60.0))
        return None
