"""A sink: where events go."""

from __future__ import annotations

from collections.abc import Sequence
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
class Scheduled(Protocol):
    """
    A sink that retries at times of its own, and whose endpoint is disabled after long failure.

    An event that the endpoint has not taken at the last of these times is parked. If the endpoint
    has taken nothing else meanwhile, it is disabled: later events are parked at once, until one
    that an operator sent again (`penstock dlq redrive`, `penstock events replay`) is taken.
    """

    @property
    def retries(self) -> Sequence[float]:
        """Seconds after an event's first try, ascending, at most 11 hours apart."""
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
