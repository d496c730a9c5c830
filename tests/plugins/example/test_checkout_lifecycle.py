"""A checkout at the Example gateway, from the request to the events: every stage, in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from penstock.api import PaymentStatus
from penstock.domain.rules.buyer import Standpoint
from penstock.ports import Outgoing
from penstock.testing.clock import FrozenClock
from penstock.testing.context import FixedSecrets, context
from penstock.testing.serving import served
from penstock_example.gateway import ExampleGateway
from penstock_example.settings import ExampleSettings
from penstock_example.simulator import build
from tests.plugins.example.buying import Buyer
from tests.unit.pipeline.store import CALLER, Store
from tests.unit.pipeline.till import BOOK


class AtExample(Store):
    """The stages with the Example gateway."""

    example: Any

    @property
    def gateways(self) -> dict[str, Any]:
        return {"example": self.example}


@dataclass
class Shop:
    """A merchant, a buyer, the gateway, and our stages."""

    store: AtExample
    buyer: Buyer

    async def pay(self) -> str:
        """Ask for the payment; where the buyer approves it."""
        made = await self.store.open("key-1", "example", BOOK, CALLER)
        assert made.approval is not None
        assert made.approval.url is not None
        return made.approval.url

    async def back(self, where: str) -> Standpoint:
        """What the page says to a buyer who came back."""
        self.store.clock.advance(6)
        returned = await self.store.returning(where.rpartition("/")[2], arrived=True)
        assert returned is not None
        return returned.view.standpoint

    async def hear(self) -> None:
        """The newest notification goes through process."""
        (*_, newest) = await self.buyer.notifications()
        read = self.store.example.read(newest)
        await self.store.verified.send(Outgoing(read.dumps(), group=read.group, dedup=read.id))
        await self.store.consume(self.store.verified, "process")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with served(build(tmp_path)) as simulator, aiohttp.ClientSession() as http:
        buyer = Buyer(simulator.url, http)
        store = AtExample(FrozenClock(await buyer.now()))
        store.example = ExampleGateway(
            context(
                ExampleSettings.model_validate(simulator.told.settings),
                secrets=FixedSecrets(simulator.told.secret),
                clock=store.clock,
                http=simulator.http,
            )
        )
        yield Shop(store, buyer)


async def test_a_declined_buyer_pays_with_another_card(shop: Shop):
    approval = await shop.pay()
    back = await shop.buyer.decide(approval, "decline")
    await shop.back(back)
    await shop.store.work()
    declined = (await shop.store.payment()).status

    await shop.buyer.decide(approval, "approve")
    await shop.back(back)
    await shop.store.work()

    assert (PaymentStatus.declined, Standpoint.paid) == (declined, await shop.back(back))
    assert ["payment.declined", "payment.succeeded"] == await shop.store.told()


async def test_a_signed_notification_has_an_approved_checkout_captured(shop: Shop):
    await shop.buyer.decide(await shop.pay(), "approve")

    await shop.hear()
    shop.store.clock.advance(61)
    await shop.store.sweep()
    await shop.store.work()

    assert PaymentStatus.succeeded is (await shop.store.payment()).status
    assert ["payment.succeeded"] == await shop.store.told()


async def test_a_checkout_that_is_over_expires(shop: Shop):
    await shop.pay()
    await shop.buyer.control("clock", advance=3700)
    shop.store.clock.advance(3700 + 300)

    await shop.store.sweep()

    assert PaymentStatus.expired is (await shop.store.payment()).status
