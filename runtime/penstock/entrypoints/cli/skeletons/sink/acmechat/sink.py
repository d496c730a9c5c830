"""Posts each event to the address in its secret."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from penstock.api import (
    Attempt,
    Context,
    Delivered,
    Delivering,
    Event,
    GatewayUnavailable,
    Refused,
    RetryAfter,
    retry_after,
)

SECRET = "url"  # noqa: S105 - the field's name


class AcmeChatSettings(BaseModel):
    """Read from SINK_ACMECHAT_<FIELD>; there is none yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AcmeChat:
    """Posts events."""

    name = "acmechat"

    def __init__(self, context: Context[AcmeChatSettings]) -> None:
        self.name = context.name or type(self).name
        self._context = context

    def accepts(self, event: Event) -> bool:
        """Every event that this code knows."""
        return event.known

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        """Post one event: 2xx is delivered, 4xx refused for good, all else is tried again."""
        try:
            urls = (await self._context.secrets.get()).values(SECRET)
            if not urls:
                return RetryAfter(f"no {SECRET} is set in the secret of {self.name}")
            answer = await self._context.http.request(
                "POST",
                urls[0],
                headers={"content-type": "application/cloudevents+json"},
                body=event.dumps().encode(),
                timeout=self._context.request_timeout,
            )
        except GatewayUnavailable as exc:
            return RetryAfter("AcmeChat gave no answer", exc.retry_after)
        if 200 <= answer.status < 300:
            return Delivered()
        if answer.status in (408, 429) or answer.status >= 500:
            later = retry_after(answer, self._context.clock.now())
            return RetryAfter(f"AcmeChat answered {answer.status}", later)
        return Refused(f"AcmeChat answered {answer.status}")
