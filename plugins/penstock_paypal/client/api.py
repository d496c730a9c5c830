"""PayPal's REST API: a token, one request, its answer. Links are never followed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.api import (
    Clock,
    GatewayUnavailable,
    Http,
    HttpNotSent,
    HttpUnanswered,
    Log,
    NotSent,
    Unanswered,
)
from penstock_paypal.client import idempotency
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.pace import Pace
from penstock_paypal.client.token import Tokens
from penstock_paypal.shapes import ID

SIZE_LIMIT = 1024 * 1024


def path(template: str, identity: str) -> str:
    """
    A path with an id in the place of `{}`.

    Raises:
        ValueError: it is no id of PayPal's, and must not enter a path.
    """
    if not ID.fullmatch(identity):
        raise ValueError("not an id of PayPal's")
    return template.replace("{}", identity)


class Api:
    """
    The API of one environment.

    Args:
        timeout: seconds one request may take.
        gateway: the gateway's name, for the log.
    """

    def __init__(
        self,
        api_url: str,
        tokens: Tokens,
        http: Http,
        clock: Clock,
        pace: Pace,
        log: Log,
        timeout: float,
        gateway: str,
    ) -> None:
        self._gateway = gateway
        self._api_url = api_url
        self._tokens = tokens
        self._pace = pace
        self._http = http
        self._clock = clock
        self._log = log
        self._timeout = timeout

    async def send(
        self,
        method: str,
        path: str,
        what: str,
        *,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        representation: bool = False,
        request_id: str | None = None,
        limit: int = SIZE_LIMIT,
    ) -> Answer:
        """
        Make one request; any status is an answer.

        A 401 costs the token: the request is made once more with a fresh one.

        Args:
            what: the request in words, for the log.
            representation: ask for the whole resource; PayPal's default is a bare link.
            request_id: the operation's id, for a POST that PayPal does once for each id; see
                `client/idempotency.py`.
            limit: bytes that the answer may have.

        Raises:
            ValueError: PayPal wants a request id and there is none, or takes none.
            HttpNotSent: it certainly did not reach PayPal.
            HttpUnanswered: it may have reached PayPal; also when what came back is no answer
                of PayPal's, such as a proxy's page.
        """
        extra = idempotency.header(method, path, request_id)
        if representation:
            extra["Prefer"] = "return=representation"
        answer, token = await self._once(method, path, body, extra, limit)
        if answer.status == 401:
            self._tokens.drop(token)
            answer, _ = await self._once(method, path, body, extra, limit)
        if answer.throttled:
            # Alarms count it, by this name.
            self._log.warning(
                "gateway.rate_limited",
                gateway=self._gateway,
                what=what,
                debug_id=answer.debug_id,
            )
        if answer.denied:
            # Alarms count it, by this name: until somebody mends it everything waits.
            self._log.warning(
                "gateway.denied",
                gateway=self._gateway,
                what=what,
                status=answer.status,
                debug_id=answer.debug_id,
            )
        if not answer.ok:
            tell = self._log.info if answer.missing else self._log.warning
            tell(
                "paypal.refused",
                what=what,
                status=answer.status,
                issues=list(answer.issues),
                debug_id=answer.debug_id,
            )
        return answer

    async def act(
        self,
        path: str,
        what: str,
        body: Mapping[str, Any],
        *,
        representation: bool = False,
        request_id: str | None = None,
    ) -> Answer | NotSent | Unanswered:
        """
        Have PayPal do something; see `send`. A request that is lost is an answer, too.

        Raises:
            ValueError: PayPal wants a request id and there is none, or takes none.
        """
        try:
            return await self.send(
                "POST", path, what, body=body, representation=representation, request_id=request_id
            )
        except HttpNotSent as exc:
            return NotSent(str(exc), exc.retry_after)
        except GatewayUnavailable as exc:
            return Unanswered(str(exc))

    async def read(
        self,
        path: str,
        what: str,
        *,
        representation: bool = False,
        limit: int = SIZE_LIMIT,
        certain: bool = False,
    ) -> Answer | None:
        """
        Read a resource; None when PayPal knows none there.

        Args:
            representation: ask for all of it where a list shows a part only.
            limit: bytes that the answer may have.
            certain: a 404 that is not PayPal's own is no answer.

        Raises:
            GatewayUnavailable: no answer, or none that is a resource.
            Unconfirmable: PayPal will never answer that question.
        """
        answer = await self.send("GET", path, what, representation=representation, limit=limit)
        if answer.missing:
            if certain and not answer.absent:
                raise answer.unavailable(what)
            return None
        if not answer.ok:
            raise answer.unread(what)
        if not answer.json:
            raise HttpUnanswered(f"PayPal, {what}: answered nothing")
        return answer

    async def _once(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | Sequence[Any] | None,
        extra: Mapping[str, str],
        limit: int,
    ) -> tuple[Answer, str]:
        token = await self._tokens.get()
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", **extra}
        if body is not None:
            headers["Content-Type"] = "application/json"
        response = await self._http.request(
            method,
            self._api_url + path,
            headers=headers,
            body=None if body is None else json.dumps(body).encode(),
            timeout=self._timeout,
            limit=limit,
        )
        answer = Answer.of(response, self._clock.now(), self._pace)
        if answer.ok and not answer.json and response.body.strip():
            raise HttpUnanswered("PayPal's answer is no JSON")
        return answer, token
