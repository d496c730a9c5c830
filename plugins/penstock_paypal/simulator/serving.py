"""The simulator on a port of this machine."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from aiohttp import web

from penstock_paypal.simulator import build

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Access:
    """
    What a client needs to use a running simulator as it would use PayPal.

    Attributes:
        url: the API's address.
        webhook_id: the id that webhooks are signed for.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    webhook_id: str

    def document(self) -> dict[str, str]:
        """The four as JSON has them."""
        return asdict(self)


@asynccontextmanager
async def running(
    folder: Path, port: int = 0, webhook_url: str | None = None
) -> AsyncGenerator[Access]:
    """
    Serve a simulator until the block ends.

    Args:
        folder: where it keeps its keys and credentials.
        port: 0 for one that is free.
        webhook_url: register it for all events.

    Raises:
        OSError: the port is taken.
    """
    simulator = build(folder)
    if webhook_url is not None:
        simulator.registry.register(webhook_url)
    runner = web.AppRunner(simulator.app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port)
        await site.start()
        url = f"http://{HOST}:{runner.addresses[0][1]}"
        secret = simulator.describe(url).secret
        yield Access(url, secret["client_id"], secret["client_secret"], secret["webhook_id"])
    finally:
        await runner.cleanup()
