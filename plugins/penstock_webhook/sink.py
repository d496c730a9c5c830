"""Posting signed events to one endpoint, and what its answers mean (Standard Webhooks 1.0.0)."""

from __future__ import annotations

from penstock.api import (
    Attempt,
    Context,
    Delivered,
    Delivering,
    Event,
    GatewayUnavailable,
    Gone,
    HttpForbidden,
    HttpNotSent,
    HttpUnanswered,
    Response,
    RetryAfter,
    SettingsError,
    retry_after,
)
from penstock_webhook import signing
from penstock_webhook.settings import EXAMPLE, WebhookSettings

_MINUTE, _HOUR = 60.0, 3600.0
RETRIES = (
    5.0,
    5 * _MINUTE,
    30 * _MINUTE,
    *(hours * _HOUR for hours in (2, 6, 12, 20, 30, 40, 50, 61, 72)),
)
"""Three days, thirteen tries: Standard Webhooks' own schedule within what SQS can wait (12 h)."""
_MENDED_BY_HAND = 300.0
"""Seconds until we look whether people have set the secret; nothing is lost meanwhile."""
_LARGEST_ANSWER = 256 * 1024
"""Bytes; nothing of an answer but its status and Retry-After is read."""


class WebhookSink:
    """One endpoint. A lost answer posts an event again, with the same `webhook-id`."""

    name = "webhook"
    retries = RETRIES

    def __init__(self, context: Context[WebhookSettings]) -> None:
        self.name = context.name or type(self).name
        self._context = context
        self._url = context.settings.url
        self._http = context.public_http
        if self._url.startswith("http:"):
            prefix = context.profile.get("url_prefix")
            if not isinstance(prefix, str) or not prefix or not self._url.startswith(prefix):
                raise SettingsError(
                    "url is plain http:// to this machine, which only the local platform's own "
                    f"endpoint may be: write https:// with a public name, as in {EXAMPLE}"
                )
            self._http = context.http

    def accepts(self, event: Event) -> bool:
        """Every event of a selected type; the stage has looked at that."""
        return True

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        """Post the event, signed with every valid secret."""
        try:
            secret = await self._context.secrets.get()
        except GatewayUnavailable as exc:
            return RetryAfter(str(exc), tried=False)
        keys = [key for one in secret.values("signing_secret") if (key := signing.key(one))]
        if not keys:
            return RetryAfter(
                "its secret holds no signing_secret as whsec_ and base64 of 24 to 64 bytes",
                _MENDED_BY_HAND,
                tried=False,
            )
        return await self._post(event.id, event.dumps().encode(), keys)

    async def _post(self, identity: str, body: bytes, keys: list[bytes]) -> Delivering:
        now = self._context.clock.now()
        try:
            response = await self._http.request(
                "POST",
                self._url,
                headers={
                    "content-type": "application/cloudevents+json; charset=utf-8",
                    "user-agent": "Penstock",
                    **signing.headers(identity, now, body, keys),
                },
                body=body,
                timeout=self._context.request_timeout,
                limit=_LARGEST_ANSWER,
            )
        except HttpForbidden:
            return RetryAfter("the endpoint's name leads to an address that is not public")
        except HttpNotSent:
            return RetryAfter("the endpoint could not be reached")
        except HttpUnanswered:
            return RetryAfter("the endpoint gave no answer")
        return self._read(response)

    def _read(self, response: Response) -> Delivering:
        match response.status:
            case status if 200 <= status < 300:
                return Delivered()
            case 410:
                return Gone("the endpoint answered 410 Gone")
            case status if 300 <= status < 400:
                return RetryAfter(f"the endpoint answered {status}; redirects are not followed")
            case status:
                later = retry_after(response, self._context.clock.now())
                return RetryAfter(f"the endpoint answered {status}", later)
