"""`penstock trigger --gateway stripe`: samples that the gateway takes, and the API confirms."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from penstock.api import Authentic, Confirmed, Money, Observation, PaymentStatus
from penstock.testing.builders import delivery
from penstock.testing.clock import NOON
from tests.plugins.stripe.account import Account

Came = list[tuple[bytes, dict[str, str]]]


async def triggered(account: Account, came: Came, **order: object) -> dict[str, object]:
    """Have a sample sent to a door that keeps what came; what the simulator answers."""

    async def take(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        came.append((await request.read(), headers))
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/webhooks/stripe", take)
    home = account.bench.environ["PROVIDER_STRIPE_API_URL"]
    async with TestServer(app) as door, aiohttp.ClientSession() as http:
        asked = {"target": str(door.make_url("/webhooks/stripe")), **order}
        async with http.post(f"{home}/_simulator/webhooks", json=asked) as answer:
            return dict(await answer.json())


@pytest.mark.parametrize(
    ("type", "status"),
    [
        ("payment_intent.succeeded", PaymentStatus.succeeded),
        ("payment_intent.payment_failed", PaymentStatus.declined),
    ],
)
async def test_a_sample_is_authentic_and_confirmed(
    stripe_account: Account, type: str, status: PaymentStatus
):
    came: Came = []
    told = await triggered(stripe_account, came, event_type=type)
    ((body, headers),) = came
    sent = delivery(body, headers, gateway="stripe")
    gateway = stripe_account.gateway

    assert Authentic() == await gateway.authenticate(sent, NOON)
    notification = gateway.read(sent)
    confirmed = await gateway.confirm(notification, NOON)

    assert [{"kind": "payment", "id": notification.entity}] == told["concerns"]
    assert isinstance(confirmed, Confirmed)
    assert isinstance(confirmed.observation, Observation)
    assert (status, Money(1250, "EUR")) == (
        confirmed.observation.status,
        confirmed.observation.transaction.amount,
    )


@pytest.mark.parametrize(
    "type", ["charge.refunded", "charge.dispute.created", "customer.subscription.created"]
)
async def test_a_sample_of_anything_else_says_what_it_is_about(stripe_account: Account, type: str):
    came: Came = []
    told = await triggered(stripe_account, came, event_type=type)
    ((body, headers),) = came
    gateway = stripe_account.gateway
    notification = gateway.read(delivery(body, headers, gateway="stripe"))

    subject = notification.subject
    located = subject.id if subject else await gateway.locate(notification, NOON)

    assert [{"kind": notification.kind.value, "id": located}] == told["concerns"]


async def test_what_is_set_of_a_sample_the_api_shows_too(stripe_account: Account):
    came: Came = []
    await triggered(stripe_account, came, set={"data.object.amount_received": 999})
    ((body, headers),) = came
    gateway = stripe_account.gateway

    confirmed = await gateway.confirm(
        gateway.read(delivery(body, headers, gateway="stripe")), NOON
    )

    assert Money(999, "EUR") == confirmed.observation.transaction.amount
