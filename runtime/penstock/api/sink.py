"""A sink: where events go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from penstock.api.answers import Delivering
from penstock.domain.events import Event


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at one sink; `number` counts from 1."""

    number: int


@runtime_checkable
class Reaches(Protocol):
    """
    A sink whose service can be asked whether its messages arrive.

    No stage needs it: only `penstock doctor` asks.
    """

    async def unreachable(self) -> str | None:
        """
        Why its messages would not arrive, and what to do; None if they would. Names no address.

        Raises:
            AwsError, GatewayUnavailable: the service did not say.
        """
        ...


@runtime_checkable
class Sink(Protocol):
    """Somewhere that events go: Slack, e-mail, …"""

    @property
    def name(self) -> str:
        """The name it is registered under."""
        ...

    def accepts(self, event: Event) -> bool:
        """Whether this sink takes the event; other events are skipped."""
        ...

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        """Hand the event over; never raises for what the sink may answer."""
        ...
