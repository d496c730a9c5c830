"""The teller in memory: each request is a charge of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from penstock.api import Simulated


@dataclass
class TellerSimulator:
    """
    Its charges.

    Attributes:
        taken: what was charged, oldest first.
    """

    app: web.Application = field(default_factory=web.Application)
    taken: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __post_init__(self) -> None:
        self.app.router.add_post("/charges", self._charge)

    def describe(self, url: str) -> Simulated:
        """What the plugin must be told to reach it."""
        return Simulated(settings={"url": url}, secret={})

    async def _charge(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if asked["minor"] % 7 == 0:
            return web.json_response({"code": "declined"}, status=402)
        charge = {"id": f"t_{len(self.taken) + 1}", **asked}
        self.taken.append(charge)
        return web.json_response({"id": charge["id"]}, status=201)


def build(folder: Path) -> TellerSimulator:
    """The simulator; it keeps nothing on disk."""
    return TellerSimulator()
