"""Posting to an incoming webhook, and what its answers mean (api.slack.com, incoming webhooks)."""

from __future__ import annotations

import json
from typing import Any, assert_never
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from penstock.api import (
    Attempt,
    Context,
    Delivered,
    Delivering,
    Event,
    GatewayUnavailable,
    Gone,
    HttpNotSent,
    HttpUnanswered,
    Refused,
    Response,
    RetryAfter,
    Secret,
    retry_after,
)
from penstock_slack.message import message

_HOST = "hooks.slack.com"
_WRONG_URL = frozenset({"invalid_token", "no_active_hooks", "no_service", "no_team"})
_CODES = _WRONG_URL | {
    "action_prohibited",
    "channel_is_archived",
    "channel_not_found",
    "invalid_blocks",
    "invalid_payload",
    "msg_blocks_too_long",
    "no_text",
    "posting_to_general_channel_denied",
    "too_many_attachments",
    "user_not_found",
}
_MENDED_BY_HAND = 300.0
"""Seconds until we look whether people have put the secret right; nothing is lost meanwhile."""


class SlackSettings(BaseModel):
    """Nothing: the webhook's address is a secret, and it names the channel."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SlackSink:
    """One channel. Slack keeps no idempotency keys: a lost answer may post a message twice."""

    name = "slack"

    def __init__(self, context: Context[SlackSettings]) -> None:
        self.name = context.name or type(self).name
        self._context = context

    def accepts(self, event: Event) -> bool:
        """Every event of a selected type; the stage has looked at that."""
        return True

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        """Post the event; a webhook that Slack has dropped is tried with every known address."""
        body = json.dumps(message(event, self._context.api_url)).encode()
        try:
            known = await self._context.secrets.get()
            answer = await self._post_to_any(known, body)
            if isinstance(answer, Refused) and answer.because in _GONE:
                fresh = await self._context.secrets.refresh()
                if fresh != known:
                    answer = await self._post_to_any(fresh, body)
        except GatewayUnavailable as exc:
            return RetryAfter(str(exc))
        return answer

    async def _post_to_any(self, secret: Secret, body: bytes) -> Delivering:
        because = f"its secret holds no webhook_url at https://{_HOST}/"
        answer: Delivering = RetryAfter(because, _MENDED_BY_HAND)
        for url in filter(self._allowed, secret.values("webhook_url")):
            answer = await self._post(url, body)
            match answer:
                case Refused(because) if because in _GONE:
                    continue
                case Delivered() | RetryAfter() | Refused() | Gone():
                    return answer
                case _:
                    assert_never(answer)
        return answer

    async def _post(self, url: str, body: bytes) -> Delivering:
        try:
            response = await self._context.http.request(
                "POST",
                url,
                headers={"content-type": "application/json; charset=utf-8"},
                body=body,
                timeout=self._context.request_timeout,
            )
        except HttpNotSent:
            return RetryAfter("Slack could not be reached")
        except HttpUnanswered:
            return RetryAfter("Slack gave no answer")
        return self._read(response)

    def _read(self, response: Response) -> Delivering:
        said = response.body[:64].decode("ascii", "replace").strip()
        match response.status:
            case 200 if said == "ok":
                return Delivered()
            case 429:
                return RetryAfter(
                    "Slack said later (429)", retry_after(response, self._context.clock.now())
                )
            case 408 | 425 as status:
                # They may be repeated (RFC 9110, 15.5.9; RFC 8470, 5.2).
                return RetryAfter(f"Slack answered {status}")
            case status if 400 <= status < 500:
                # Only what we know is repeated: the page of a proxy may quote the address.
                return Refused(_refusal(said if said in _CODES else f"HTTP {status}"))
            case status:
                return RetryAfter(f"Slack answered {status}")

    def _allowed(self, url: str) -> bool:
        """Whether it is Slack's, or the one the local platform's profile names."""
        prefix: Any = self._context.profile.get("webhook_url_prefix")
        if isinstance(prefix, str) and prefix:
            return url.startswith(prefix)
        try:
            parts = urlsplit(url)
            return (parts.scheme, parts.netloc) == ("https", _HOST)
        except ValueError:
            return False


def _refusal(code: str) -> str:
    return f"Slack refused it: {code}"


_GONE = frozenset(map(_refusal, _WRONG_URL))
