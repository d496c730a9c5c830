"""
OAuth: client credentials for a bearer token, which every other route of the API wants.

Tokens expire by PayPal's clock. Tests steer them:

* `PUT /_simulator/tokens`: `{"expires_in": 60}`, how long tokens given from now on live, in
  seconds.
* `DELETE /_simulator/tokens`: take every token back.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import datetime, timedelta

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.control import refused
from penstock_paypal.simulator.credentials import Credentials, token
from penstock_paypal.simulator.problems import Problem, unauthorized

CERTIFICATES = "/v1/notifications/certs/"
_TOKEN = "/v1/oauth2/token"  # noqa: S105 - the path that gives tokens
_FORM = "application/x-www-form-urlencoded"
# What PayPal gives; older samples say 28800, so no client may rest on it.
_LIFE = timedelta(seconds=32_400)


class _Life(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expires_in: int = Field(ge=1)


class OAuth:
    """Gives tokens out and looks at them."""

    def __init__(self, books: Books, credentials: Credentials) -> None:
        self._books = books
        self._credentials = credentials
        self._tokens: dict[str, datetime] = {}
        self._life = _LIFE

    def add_to(self, app: web.Application) -> None:
        """Serve the token route, and guard the API behind it."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            refusal = self._refusal(request)
            return await handler(request) if refusal is None else refusal

        app.middlewares.append(guard)
        app.router.add_post(_TOKEN, self._give)
        app.router.add_put("/_simulator/tokens", self._set_life)
        app.router.add_delete("/_simulator/tokens", self._forget)

    def _refusal(self, request: web.Request) -> web.Response | None:
        """The answer to a request without a token that is good now; None for one with it."""
        if not request.path.startswith(("/v1/", "/v2/")):
            return None
        if request.path == _TOKEN or request.path.startswith(CERTIFICATES):
            return None
        if "Authorization" not in request.headers:
            raise Problem(401)
        scheme, _, value = request.headers["Authorization"].partition(" ")
        until = self._tokens.get(value) if scheme == "Bearer" else None
        if until is None:
            return unauthorized("invalid_token", "Token signature verification failed")
        if self._books.clock() >= until:
            return unauthorized("invalid_token", "The token has expired")
        return None

    async def _give(self, request: web.Request) -> web.Response:
        if not self._is_client(request.headers.get("Authorization", "")):
            return unauthorized("invalid_client", "Client Authentication failed")
        if request.content_type != _FORM:
            raise Problem(415)
        form = await request.post()
        if form.get("grant_type") != "client_credentials":
            body = {
                "error": "unsupported_grant_type",
                "error_description": "Grant Type is NULL"
                if "grant_type" not in form
                else "unsupported grant_type",
            }
            return web.json_response(body, status=400)
        value = f"A21AA{secrets.token_urlsafe(48)}"
        self._tokens[value] = self._books.clock() + self._life
        return web.json_response(
            {
                "scope": "https://uri.paypal.com/services/invoicing",
                "access_token": value,
                "token_type": "Bearer",
                "app_id": f"APP-{token()}",
                "expires_in": int(self._life.total_seconds()),
                "nonce": secrets.token_hex(8),
            }
        )

    def _is_client(self, authorization: str) -> bool:
        scheme, _, value = authorization.partition(" ")
        expected = f"{self._credentials.client_id}:{self._credentials.client_secret}".encode()
        try:
            given = base64.b64decode(value, validate=True)
        except binascii.Error:
            return False
        return scheme == "Basic" and secrets.compare_digest(expected, given)

    async def _set_life(self, request: web.Request) -> web.Response:
        try:
            life = _Life.model_validate_json(await request.read())
        except ValidationError as exc:
            return refused(exc)
        self._life = timedelta(seconds=life.expires_in)
        return web.Response(status=204)

    async def _forget(self, _: web.Request) -> web.Response:
        """Take every token back, as PayPal may at any time."""
        self._tokens.clear()
        return web.Response(status=204)
