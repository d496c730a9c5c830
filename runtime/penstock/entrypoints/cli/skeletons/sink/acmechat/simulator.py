"""AcmeChat on this machine: it keeps what it is sent."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from acmechat.sink import SECRET
from penstock.api import Simulated
from penstock.testing.simulator import with_faults

_KEPT = 1000


@dataclass(frozen=True, slots=True)
class AcmeChatSimulator:
    """The provider's stand-in."""

    messages: deque[Any] = field(default_factory=lambda: deque[Any](maxlen=_KEPT))

    @property
    def app(self) -> web.Application:
        """The application that plays the provider."""
        app = web.Application()
        app.router.add_post("/hook", self._take)
        app.router.add_get("/messages", self._show)
        return with_faults(app)

    def describe(self, url: str) -> Simulated:
        """What points the sink at it."""
        return Simulated(secret={SECRET: f"{url}/hook"})

    async def _take(self, request: web.Request) -> web.Response:
        self.messages.append(json.loads(await request.read()))
        return web.Response(status=204)

    async def _show(self, _: web.Request) -> web.Response:
        return web.json_response(list(self.messages))


def build(folder: Path) -> AcmeChatSimulator:
    """A simulator."""
    return AcmeChatSimulator()
