"""A merchant's calls to the simulated PayPal, what happens there, and who receives webhooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web

from tests.plugins.paypal.conftest import Stage

EVENTS = "/v1/notifications/webhooks-events"
URL = "https://shop.example/webhooks/paypal"
ALL = [{"name": "*"}]
SOLD = "PAYMENT.SALE.COMPLETED"
DAYS = timedelta(days=1).total_seconds()


@dataclass
class Receiver:
    """
    A merchant's door that keeps what comes in.

    Attributes:
        statuses: what it answers, one after another; 200 once they are used up.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=list[int])
    came: list[tuple[dict[str, str], dict[str, Any]]] = field(
        default_factory=list[tuple[dict[str, str], dict[str, Any]]]
    )

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.came.append((headers, await request.json()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    @property
    def types(self) -> list[str]:
        return [event["event_type"] for _, event in self.came]


async def call(stage: Stage, method: str, path: str, **how: Any) -> tuple[int, Any]:
    """Call the API with a good token; status and body of the answer."""
    headers = await stage.bearer()
    async with stage.control.request(method, path, headers=headers, **how) as answer:
        return answer.status, await answer.json(content_type=None)


async def tell(stage: Stage, method: str, path: str, order: Any = None) -> Any:
    """Tell the simulator what to do; its answer."""
    async with stage.control.request(method, f"/_simulator/{path}", json=order) as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json(content_type=None)


async def ahead(stage: Stage, seconds: float) -> None:
    await tell(stage, "PUT", "clock", {"ahead_seconds": seconds})


async def happen(stage: Stage, event_type: str = SOLD, **order: Any) -> str:
    """Something happens at PayPal, and no webhook is ordered; the id of the event."""
    return (await stage.trigger(target=None, event_type=event_type, **order))["event_id"]


async def announce(stage: Stage, event_type: str = SOLD) -> str:
    """Something happens, and every webhook that wants it is sent; the id of the event."""
    identity = await happen(stage, event_type)
    await stage.simulator.deliveries.announce(
        stage.simulator.deliveries.archive.events[identity].event
    )
    return identity
