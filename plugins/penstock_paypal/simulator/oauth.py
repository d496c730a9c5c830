"""OAuth: client credentials for a bearer token, which every other route of the API wants."""

from __future__ import annotations

import base64
import binascii
import secrets

from aiohttp import web
from aiohttp.typedefs import Handler

from penstock_paypal.simulator.credentials import Credentials, token
from penstock_paypal.simulator.problems import unauthorized

CERTIFICATES = "/v1/notifications/certs/"
_TOKEN = "/v1/oauth2/token"  # noqa: S105 - the path that gives tokens
_LIFE = 32_400


class OAuth:
    """Gives tokens out and looks at them."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._tokens: set[str] = set()

    def add_to(self, app: web.Application) -> None:
        """Serve the token route, and guard the API behind it."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(("/v1/", "/v2/")) and not self._may_pass(request):
                return unauthorized("invalid_token")
            return await handler(request)

        app.middlewares.append(guard)
        app.router.add_post(_TOKEN, self._give)
        app.router.add_delete("/_simulator/tokens", self._forget)

    def _may_pass(self, request: web.Request) -> bool:
        if request.path == _TOKEN or request.path.startswith(CERTIFICATES):
            return True
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        return scheme == "Bearer" and value in self._tokens

    async def _give(self, request: web.Request) -> web.Response:
        if not self._is_client(request.headers.get("Authorization", "")):
            return unauthorized("invalid_client")
        form = await request.post()
        if form.get("grant_type") != "client_credentials":
            body = {"error": "unsupported_grant_type", "error_description": "Simulated."}
            return web.json_response(body, status=400)
        value = f"A21AA{secrets.token_urlsafe(48)}"
        self._tokens.add(value)
        return web.json_response(
            {
                "scope": "https://uri.paypal.com/services/invoicing",
                "access_token": value,
                "token_type": "Bearer",
                "app_id": f"APP-{token()}",
                "expires_in": _LIFE,
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

    async def _forget(self, _: web.Request) -> web.Response:
        """Take every token back, as PayPal may at any time."""
        self._tokens.clear()
        return web.Response(status=204)
