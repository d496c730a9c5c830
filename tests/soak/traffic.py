"""The merchant's backend and its buyers: mixed requests, repeated under one key, or given up."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from tests.soak.books import Asked
from tests.soak.hosts import Hosts

_TRIES = 60
"""How often a backend that does not give up sends a request."""
_GIVES_UP = 0.2
"""The share of requests that are sent once only, whatever comes of it."""
_AGAIN = 0.15
"""The share of requests that are sent again after they were answered."""
_REFERENCES = ("busy", "lost", "badgateway", "once", "decline")
_ODD = 0.3
_REFUSED = frozenset({404, 409, 422})


@dataclass(slots=True)
class Traffic:
    """
    Who uses the platform.

    Attributes:
        asked: what was promised to them.
        did: how often each act was done.
        plans: a monthly plan of each gateway.
        sales: PayPal's ids of the sales that the backend refunds, and of those that are refunded
            at PayPal's own pages.
    """

    hosts: Hosts
    http: aiohttp.ClientSession
    token: str = field(repr=False)
    random: Random
    asked: Asked = field(default_factory=Asked)
    did: dict[str, int] = field(default_factory=dict[str, int])
    plans: dict[str, str] = field(default_factory=dict[str, str])
    refundable: list[str] = field(default_factory=list[str])
    elsewhere: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    async def one(self) -> None:
        """Something of all that happens to a merchant."""
        acts: Mapping[Callable[[], Awaitable[None]], int] = {
            self._charge: 5,
            self._check_out: 4,
            self._subscribe: 3,
            self._sale: 4,
            self._refund: 5,
            self._refund_at_paypal: 1,
            self._forge: 1,
        }
        act = self.random.choices(list(acts), list(acts.values()))[0]
        await act()
        name = act.__name__.strip("_")
        self.did[name] = self.did.get(name, 0) + 1

    async def _charge(self) -> None:
        key = self._key()
        odd = self.random.random() < _ODD
        reference = self.random.choice(_REFERENCES) if odd else key
        body = {"provider": "example", "order": self._order(key, reference, "EUR")}
        if told := await self._post("/payments", body, key):
            if reference == "decline":
                self.asked.declined.add(told["id"])
            else:
                self.asked.payments[key] = told["id"]
                self.refundable.append(told["id"])

    async def _check_out(self) -> None:
        key, gateway = self._key(), self.random.choice(("paypal", "example"))
        body = {"provider": gateway, "checkout": True, "order": self._order(key, key, "USD")}
        told = await self._post("/payments", body, key)
        if told and self.random.random() < 0.85 and await self._approved(told["approval_url"]):
            self.asked.payments[key] = told["id"]
            self.refundable.append(told["id"])

    async def _subscribe(self) -> None:
        key, gateway = self._key(), self.random.choice(("paypal", "example"))
        body = {
            "provider": gateway,
            "plan": self.plans[gateway],
            "reference": f"customer-{key[:8]}",
            "subscriber": {"given_name": "Ada", "surname": "L", "email": "ada@example.com"},
        }
        if told := await self._post("/subscriptions", body, key):
            self.asked.subscriptions.setdefault(told["id"], False)
            if self.random.random() < 0.9 and await self._approved(told["approval_url"]):
                self.asked.subscriptions[told["id"]] = True

    async def _sale(self) -> None:
        """A sale that PayPal makes by itself, such as a renewal."""
        cents = self.random.randint(100, 99_999)
        amount = {"resource.amount.total": f"{cents // 100}.{cents % 100:02}"}
        told = await self._trigger({"copies": self.random.choice((1, 1, 3)), "set": amount})
        sale = str(told["resource_id"])
        if self.random.random() < 0.6:
            self.refundable.append(f"paypal-{sale}")
        else:
            self.elsewhere.append((sale, cents))

    async def _refund_at_paypal(self) -> None:
        if self.elsewhere:
            sale, paid = self.elsewhere.pop(self.random.randrange(len(self.elsewhere)))
            cents = self.random.choice((paid, self.random.randint(1, paid)))
            total = f"{cents // 100}.{cents % 100:02}"
            given = {"resource.sale_id": sale, "resource.amount.total": total}
            await self._trigger({"event_type": "PAYMENT.SALE.REFUNDED", "set": given})
            self.asked.elsewhere[sale] = cents

    async def _forge(self) -> None:
        told = await self._trigger({"forge": self.random.choice(("key", "body"))})
        self.asked.forged |= {told["event_id"], told["resource_id"]}

    async def _refund(self) -> None:
        if not self.refundable:
            return
        payment, key = self.random.choice(self.refundable[-40:]), self._key()
        body: dict[str, Any] = {"reason": "returned"}
        if self.random.random() < 0.7:
            currency = "EUR" if await self._is_charge(payment) else "USD"
            body |= {"amount": self.random.randint(1, 500), "currency": currency}
        asked = self.asked
        asked.refund_keys[payment] = asked.refund_keys.get(payment, 0) + 1
        if told := await self._post(f"/payments/{payment}/refunds", body, key):
            asked.refunds.setdefault(payment, {})[told["id"]] = told["amount"]["minor"]

    async def _is_charge(self, payment: str) -> bool:
        url = f"{self.random.choice(self.hosts.urls)}/payments/{payment}"
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self.http.get(url, headers=self._bearer()) as answer:
                if answer.status == 200:
                    return (await answer.json())["amount"]["currency"] == "EUR"
        return False

    async def _approved(self, page: str) -> bool:
        """The buyer approves on the gateway's page, and comes back to ours, or does not."""
        form = {**dict(parse_qsl(urlsplit(page).query)), "action": "subscribe"}
        form["decision"] = "approve"
        await asyncio.sleep(self.random.uniform(0.0, 1.0))
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self.http.post(
                page.partition("?")[0], data=form, allow_redirects=False
            ) as answer:
                if answer.status != 303:
                    return False
                back = answer.headers["Location"]
            if self.random.random() < 0.7:
                async with self.http.get(back, headers={"Accept": "text/html"}) as shown:
                    await shown.read()
            return True
        # It was sent: whether it was heard is for the books to say.
        return False

    async def _trigger(self, order: Mapping[str, Any]) -> Any:
        target = f"{self.hosts.front.url}/webhooks/paypal"
        url = f"{self.hosts.platform.simulators['paypal'].url}/_simulator/webhooks"
        async with self.http.post(url, json={"target": target, **order}) as answer:
            told = await answer.json()
        assert all(one == 202 for one in told["answers"]), told
        return told

    async def _post(self, path: str, body: Mapping[str, Any], key: str) -> Any:
        """What was answered; None where it was refused, or the backend gave up."""
        if path == "/payments":
            self.asked.keys.add(key)
        tries = 1 if self.random.random() < _GIVES_UP else _TRIES
        told = await self._until_taken(path, body, key, tries)
        if told and self.random.random() < _AGAIN:
            again = await self._until_taken(path, body, key, 1)
            assert again is None or again["id"] == told["id"], (path, key)
        return told

    async def _until_taken(self, path: str, body: Mapping[str, Any], key: str, tries: int) -> Any:
        headers, said = {**self._bearer(), "Idempotency-Key": key}, "nothing"
        for _ in range(tries):
            url = f"{self.random.choice(self.hosts.urls)}{path}"
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self.http.post(url, json=body, headers=headers) as answer:
                    if answer.status < 300:
                        return await answer.json()
                    said = f"{answer.status} {await answer.text()}"
                    if answer.status in _REFUSED and path.endswith("/refunds"):
                        return None
                    assert answer.status in (409, 429) or answer.status >= 500, (path, said)
            await asyncio.sleep(self.random.uniform(0.1, 0.6))
        assert tries < _TRIES, f"{path} was never taken, at last {said}"
        return None

    def _order(self, key: str, reference: str, currency: str) -> dict[str, Any]:
        minor = self.random.randint(1_000, 99_999)
        payer = {"reference": key, "name": "Ada L", "email": "ada@example.com"}
        order = {"amount": minor, "currency": currency, "reference": reference}
        return {**order, "description": "A book", "payer": payer}

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _key(self) -> str:
        return uuid.UUID(int=self.random.getrandbits(128)).hex
