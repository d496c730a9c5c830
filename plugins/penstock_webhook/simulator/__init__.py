"""
An endpoint that takes signed webhooks, with a page that shows the events it got.

    POST   /webhooks   an event; 401 unless its signature holds and its time is within five minutes
    GET    /           the events, for people, the newest first
    GET    /events     the events as JSON, oldest first: `id`, `received_at`, `copies`, `event`
    DELETE /events     forget them
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, select_autoescape

from penstock.api import Simulated
from penstock.testing.simulator import with_faults
from penstock_webhook import signing

_PATH = "/webhooks"
_TOLERANCE = 300.0
"""Seconds that a try may be older or newer than our clock."""
_KEPT = 1000


def _now() -> datetime:
    return datetime.now(UTC)


def _secret() -> str:
    return signing.PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(slots=True)
class Endpoint:
    """One endpoint in memory; a repeated event is kept once, as `webhook-id` asks for."""

    now: Callable[[], datetime] = _now
    ahead: timedelta = timedelta()
    secret: str = field(default_factory=_secret, repr=False)
    events: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    app: web.Application = field(default_factory=web.Application)

    def __post_init__(self) -> None:
        self.app.router.add_post(_PATH, self._take)
        self.app.router.add_get("/", self._page)
        self.app.router.add_get("/events", self._list)
        self.app.router.add_delete("/events", self._forget)
        self.app.router.add_post("/_simulator/clock", self._advance)
        with_faults(self.app)

    def describe(self, url: str) -> Simulated:
        """What the plugin must be told to post here."""
        root = url.rstrip("/")
        return Simulated(
            settings={"url": f"{root}{_PATH}"},
            secret={"signing_secret": self.secret},
            profile={"url_prefix": f"{root}/"},
        )

    def _clock(self) -> datetime:
        return self.now() + self.ahead

    async def _advance(self, request: web.Request) -> web.Response:
        """Move its clock by `advance` seconds, as who sends moves theirs."""
        self.ahead += timedelta(seconds=float((await request.json())["advance"]))
        return web.Response(status=204)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not self._holds(request, body):
            return web.Response(status=401, text="the signature does not hold")
        identity = request.headers["webhook-id"]
        kept = self.events.setdefault(
            identity,
            {
                "id": identity,
                "received_at": self._clock().isoformat(),
                "copies": 0,
                "event": json.loads(body),
            },
        )
        kept["copies"] += 1
        while len(self.events) > _KEPT:
            del self.events[next(iter(self.events))]
        return web.Response(status=204)

    def _holds(self, request: web.Request, body: bytes) -> bool:
        key = signing.key(self.secret)
        identity, stamp, claimed = (
            request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
        )
        if key is None or not identity or not stamp.isascii() or not stamp.isdecimal():
            return False
        if abs(self._clock().timestamp() - int(stamp)) > _TOLERANCE:
            return False
        at = datetime.fromtimestamp(int(stamp), UTC)
        expected = signing.headers(identity, at, body, [key])["webhook-signature"].encode()
        return any(
            hmac.compare_digest(expected, one.encode(errors="replace")) for one in claimed.split()
        )

    async def _page(self, _: web.Request) -> web.Response:
        events = [
            {**one, "text": json.dumps(one["event"]["data"], indent=2, ensure_ascii=False)}
            for one in reversed(self.events.values())
        ]
        html = _templates().get_template("endpoint.html").render(events=events)
        return web.Response(text=html, content_type="text/html")

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response(list(self.events.values()))

    async def _forget(self, _: web.Request) -> web.Response:
        self.events.clear()
        return web.Response(status=204)


def build(folder: Path) -> Endpoint:
    """The simulator; it keeps nothing on disk."""
    return Endpoint()


def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("penstock_webhook.simulator"), autoescape=select_autoescape()
    )
