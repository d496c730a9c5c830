"""AWS and a gateway as far away as they are, on virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from penstock.api import (
    ChargeAnswer,
    ChargeRequest,
    CreateAnswer,
    Invoice,
    InvoiceDraft,
    InvoiceState,
    LookupAnswer,
    Pending,
)
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.world import World

AWS_SECONDS = 0.008
GATEWAY_SECONDS = 0.3


@dataclass
class Far(Acme):
    """
    Acme, as far away as a gateway is; it counts what it is asked.

    Attributes:
        seconds: how long a request takes.
        most: how many requests were under way at once.
        down: what each request fails with.
    """

    seconds: float = 0.0
    asked: int = 0
    most: int = 0
    down: Exception | None = None
    _now: int = 0
    _by_number: dict[str, Invoice] = field(default_factory=dict[str, Invoice])

    async def _request(self) -> None:
        self.asked += 1
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self._now -= 1
        if self.down is not None:
            raise self.down

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        await self._request()
        return Pending(request.payment_id)

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        await self._request()
        return Pending(request.payment_id)

    async def find_invoice(self, draft: InvoiceDraft, reference: str | None) -> Invoice | None:
        await self._request()
        return self._by_number.get(draft.number)

    async def create_invoice(self, draft: InvoiceDraft) -> CreateAnswer:
        await self._request()
        answer = await super().create_invoice(draft)
        self._by_number[draft.number] = self.invoices[-1]
        return answer

    async def send_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        await self._request()
        self._by_number[draft.number] = replace(
            self._by_number[draft.number], state=InvoiceState.sent
        )

    async def record_payment(self, reference: str, draft: InvoiceDraft) -> None:
        await self._request()
        self._by_number[draft.number] = replace(
            self._by_number[draft.number], state=InvoiceState.recorded
        )

    @property
    def settled(self) -> int:
        """Invoices that are made, mailed and recorded."""
        made = self._by_number.values()
        return sum(one.state is InvoiceState.recorded for one in made)


class Distance:
    """Goes around every port but the gateway: a call takes its time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.payment_messages = 0

    def __call__(self, port: Any) -> Any:
        return port if port is self._world.acme else _Port(port, self)

    def note(self, port: Any, name: str) -> None:
        self.payment_messages += port is self._world.payments and name == "send"


class _Port:
    def __init__(self, port: Any, distance: Distance) -> None:
        self._port = port
        self._distance = distance

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)

        async def called(*given: Any, **named: Any) -> Any:
            await asyncio.sleep(AWS_SECONDS)
            self._distance.note(self._port, name)
            return await call(*given, **named)

        return called
