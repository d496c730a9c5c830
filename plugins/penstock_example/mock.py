"""
The Example gateway as a function of a stack that takes no real money (`request_uri: mock`).

    POST charges          201 succeeded; 402 where the order's reference is `decline`
    GET  charges/{id}     404: nothing is kept, and the same charge again has the same id
    POST refunds          201 succeeded
    GET  refunds/{id}     200 succeeded
    GET  notifications    none; likewise plans
    GET  anything else    404
    any other request     422 not_mocked

An answer follows from its request alone, so a copy of a request gets the same answer.
Subscriptions and checkouts need a memory; the simulator of the local platform has them.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, cast

_PLACE = re.compile(r"/mocks/example/([a-z]+)(?:/([A-Za-z0-9_-]{1,64}))?")
_NOTHING: Mapping[str, Mapping[str, Any]] = {
    "notifications": {"notifications": [], "more": False},
    "plans": {"plans": [], "next": None},
}
_DECLINE = "decline"


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one request (API Gateway payload 2.0)."""
    method, place = event["requestContext"]["http"]["method"], _PLACE.fullmatch(event["rawPath"])
    kind, identity = place.groups() if place else ("", None)
    status, body = _answer(method, kind, identity, event)
    # Names and numbers only: an order may hold a payer's address.
    print(json.dumps({"event": "mock.answered", "method": method, "kind": kind, "status": status}))
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }


def _answer(
    method: str, kind: str, identity: str | None, event: Mapping[str, Any]
) -> tuple[int, Mapping[str, Any]]:
    match method, kind, identity:
        case "POST", "charges" | "refunds", None:
            return _done(kind, event)
        case "GET", "refunds", str(named):
            return 200, _succeeded(named)
        case "GET", "notifications" | "plans", None:
            return 200, _NOTHING[kind]
        case "GET", _, _:
            return 404, {"code": "unknown"}
        case _:
            return 422, {"code": "not_mocked"}


def _done(kind: str, event: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    order = _object(event)
    named, amount = order.get("id"), order.get("amount")
    key = event.get("headers", {}).get("idempotency-key")
    if not isinstance(named, str) or named != key or type(amount) is not int or amount <= 0:
        return 400, {"code": "malformed"}
    if kind == "charges" and order.get("reference") == _DECLINE:
        return 402, {"status": "declined", "code": "insufficient_funds"}
    return 201, _succeeded(named)


def _succeeded(named: str) -> Mapping[str, Any]:
    return {"id": f"mock_{named}", "status": "succeeded"}


def _object(event: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object in the body; an empty one where there is none."""
    text = event.get("body") or ""
    try:
        raw = base64.b64decode(text) if event.get("isBase64Encoded") else text
        read = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", read) if isinstance(read, dict) else {}
