"""What `make run` sends in the name of gateways, and what it waits for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from local.demonstration import DemonstrationError, send
from local.platform import Platform
from local.simulators import simulators
from local.workspace import Workspace

ADDRESS = "/webhooks/{gateway}"


@asynccontextmanager
async def stack(
    folder: Path, gateways: dict[str, Any], *, status: int = 202
) -> AsyncIterator[tuple[Platform, list[str]]]:
    """A stack whose gateways are simulated, and the gateways whose webhooks its door was sent."""
    came: list[str] = []

    async def take(request: web.Request) -> web.Response:
        came.append(request.match_info["gateway"])
        return web.Response(status=status)

    door = web.Application()
    door.router.add_post(ADDRESS, take)
    workspace, nothing = Workspace(folder), cast(Any, None)
    used = {name: (own or {}).get("plugin", name) for name, own in gateways.items()}
    async with TestServer(door) as server, simulators(workspace, used) as running:
        outputs = {"apiUrl": str(server.make_url("/"))}
        yield Platform(workspace, nothing, running, outputs, gateways, {}), came


async def test_each_simulated_gateway_sends_a_webhook_and_only_paypal_makes_an_invoice(
    tmp_path: Path,
):
    named = {"paypal": {}, "stripe": None, "stripe-eu": {"plugin": "stripe"}}
    async with stack(tmp_path, named) as (platform, came), ClientSession() as http:
        sent = await send(platform, http)

    assert [*named] == came == [*sent.webhooks]
    assert [True] * 3 == [one.startswith(f"{of}-") for of, one in sent.webhooks.items()]
    assert [
        *((one, "payment.succeeded") for one in sent.payments),
        (sent.webhooks["paypal"], "invoice.paid"),
    ] == sent.expected


async def test_a_webhook_that_the_door_refuses_ends_the_demonstration(tmp_path: Path):
    async with stack(tmp_path, {"stripe": {}}, status=403) as (platform, _), ClientSession() as h:
        with pytest.raises(DemonstrationError, match="403"):
            await send(platform, h)
