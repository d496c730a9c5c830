"""`penstock trigger --gateway example`: a sample that its own gateway believes."""

from __future__ import annotations

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from penstock.api import Authentic, Observation
from penstock.plugins import load
from penstock.testing import NOON, Bench, delivery, served
from penstock_example.simulator import ExampleSimulator


async def test_a_sample_is_authentic_and_says_what_was_paid() -> None:
    came: list[tuple[bytes, dict[str, str]]] = []

    async def take(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        came.append((await request.read(), headers))
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/webhooks/example", take)
    async with TestServer(app) as door, served(ExampleSimulator()) as simulator:
        order = {"target": str(door.make_url("/webhooks/example"))}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{simulator.url}/_simulator/webhooks", json=order) as answer,
        ):
            told = await answer.json()
        environ = {
            f"PROVIDER_EXAMPLE_{name.upper()}": str(value)
            for name, value in simulator.told.settings.items()
        }
        registration = load(["penstock_example"]).gateway("example")
        gateway = Bench(registration, environ, simulator.told.secret).build()
        ((body, headers),) = came
        sent = delivery(body, headers, gateway="example")

        assert Authentic() == await gateway.authenticate(sent, NOON)
        notification = gateway.read(sent)
        seen = gateway.observe(notification)

    assert told["concerns"] == [{"kind": "payment", "id": notification.entity}]
    assert isinstance(seen, Observation)
    assert (1250, "EUR") == (seen.transaction.amount.minor, seen.transaction.amount.currency)
