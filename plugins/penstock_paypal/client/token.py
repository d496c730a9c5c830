"""The OAuth token: one for all, asked for once, renewed before it ends."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from penstock.api import Clock, GatewayUnavailable, Http, HttpNotSent, Log, Secret, Secrets
from penstock_paypal import shapes
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.pace import Pace

EARLY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Token:
    pair: tuple[str, str] = field(repr=False)
    value: str = field(repr=False)
    until: datetime


class Tokens:
    """
    Bearer tokens for PayPal's API.

    Args:
        timeout: seconds one request may take.
        gateway: the gateway's name, for the log.
    """

    def __init__(
        self,
        api_url: str,
        secrets: Secrets,
        http: Http,
        clock: Clock,
        pace: Pace,
        log: Log,
        timeout: float,
        gateway: str,
    ) -> None:
        self._gateway = gateway
        self._url = f"{api_url}/v1/oauth2/token"
        self._secrets = secrets
        self._http = http
        self._clock = clock
        self._pace = pace
        self._log = log
        self._timeout = timeout
        self._kept: _Token | None = None
        self._asking = asyncio.Lock()

    async def get(self) -> str:
        """
        A token that is good for some minutes at least.

        Raises:
            HttpNotSent: there is none; whatever needs it was therefore not sent.
        """
        try:
            async with self._asking:
                return await self._current()
        except HttpNotSent:
            raise
        except GatewayUnavailable as exc:
            raise HttpNotSent(f"no token: {exc}", retry_after=exc.retry_after) from exc

    async def accepted(self) -> bool:
        """
        Whether PayPal takes the credentials; no token is kept.

        Raises:
            HttpNotSent: PayPal gave no answer, or the secret has no credentials.
            GatewayUnavailable: the secret cannot be read.
        """
        pairs = _pairs(await self._secrets.get())
        if not pairs:
            raise HttpNotSent("the secret has no client_id and client_secret")
        return await self._first(pairs) is not None

    def drop(self, value: str) -> None:
        """Forget a token PayPal did not take, unless a newer one has replaced it."""
        if self._kept is not None and self._kept.value == value:
            self._kept = None

    async def _current(self) -> str:
        secret = await self._secrets.get()
        pairs = _pairs(secret)
        kept = self._kept
        if kept is not None and kept.pair in pairs and self._clock.now() < kept.until:
            return kept.value
        self._kept = await self._first(pairs)
        if self._kept is None:
            # Every known pair failed: they may have been rotated since we looked.
            latest = _pairs(await self._secrets.refresh())
            self._kept = await self._first([pair for pair in latest if pair not in pairs])
        if self._kept is None:
            # Alarms count it, by this name.
            self._log.warning("gateway.denied", gateway=self._gateway, what="token")
            raise HttpNotSent("PayPal does not take the client_id and client_secret of the secret")
        return self._kept.value

    async def _first(self, pairs: Sequence[tuple[str, str]]) -> _Token | None:
        for pair in pairs:
            token = await self._ask(pair)
            if token is not None:
                return token
        return None

    async def _ask(self, pair: tuple[str, str]) -> _Token | None:
        basic = base64.b64encode(":".join(pair).encode()).decode("ascii")
        now = self._clock.now()
        response = await self._http.request(
            "POST",
            self._url,
            headers={
                "Authorization": f"Basic {basic}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=b"grant_type=client_credentials",
            timeout=self._timeout,
        )
        # OAuth's own error shape (RFC 6749, 5.2), not PayPal's: invalid_client.
        answer = Answer.of(response, now, self._pace)
        if answer.throttled:
            # Alarms count it, by this name.
            self._log.warning(
                "gateway.rate_limited",
                gateway=self._gateway,
                what="token",
                debug_id=answer.debug_id,
            )
        elif answer.status in (400, 401):
            return None
        if answer.status != 200:
            raise HttpNotSent(
                f"no token: PayPal answered {answer.status}", retry_after=answer.wait
            )
        if not answer.json:
            raise HttpNotSent("no token: PayPal answered no JSON")
        value = shapes.text(answer.data, "access_token")
        life = shapes.at(answer.data, "expires_in")
        if (
            value is None
            or not isinstance(life, int)
            or not value.isascii()
            or not value.isprintable()
        ):
            raise HttpNotSent("no token: PayPal answered something else")
        lasts = timedelta(seconds=min(life, 24 * 3600))
        return _Token(pair, value, now + max(lasts - EARLY, lasts / 2))


def _pairs(secret: Secret) -> list[tuple[str, str]]:
    """
    Client ids with their secrets, newest first; a version lacking either is passed over.

    One client id may have two secrets: PayPal lets both be good while one replaces the other.
    """
    pairs = [(one.get("client_id"), one.get("client_secret")) for one in secret.versions]
    return list(dict.fromkeys((name, word) for name, word in pairs if name and word))
