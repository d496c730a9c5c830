"""
A stand-in for Slack's incoming webhooks, with a page that shows what was posted.

    POST   /services/T000/B000/{token}   an incoming webhook, as strict as Slack
    GET    /                             the messages, for people
    GET    /messages                     the messages as JSON, oldest first, with `received_at`
    DELETE /messages                     forget them
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, select_autoescape

from penstock.api import Simulated
from penstock.testing.simulator import with_faults
from penstock_slack.simulator.mrkdwn import shown, to_html
from penstock_slack.simulator.rules import refusal

_WEBHOOK = "/services/T000/B000/local"
_KEPT = 1000


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class SlackSimulator:
    """One channel in memory."""

    now: Callable[[], datetime] = _now
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    app: web.Application = field(default_factory=web.Application)

    def __post_init__(self) -> None:
        self.app.router.add_post("/services/{team}/{hook}/{token}", self._post)
        self.app.router.add_get("/", self._page)
        self.app.router.add_get("/messages", self._list)
        self.app.router.add_delete("/messages", self._forget)
        with_faults(self.app, "slack")

    def describe(self, url: str) -> Simulated:
        """What the plugin must be told to post here."""
        root = url.rstrip("/")
        return Simulated(
            secret={"webhook_url": f"{root}{_WEBHOOK}"},
            profile={"webhook_url_prefix": f"{root}/services/"},
        )

    async def _post(self, request: web.Request) -> web.Response:
        if request.path != _WEBHOOK:
            return web.Response(status=404, text="no_service")
        try:
            payload: Any = json.loads(await request.read())
        except ValueError:
            payload = None
        code = refusal(payload)
        if code:
            return web.Response(status=400, text=code)
        self.messages.append(
            {
                "received_at": self.now().isoformat(),
                "text": payload.get("text", ""),
                "blocks": payload.get("blocks", []),
                "mrkdwn": payload.get("mrkdwn", True),
            }
        )
        del self.messages[:-_KEPT]
        return web.Response(text="ok")

    async def _page(self, _: web.Request) -> web.Response:
        page = _templates().get_template("channel.html")
        html = page.render(messages=self.messages[::-1], mrkdwn=to_html, shown=shown)
        return web.Response(text=html, content_type="text/html")

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response(self.messages)

    async def _forget(self, _: web.Request) -> web.Response:
        self.messages.clear()
        return web.Response(status=204)


def build(folder: Path) -> SlackSimulator:
    """The simulator; it keeps nothing on disk."""
    return SlackSimulator()


def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("penstock_slack.simulator"), autoescape=select_autoescape()
    )
