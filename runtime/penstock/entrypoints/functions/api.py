"""The API as a function: answers every request, valid or not. It loads no plugin."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from penstock import contracts, observability, problems
from penstock.bootstrap import Platform
from penstock.bootstrap.aws import connect
from penstock.entrypoints.functions.host import Host
from penstock.entrypoints.http.api import WEBHOOK, Api
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.message import Answer, Request, joined, problem_answer
from penstock.entrypoints.http.pages.page import PageSettings
from penstock.entrypoints.http.tokens import Authenticator
from penstock.errors import RequestRefused
from penstock.settings import Function


def make_api(platform: Platform) -> Api:
    """
    The API as the function serves it: all but the webhooks, which have their own function.

    Raises:
        SettingsError: the contract and the handlers do not fit together.
    """
    contract = contracts.load(operations=platform.settings.operations_api)
    handlers = dict(Handlers(platform, contract).table())
    del handlers[WEBHOOK]
    authenticate = Authenticator(platform.world.tokens, platform.world.clock)
    return Api(contract, handlers, authenticate, pages=PageSettings.of(platform.settings))


class ApiHost(Host):
    """
    One sandbox of a function that serves a part of the API.

    Args:
        make: puts that part together.
    """

    def __init__(
        self,
        platform: Platform,
        function: Function = Function.api,
        make: Callable[[Platform], Api] = make_api,
    ) -> None:
        super().__init__(function, platform)
        self._api = make(platform)

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request (API Gateway payload 2.0)."""
        return _response(self._run(self._answer(event)))

    async def _answer(self, event: Mapping[str, Any]) -> Answer:
        with self._correlated():
            return await answer(self._api, event)


async def answer(api: Api, event: Mapping[str, Any]) -> Answer:
    """Answer an API Gateway event; a request through `$default` is answered with 404 or 405."""
    http = event["requestContext"]["http"]
    given: Mapping[str, str] = event.get("headers") or {}
    try:
        request = Request(
            method=http["method"],
            path=event["rawPath"],
            query=parse_qsl(event.get("rawQueryString", ""), keep_blank_values=True),
            headers=joined(given.items()),
            body=_body(event),
            route=event.get("routeKey", ""),
            parameters=event.get("pathParameters") or {},
        )
    except binascii.Error:
        return problem_answer(RequestRefused(problems.BODY_REFUSED, "the body could not be read"))
    return await api(request)


def _body(event: Mapping[str, Any]) -> bytes:
    body: str = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body, validate=True)
    return body.encode("utf-8", errors="surrogatepass")


def _response(answered: Answer) -> dict[str, Any]:
    return {
        "statusCode": answered.status,
        "headers": dict(answered.headers),
        "body": answered.body.decode(),
        "isBase64Encoded": False,
    }


@cache
def _host() -> ApiHost:
    platform = connect(os.environ, Function.api)
    observability.configure(platform.settings.log_level, platform.settings.stack)
    return ApiHost(platform)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """The API, webhooks excepted."""
    return _host()(event)
