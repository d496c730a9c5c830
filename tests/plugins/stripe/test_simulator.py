"""The simulated Stripe sends its webhooks where it is told to, and keeps its keys."""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.test_utils import TestServer
from stripe import WebhookSignature

from local.platform import register
from local.simulators import Running
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
