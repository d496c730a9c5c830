"""Requests to the Example gateway; all but charges are beside `request_uri`."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from penstock.api import (
    MOCK,
    Context,
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    NotSent,
    Refused,
    Response,
    Unanswered,
    retry_after,
)
from penstock_example.reading import object_of
from penstock_example.settings import ExampleSettings


def charges(context: Context[ExampleSettings]) -> str:
    """Where charges are posted: at the gateway, or at the stack's own mock of it."""
    uri = context.settings.request_uri
    home = f"{context.api_url.rstrip('/')}/mocks/example/charges" if uri == MOCK else str(uri)
    return home.rstrip("/")


def address(context: Context[ExampleSettings], path: str) -> str:
    """An address of the gateway's API."""
    return urljoin(charges(context), path)


async def post(
    context: Context[ExampleSettings], url: str, body: bytes, key: str | None
) -> Response | NotSent | Unanswered:
    """
    Send JSON; any status is an answer.

    Args:
        key: the Idempotency-Key, if the gateway keeps one for this request.
    """
    headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
    try:
        return await context.http.request(
            "POST", url, headers=headers, body=body, timeout=context.request_timeout
        )
    except HttpNotSent:
        return NotSent("the gateway could not be reached")
    except HttpUnanswered:
        return Unanswered("the gateway's answer was lost")


async def resource(context: Context[ExampleSettings], path: str) -> dict[str, Any] | None:
    """
    Read a resource; None where the gateway knows none.

    Raises:
        GatewayUnavailable: no answer that can be read.
    """
    response = await context.http.request(
        "GET", address(context, path), timeout=context.request_timeout
    )
    if response.status == 404:
        return None
    read = object_of(response) if response.status == 200 else None
    if read is None:
        raise GatewayUnavailable(
            f"the gateway answered {response.status} and nothing that can be read",
            retry_after=retry_after(response, context.clock.now()),
        )
    return read


def refusal(response: Response, now: datetime) -> NotSent | Unanswered | Refused:
    """What a status means that no request gives a meaning of its own."""
    match response.status:
        case 425 | 429 | 503 as status:
            return NotSent(f"the gateway said later ({status})", retry_after(response, now))
        case status if 300 <= status < 500 and status != 408:
            return Refused(f"the gateway refused the request ({status})")
        case status:
            return Unanswered(f"the gateway answered {status}")
