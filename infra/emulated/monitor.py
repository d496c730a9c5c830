"""The monitor that makes what the program declares, on the emulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.emulated.deployment import Deployment
from infra.emulated.kind import Clients
from infra.emulated.lookups import lookup
from infra.graph.monitor import Declared, Made, ProgramMonitor


class EmulatedMonitor(ProgramMonitor):
    """Makes every resource by its handler."""

    def __init__(self, clients: Clients, deployment: Deployment) -> None:
        super().__init__()
        self._clients = clients
        self._deployment = deployment

    def realise(self, declared: Declared) -> Made | None:
        """Make it; a component is nothing by itself."""
        return self._deployment.register(declared) if declared.custom else None

    def answer(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer what the program looks up."""
        return lookup(self._clients, token, arguments)
