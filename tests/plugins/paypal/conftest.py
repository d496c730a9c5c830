"""A simulated PayPal on a port of its own, and the plugin beside it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from penstock.adapters.clock import SystemClock
from penstock.adapters.http import AiohttpHttp
from penstock.adapters.memory.secrets import MemorySecrets
from penstock.api import Delivery, Http, Simulated
from penstock.testing.context import RecordingLog, context
from penstock.testing.http import response
from penstock_paypal.gateway import PayPal
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.simulator import PayPalSimulator, build
from penstock_paypal.simulator.authority import Identity
from penstock_paypal.simulator.credentials import Credentials
from tests.plugins.paypal.invoices import SEARCH
from tests.plugins.paypal.machine.life import identity_of
from tests.plugins.paypal.sales import SALE_PATH, SUBSCRIPTION, SUBSCRIPTION_PATH, sale
from tests.plugins.paypal.told import Told


@dataclass
class Stage:
    """
    The simulator, served; a stand-in for our door that keeps what it is sent; the plugin.

    Attributes:
        control: speaks to the simulator as the tests' stage hand.
        received: the deliveries that came in, oldest first.
    """

    simulator: PayPalSimulator
    control: TestClient[Any, Any]
    told: Simulated
    target: str
    received: list[Delivery]
    http: AiohttpHttp
    log: RecordingLog
    secrets: MemorySecrets
    paypal: PayPal

    def other(self, http: Http) -> PayPal:
        """The plugin again, in another process, with another way to PayPal."""
        return PayPal(replace(self._context(), http=http))

    def account(self, name: str, webhook_id: str | None = None) -> PayPal:
        """The plugin again, for the account of that name; with a webhook id of its own."""
        secret = {**self.told.secret, **({"webhook_id": webhook_id} if webhook_id else {})}
        kept = MemorySecrets(SystemClock(), secret)
        return PayPal(replace(self._context(), name=name, secrets=kept))

    def _context(self) -> Any:
        return context(
            PayPalSettings.model_validate(self.told.settings),
            secrets=self.secrets,
            clock=SystemClock(),
            http=self.http,
            log=self.log,
            profile=self.told.profile,
        )

    async def trigger(self, **order: Any) -> dict[str, Any]:
        """Have the simulator send a webhook; its answer."""
        async with self.control.post(
            "/_simulator/webhooks", json={"target": self.target, **order}
        ) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def fault(self, **fault: Any) -> None:
        """Have the simulator misbehave."""
        async with self.control.post("/_simulator/faults", json=[fault]) as answer:
            assert answer.status == 200, await answer.text()

    async def asked(self) -> list[tuple[str, str]]:
        """What the API was asked so far."""
        async with self.control.get("/_simulator/requests") as answer:
            return [(one["method"], one["path"]) for one in await answer.json()]

    async def bearer(self) -> dict[str, str]:
        """The headers of a call to the API, with a token of one's own."""
        client = self.told.secret["client_id"], self.told.secret["client_secret"]
        basic = base64.b64encode(":".join(client).encode()).decode()
        async with self.control.post(
            "/v1/oauth2/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {basic}"},
        ) as answer:
            return {"Authorization": f"Bearer {(await answer.json())['access_token']}"}

    async def invoices(self) -> list[dict[str, Any]]:
        """The invoices as the simulator shows them."""
        async with self.control.get("/_simulator/invoices") as answer:
            return await answer.json()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of keys for the whole run: making them takes its time."""
    return tmp_path_factory.mktemp("paypal")


@pytest.fixture(scope="session")
def sign(keys: Path) -> tuple[Identity, Credentials]:
    """What the simulated PayPal of each life signs with."""
    return identity_of(keys / "life")


@pytest.fixture
def told() -> Told:
    """A sandbox that holds one sale with its subscription, and no invoice."""
    told = Told()
    told.at(SALE_PATH, response(200, sale()))
    told.at(SUBSCRIPTION_PATH, response(200, SUBSCRIPTION))
    told.at(SEARCH, response(200, {"items": []}))
    return told


@pytest.fixture
async def stage(keys: Path) -> AsyncIterator[Stage]:
    received: list[Delivery] = []

    async def take(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        now = SystemClock().now()
        received.append(Delivery.of("paypal", headers, await request.read(), now))
        return web.Response(status=202)

    door = web.Application()
    door.router.add_post("/webhooks/paypal", take)
    simulator = build(keys)
    http = AiohttpHttp(5.0)
    async with TestClient(TestServer(simulator.app)) as control, TestServer(door) as server:
        told = simulator.describe(str(control.make_url("")))
        stage = Stage(
            simulator,
            control,
            told,
            str(server.make_url("/webhooks/paypal")),
            received,
            http,
            RecordingLog(),
            MemorySecrets(SystemClock(), told.secret),
            None,  # type: ignore[arg-type] # built below, from the rest
        )
        stage.paypal = stage.other(http)
        yield stage
        await http.aclose()
