"""
Calls of the stack's own API, for commands that a gateway has to answer.

An operator reads no gateway's secret, so these commands do not call gateways: the function
`merchant` does, and asks for a token as it does of any client.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from penstock.entrypoints.cli.session import Code, CommandError, Session
from penstock.errors import GatewayUnavailable

if TYPE_CHECKING:
    from penstock.api import Response

TOKEN = "PENSTOCK_TOKEN"  # noqa: S105 - the variable's name
_SECONDS = 30.0
_CODES = {400: Code.usage, 404: Code.not_found, 500: Code.failed, 503: Code.unavailable}


def call_api(
    begun: Session,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """
    What the stack's API answers.

    Raises:
        CommandError: there is no token, no answer, or the answer is a problem; says which field.
    """
    token = os.environ.get(TOKEN)
    if not token:
        raise CommandError(
            f"{TOKEN} is missing: it must hold a token made by `penstock tokens create NAME`",
            Code.configuration,
        )
    given = {"authorization": f"Bearer {token}", **(headers or {})}
    if body is not None:
        given["content-type"] = "application/json"
    sent = json.dumps(body).encode() if body is not None else None
    answer = asyncio.run(_asked(method, f"{begun.stack().api_url}{path}", given, sent))
    told = _read(answer)
    if answer.status < 300:
        return told
    raise CommandError(_problem(told), _CODES.get(answer.status, Code.refused))


async def _asked(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None
) -> Response:
    from penstock.adapters.http import AiohttpHttp

    http = AiohttpHttp(_SECONDS)
    try:
        return await http.request(method, url, headers=headers, body=body)
    except GatewayUnavailable as exc:
        raise CommandError(f"the API gave no answer: {exc}; try again", Code.unavailable) from exc
    finally:
        await http.aclose()


def _read(answer: Response) -> dict[str, Any]:
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise CommandError(f"the API answered {answer.status} without JSON", Code.failed)
    return cast("dict[str, Any]", told)


def _problem(told: Mapping[str, Any]) -> str:
    fields = [f"{one['field']} {one['detail']}" for one in told.get("errors", ())]
    return ": ".join(
        part for part in (str(told.get("title")), told.get("detail"), "; ".join(fields)) if part
    )
