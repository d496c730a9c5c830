"""PayPal's errors, in PayPal's shape."""

from __future__ import annotations

import json
from typing import Any, cast

from aiohttp import web

from penstock_paypal.simulator.credentials import token

_NAMES = {
    400: "INVALID_REQUEST",
    403: "NOT_AUTHORIZED",
    404: "RESOURCE_NOT_FOUND",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "UNPROCESSABLE_ENTITY",
}


class Problem(web.HTTPException):
    """An error of the API: raise it."""

    def __init__(self, status: int, issue: str = "", field: str = "") -> None:
        self.status_code = status
        detail: dict[str, Any] = {"issue": issue, "description": f"Simulated: {issue}."}
        if field:
            detail |= {"field": field, "location": "body"}
        body = {
            "name": _NAMES[status],
            "message": "Simulated: the request was refused.",
            "debug_id": token(13).lower(),
            "details": [detail] if issue else [],
            "links": [],
        }
        super().__init__(text=json.dumps(body), content_type="application/json")


def unauthorized(error: str) -> web.Response:
    """An error in OAuth's own shape."""
    body = {"error": error, "error_description": "Simulated: not authenticated."}
    return web.json_response(body, status=401)


async def body_of(request: web.Request) -> dict[str, Any]:
    """
    The request's body as a JSON object.

    Raises:
        Problem: it is none, or says it is something else.
    """
    if request.content_type != "application/json":
        raise Problem(415)
    try:
        body = json.loads(await request.read())
    except ValueError as exc:
        raise Problem(400, "MALFORMED_REQUEST_JSON") from exc
    if not isinstance(body, dict):
        raise Problem(400, "INVALID_PARAMETER_SYNTAX")
    return cast(dict[str, Any], body)
