"""
Opening and changing subscriptions at the Example gateway.

    POST subscriptions                  201 {"id", "approval_url"}; one for an Idempotency-Key
    POST subscriptions/{id}/cancel      200 {"status"}; suspend and resume likewise
    POST subscriptions/{id}/revise      200 {"approval_url"}

A POST is answered with 409 where the state does not allow it, and with 422 and "field" where a
value is not taken. 425, 429 and 503 say that nothing happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from penstock.api import (
    Context,
    Done,
    Invalid,
    ManageAnswer,
    NotSent,
    Refused,
    Response,
    ReviseAnswer,
    Revised,
    SubscribeAnswer,
    Subscribed,
    SubscriptionRequest,
    Unanswered,
)
from penstock_example import reading
from penstock_example.requesting import address, post, refusal
from penstock_example.settings import ExampleSettings

_FIELDS = {"plan", "reference", "reason", "subscriber.email", "return_url", "cancel_url"}
_Failed = Invalid | Refused | NotSent | Unanswered


class Subscribing:
    """Opens subscriptions and changes them."""

    name = "example"
    _context: Context[ExampleSettings]

    async def create_subscription(self, request: SubscriptionRequest) -> SubscribeAnswer:
        """Open a subscription; the operation's id is the idempotency key."""
        buyer = request.subscriber
        body = {
            "id": request.operation_id,
            "plan": request.plan,
            "reference": request.reference,
            "subscriber": {"name": f"{buyer.given_name} {buyer.surname}", "email": buyer.email},
            "return_url": request.return_url,
            "cancel_url": request.cancel_url,
            "notify_url": f"{self._context.api_url.rstrip('/')}/webhooks/{self.name}",
            "brand": request.brand,
            "locale": request.locale,
        }
        made = await self._post("subscriptions", body, key=request.operation_id)
        if not isinstance(made, dict):
            return made
        try:
            return Subscribed(
                reading.identity(made["id"]), reading.address_of(made["approval_url"])
            )
        except reading.UNREADABLE:
            return Unanswered("the gateway's answer cannot be read")

    async def cancel_subscription(self, reference: str, reason: str) -> ManageAnswer:
        """Stop renewal for good."""
        return await self._change(reference, "cancel", reason)

    async def suspend_subscription(self, reference: str, reason: str) -> ManageAnswer:
        """Stop renewal until it is resumed."""
        return await self._change(reference, "suspend", reason)

    async def resume_subscription(self, reference: str, reason: str) -> ManageAnswer:
        """Renew a suspended one again."""
        return await self._change(reference, "resume", reason)

    async def revise_subscription(
        self, reference: str, plan: str, return_url: str, cancel_url: str
    ) -> ReviseAnswer:
        """Move it to another plan, once the buyer approves."""
        body = {"plan": plan, "return_url": return_url, "cancel_url": cancel_url}
        made = await self._post(f"subscriptions/{quote(reference, safe='')}/revise", body)
        if not isinstance(made, dict):
            return made
        try:
            return Revised(reading.address_of(made["approval_url"]))
        except reading.UNREADABLE:
            return Unanswered("the gateway's answer cannot be read")

    async def _change(self, reference: str, change: str, reason: str) -> ManageAnswer:
        path = f"subscriptions/{quote(reference, safe='')}/{change}"
        made = await self._post(path, {"reason": reason})
        return Done() if isinstance(made, dict) else made

    async def _post(
        self, path: str, body: Mapping[str, Any], *, key: str | None = None
    ) -> dict[str, Any] | _Failed:
        sent = await post(
            self._context,
            address(self._context, path),
            json.dumps(body, separators=(",", ":")).encode(),
            key,
        )
        if not isinstance(sent, Response):
            return sent
        return _answered(sent, self._context.clock.now())


def _answered(response: Response, now: datetime) -> dict[str, Any] | _Failed:
    read = reading.object_of(response)
    match response.status:
        case 200 | 201:
            return read if read is not None else Unanswered("the gateway's answer cannot be read")
        case 409:
            return Refused("the subscription's state does not allow it")
        case 422 if read is not None and read.get("field") in _FIELDS:
            return Invalid(read["field"], "the gateway does not take it")
        case _:
            return refusal(response, now)
