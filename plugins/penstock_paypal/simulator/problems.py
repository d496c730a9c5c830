"""PayPal's errors, in PayPal's shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from aiohttp import web

from penstock_paypal.simulator.credentials import token

# Names and messages of the published specifications; 429's is of the page on rate limiting.
_NAMES = {
    400: (
        "INVALID_REQUEST",
        "Request is not well-formed, syntactically incorrect, or violates schema.",
    ),
    401: (
        "AUTHENTICATION_FAILURE",
        "Authentication failed due to missing authorization header, or invalid authentication "
        "credentials.",
    ),
    403: ("NOT_AUTHORIZED", "Authorization failed due to insufficient permissions."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    409: (
        "RESOURCE_CONFLICT",
        "The server has detected a conflict while processing this request.",
    ),
    415: (
        "UNSUPPORTED_MEDIA_TYPE",
        "The server does not support the request payload's media type.",
    ),
    422: (
        "UNPROCESSABLE_ENTITY",
        "The requested action could not be performed, semantically incorrect, or failed business "
        "validation.",
    ),
    429: ("RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."),
}
DESCRIPTIONS = {
    "MISSING_REQUIRED_PARAMETER": "A required field is missing.",
    "INVALID_STRING_MIN_LENGTH": "The value of a field is too short.",
    "INVALID_STRING_MAX_LENGTH": "The value of a field is too long.",
    "INVALID_ARRAY_MIN_ITEMS": "The number of items in an array parameter is too small.",
    "INVALID_ARRAY_MAX_ITEMS": "The number of items in an array parameter is too large.",
    "INVALID_INTEGER_MIN_VALUE": "The integer value of a field is too small.",
    "INVALID_INTEGER_MAX_VALUE": "The integer value of a field is too large.",
    "INVALID_PARAMETER_SYNTAX": "The value of a field does not conform to the expected format.",
    "INVALID_PARAMETER_VALUE": "The value of a field is invalid.",
    "MALFORMED_REQUEST_JSON": "The request JSON is not well formed.",
    "INVALID_RESOURCE_ID": "Specified resource ID does not exist. Please check the resource ID "
    "and try again.",
}
_LINK = "https://developer.paypal.com/docs/api/webhooks/v1/#errors"


class Problem(web.HTTPException):
    """
    An error of the API: raise it.

    Args:
        issue: PayPal's code; none gives an error without details.
        field: JSON pointer to what is wrong in the body.
        value: what was given there, where PayPal repeats it.
        details: instead of these three, several details as PayPal lists them.
    """

    def __init__(
        self,
        status: int,
        issue: str = "",
        field: str = "",
        *,
        value: str | None = None,
        details: Sequence[Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status_code = status
        if details is None:
            details = [detail(issue, field, value)] if issue else []
        name, message = _NAMES[status]
        debug_id = token(13).lower()
        body = {
            "name": name,
            "message": message,
            "debug_id": debug_id,
            "details": list(details),
            "links": [],
        }
        sent = {"Paypal-Debug-Id": debug_id, **(headers or {})}
        super().__init__(text=json.dumps(body), content_type="application/json", headers=sent)


class NotificationProblem(web.HTTPException):
    """
    An error of the notifications API, which names the mistake itself and describes no issue.

    Args:
        name: such as VALIDATION_ERROR or WEBHOOK_NUMBER_LIMIT_EXCEEDED.
        details: pairs of field and issue.
    """

    def __init__(self, status: int, name: str, message: str, *details: tuple[str, str]) -> None:
        self.status_code = status
        debug_id = token(13).lower()
        body = {
            "name": name,
            "details": [{"field": field, "issue": issue} for field, issue in details],
            "debug_id": debug_id,
            "message": message,
            "information_link": _LINK,
        }
        super().__init__(
            text=json.dumps(body),
            content_type="application/json",
            headers={"Paypal-Debug-Id": debug_id},
        )


def invalid(*details: tuple[str, str]) -> NotificationProblem:
    """The notifications API's refusal of a request, with pairs of field and issue."""
    return NotificationProblem(400, "VALIDATION_ERROR", "Invalid data provided", *details)


def no_such_resource() -> NotificationProblem:
    """The notifications API's answer about an id it does not know."""
    return NotificationProblem(
        404, "INVALID_RESOURCE_ID", "The requested resource ID was not found"
    )


def detail(issue: str, field: str = "", value: str | None = None) -> dict[str, Any]:
    """One detail of an error."""
    made: dict[str, Any] = {"issue": issue, "description": DESCRIPTIONS.get(issue, f"{issue}.")}
    if field:
        made = {"field": field, "location": "body", **made}
    if value is not None:
        made["value"] = value
    return made


def unauthorized(error: str, description: str) -> web.Response:
    """An error in OAuth's own shape."""
    body = {"error": error, "error_description": description}
    return web.json_response(body, status=401)


async def body_of(request: web.Request) -> dict[str, Any]:
    """
    The request's body as a JSON object.

    Raises:
        Problem: it is none, or says it is something else.
    """
    body = await json_of(request)
    if not isinstance(body, dict):
        raise Problem(400, "INVALID_PARAMETER_SYNTAX")
    return cast(dict[str, Any], body)


async def optional_body_of(request: web.Request) -> dict[str, Any]:
    """
    The same for a request that may come without a body; then it is empty.

    Raises:
        Problem: there is a body, and it is no JSON object.
    """
    return await body_of(request) if await request.read() else {}


async def json_of(request: web.Request) -> Any:
    """
    The request's body as JSON.

    Raises:
        Problem: it is none, or says it is something else.
    """
    if request.content_type not in ("application/json", "application/json-patch+json"):
        raise Problem(415)
    try:
        return json.loads(await request.read())
    except ValueError as exc:
        raise Problem(400, "MALFORMED_REQUEST_JSON") from exc
