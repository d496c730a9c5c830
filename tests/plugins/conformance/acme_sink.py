"""AcmePay's sink, which does everything right."""

from __future__ import annotations

from penstock.api import (
    Attempt,
    Context,
    Delivered,
    Delivering,
    Event,
    GatewayUnavailable,
    RetryAfter,
    retry_after,
)
from tests.plugins.conformance.acme import AcmeSettings
from tests.plugins.conformance.acme_subscriptions import URL


class AcmeSink:
    """A sink that posts every event."""

    name = "acmesink"

    def __init__(self, context: Context[AcmeSettings]) -> None:
        self.context = context

    def accepts(self, event: Event) -> bool:
        return True

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        try:
            secret = await self.context.secrets.get()
            answer = await self.context.http.request(
                "PUT", f"{URL}/events", body=event.dumps().encode()
            )
        except GatewayUnavailable:
            return RetryAfter("no answer")
        assert secret.values("key")
        if answer.status == 200:
            return Delivered()
        return RetryAfter("not now", retry_after(answer, self.context.clock.now()))
