"""Requests to Stripe's API: forms in, JSON out, the API version pinned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from penstock.api import (
    Context,
    GatewayUnavailable,
    HttpUnanswered,
    Response,
    Unconfirmable,
    retry_after,
)
from penstock_stripe import shapes
from penstock_stripe.settings import StripeSettings

VERSION = "2026-10-28.endive"
"""
The API version that the shapes here are read from. Each request names it, so that the account's
default version does not matter.
"""
KEY = "api_key"
_DENIED = (401, 403)
_LACKS = re.compile(r"\brak_[a-z0-9_]{1,60}", re.ASCII)
"""The right that a restricted key lacks, which a 403 names in its message and nowhere else."""
_SIZE_LIMIT = 8 * 1024 * 1024
"""Bytes of a page of a hundred large objects."""

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What Stripe answered.

    Attributes:
        data: the JSON object; empty where there is none.
        error: the type of Stripe's error object; None without one: then it is not Stripe's word.
        code: why, in Stripe's short words: the decline's, else the error's.
        lacks: the right that the API key lacks, if Stripe names one: "rak_charge_read".
        retry_after: seconds it asks us to wait, if it does.
    """

    status: int
    data: Mapping[str, Any]
    error: str | None
    code: str | None
    lacks: str | None
    retry_after: float | None

    @property
    def ok(self) -> bool:
        """Whether it is an object of Stripe's."""
        return self.status == 200 and bool(self.data)

    @property
    def absent(self) -> bool:
        """Whether Stripe itself says that there is no such thing; a proxy's 404 does not."""
        return self.error is not None and self.code == "resource_missing"

    def unavailable(self, what: str) -> GatewayUnavailable:
        """The error for an answer that may be otherwise later."""
        return GatewayUnavailable(self._told(what), retry_after=self.retry_after)

    def unread(self, what: str) -> GatewayUnavailable | Unconfirmable:
        """The error for a question that was not answered: asked again later, or never."""
        if self.status in (400, 404) and self.error is not None:
            return Unconfirmable(self._told(what))
        return self.unavailable(what)

    def _told(self, what: str) -> str:
        said = f"Stripe, {what}: {self.status} {self.code or self.error or ''}".rstrip()
        return said + self.remedy

    @property
    def remedy(self) -> str:
        """The right that is missing, for people; empty where none is."""
        return f": the API key lacks {self.lacks}" if self.lacks else ""


class Client:
    """
    Makes requests with the account's key.

    Args:
        gateway: the gateway's name, for the log.
    """

    def __init__(self, context: Context[StripeSettings], gateway: str) -> None:
        self._context = context
        self._gateway = gateway

    async def get(self, path: str, what: str, fields: Fields | None = None) -> Answer:
        """
        Ask for something; any status is an answer.

        Raises:
            GatewayUnavailable: no answer.
        """
        query = f"?{encoded(fields)}" if fields else ""
        return await self._send("GET", path + query, what, {}, None)

    async def post(self, path: str, what: str, fields: Fields, key: str) -> Answer:
        """
        Have something done once for an Idempotency-Key; any status is an answer.

        Raises:
            HttpUnanswered: it may have reached Stripe.
            GatewayUnavailable: it did not.
        """
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "idempotency-key": key,
        }
        return await self._send("POST", path, what, headers, encoded(fields).encode())

    async def _send(
        self, method: str, path: str, what: str, extra: Mapping[str, str], body: bytes | None
    ) -> Answer:
        keys = (await self._context.secrets.get()).values(KEY)
        if not keys:
            raise GatewayUnavailable(f"no {KEY} is set in the secret of {self._gateway}")
        response = await self._once(method, path, extra, body, keys[0])
        for key in keys[1:]:
            # A rolled key may be refused while the other one of the secret is good. One of the
            # other mode knows other money: what it does not find says nothing.
            if response.status == 401 and _mode(key) == _mode(keys[0]):
                response = await self._once(method, path, extra, body, key)
        answer = self._read(response)
        self._note(answer, what)
        return answer

    async def _once(
        self, method: str, path: str, extra: Mapping[str, str], body: bytes | None, key: str
    ) -> Response:
        return await self._context.http.request(
            method,
            self._context.settings.address(path),
            headers={"authorization": f"Bearer {key}", "stripe-version": VERSION, **extra},
            body=body,
            timeout=self._context.request_timeout,
            limit=_SIZE_LIMIT,
        )

    def _read(self, response: Response) -> Answer:
        data: Mapping[str, Any] = {}
        try:
            data = shapes.parse(response.body)
        except ValueError:
            if response.status == 200:
                # Without its cause: a parser's error quotes the body.
                raise HttpUnanswered("Stripe's answer is no JSON object") from None
        said = shapes.mapping(data, "error")
        return Answer(
            response.status,
            data,
            shapes.code(said, "type"),
            shapes.code(said, "decline_code") or shapes.code(said, "code"),
            _lacks(said) if response.status == 403 else None,
            retry_after(response, self._context.clock.now()),
        )

    def _note(self, answer: Answer, what: str) -> None:
        told: dict[str, Any] = {"gateway": self._gateway, "what": what, "status": answer.status}
        if answer.lacks:
            told["lacks"] = answer.lacks
        # Alarms count these, by their names.
        if answer.status == 429:
            self._context.log.warning("gateway.rate_limited", **told)
        if answer.status in _DENIED:
            self._context.log.warning("gateway.denied", **told)


def encoded(fields: Fields | None) -> str:
    """Fields as Stripe takes them: `a[b]=c`, `list[0]=d`, `true`; None is left out."""
    return urlencode(list(_flat("", fields or {})))


def _flat(prefix: str, fields: Fields) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        where = f"{prefix}[{name}]" if prefix else name
        match value:
            case None:
                continue
            case Mapping():
                yield from _flat(where, cast(Fields, value))
            case list():
                places = enumerate(cast(list[Any], value))
                yield from _flat(where, {str(place): one for place, one in places})
            case bool():
                yield where, "true" if value else "false"
            case _:
                yield where, str(value)


def _lacks(error: Mapping[str, Any]) -> str | None:
    found = _LACKS.search(shapes.text(error, "message") or "")
    return found[0] if found else None


def _mode(key: str) -> str:
    """`live` or `test`, as the key says it: `rk_live_…`."""
    return key.split("_")[1] if key.count("_") > 1 else ""
