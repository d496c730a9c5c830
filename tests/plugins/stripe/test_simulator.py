"""The simulated Stripe sends its webhooks to the address given, keeps its keys, and bills."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from stripe import WebhookSignature

from local.platform import register
from local.simulators import Running
from penstock.testing.clock import NOON
from penstock.testing.serving import served
from penstock_stripe.simulator import StripeSimulator
from tests.plugins.stripe.account import Account, charge


async def test_a_charge_sends_a_webhook_that_stripes_own_package_takes():
    """
    The platform registers the address, as people do in Stripe's dashboard.
    """
    came: asyncio.Queue[tuple[bytes, str]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        await came.put((await request.read(), request.headers["Stripe-Signature"]))
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/webhooks/stripe", take)
    simulator = StripeSimulator()
    async with TestServer(app) as door, served(simulator) as running:
        here = Running(running.url, running.told)
        await asyncio.to_thread(register, here, str(door.make_url("/webhooks/stripe")))
        intent = simulator.intents.make({"amount": "100", "currency": "eur"})
        simulator.books.tell("payment_intent.succeeded", intent)
        body, header = await asyncio.wait_for(came.get(), 10)

    secret = running.told.secret["signing_secret"]
    assert WebhookSignature.verify_header(body, header, secret, 300)


async def test_a_repeat_under_a_key_is_answered_as_the_first_time(stripe_account: Account):
    gateway = stripe_account.gateway
    first = await gateway.charge(charge())
    # Then the look-up before the repeat finds nothing.
    stripe_account.simulator.books.intents.clear()

    assert first == await gateway.charge(charge())


@dataclass
class Days:
    """An account whose days are counted; somebody subscribed on the first."""

    now: datetime = NOON
    simulator: StripeSimulator = field(init=False)

    def __post_init__(self) -> None:
        self.simulator = StripeSimulator(machine=lambda: self.now)
        self.one = self.simulator.subscriptions.open()

    def pass_by(self, days: int) -> None:
        for _ in range(days):
            self.now += timedelta(days=1)
            self.simulator.renewals.settle()

    @property
    def intents(self) -> list[str]:
        return [one["status"] for one in self.simulator.books.intents.values()]

    def told(self, type: str) -> int:
        return sum(one["type"] == type for one in self.simulator.books.events)


@pytest.mark.parametrize(("days", "paid"), [(29, 1), (30, 2), (60, 3)])
async def test_a_period_that_ends_is_billed(days: int, paid: int):
    account = Days()
    account.pass_by(days)

    assert (paid, paid, "active") == (
        len(account.intents),
        account.told("invoice.paid"),
        account.one["status"],
    )


async def test_a_declined_payment_is_tried_again_at_the_same_intent():
    account = Days()
    account.simulator.renewals.failing[account.one["id"]] = 2
    account.pass_by(33)
    owing = account.one["status"], account.intents

    account.pass_by(3)

    assert ("past_due", ["succeeded", "requires_payment_method"]) == owing
    assert ("active", ["succeeded", "succeeded"]) == (account.one["status"], account.intents)
    assert (2, 2) == (account.told("invoice.payment_failed"), account.told("invoice.paid"))


async def test_after_four_declined_attempts_a_subscription_is_cancelled_and_billed_no_more():
    account = Days()
    account.simulator.renewals.failing[account.one["id"]] = 4
    account.pass_by(90)

    assert ("canceled", 2, 4) == (
        account.one["status"],
        len(account.intents),
        account.told("invoice.payment_failed"),
    )


@pytest.mark.parametrize(("hours", "made"), [(24, 1), (25, 2)])
async def test_a_key_is_forgotten_after_a_day(hours: int, made: int):
    """
    The plugin looks a charge up before each try, so it charges once even then.
    """
    account = Days()
    headers = {"Authorization": f"Bearer {account.simulator.gate.key}", "Idempotency-Key": "a"}
    fields = {"amount": "1", "currency": "eur", "customer": "cus_1", "payment_method": "pm_1"}
    fields |= {"confirm": "true", "off_session": "true"}
    before = len(account.intents)
    async with TestServer(account.simulator.app) as server, ClientSession() as http:
        for _ in range(2):
            where = server.make_url("/v1/payment_intents")
            async with http.post(where, data=fields, headers=headers) as answer:
                assert 200 == answer.status
            account.now += timedelta(hours=hours)

    assert made == len(account.intents) - before
