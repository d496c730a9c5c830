"""What a gateway would complain about: two workers at one operation, a request sent blindly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from penstock.api.answers import NotFound, Unanswered
from penstock.simulation.process import Process

_MOVES = (
    "charge",
    "refund",
    "capture_checkout",
    "open_checkout",
    "create_subscription",
    "collect",
)
"""The calls that move money or open something; each request has the operation's id."""


@dataclass
class Asked:
    """What was asked of a gateway for one operation."""

    by: Process | None = None
    in_doubt: bool = False


@dataclass
class Watch:
    """
    Looks at every call of every gateway.

    Attributes:
        faults: what was done that must not be done.
    """

    faults: list[str] = field(default_factory=list[str])
    _asked: dict[str, Asked] = field(default_factory=dict[str, Asked])

    def over(self, gateway: Any, process: Process) -> None:
        """Watch a gateway of a process."""
        for name in _MOVES:
            if method := getattr(gateway, name, None):
                setattr(gateway, name, self._moving(name, method, process))
        if method := getattr(gateway, "look_up", None):
            gateway.look_up = self._looking(method)

    def _moving(
        self, name: str, method: Callable[[Any], Awaitable[Any]], process: Process
    ) -> Callable[[Any], Awaitable[Any]]:
        async def call(request: Any) -> Any:
            asked = self._asked.setdefault(f"{name} {request.operation_id}", Asked())
            if asked.by is not None and asked.by.alive:
                self.faults.append(f"two workers at once: {name} {request.operation_id}")
            if asked.in_doubt and name == "charge":
                self.faults.append(f"sent again without a look-up: {request.operation_id}")
            asked.by, asked.in_doubt = process, True
            try:
                answer = await method(request)
                asked.in_doubt = isinstance(answer, Unanswered)
            finally:
                asked.by = None
            return answer

        return call

    def _looking(self, method: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def call(request: Any) -> Any:
            answer = await method(request)
            if isinstance(answer, NotFound):
                self._asked.setdefault(f"charge {request.operation_id}", Asked()).in_doubt = False
            return answer

        return call
