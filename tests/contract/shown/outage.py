"""A house whose ports can fail, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Any

from penstock.api import GatewayUnavailable
from penstock.bootstrap.memory import MemoryWorld
from penstock.errors import ChannelUnavailable, LedgerUnavailable, TransientError
from penstock.ports import Channel
from tests.contract.shown.account import Account
from tests.contract.shown.house import House

SECRET = "hunter2"  # noqa: S105 - stands for what an error of a port quotes
STORES = ("ledger", "tokens", "audit", "restrictions", "answers", "attempts")
CHANNELS = ("deliveries", "payments", "events")
GATEWAY = "paypal"
PORTS: dict[str, type[TransientError]] = {
    **dict.fromkeys(STORES, LedgerUnavailable),
    **dict.fromkeys(CHANNELS, ChannelUnavailable),
    GATEWAY: GatewayUnavailable,
}
"""What each port raises when it gives no answer."""


@dataclass(slots=True)
class Outage:
    """
    Which port fails, and how.

    Attributes:
        port: None while all is well.
        late: whether it does what it is asked first: then only its answer is lost.
        asked: the ports that were asked since it began.
    """

    port: str | None = None
    late: bool = False
    asked: set[str] = field(default_factory=set[str])

    def begin(self, port: str | None, *, late: bool) -> None:
        """Have a port fail from now on; None only watches which are asked."""
        self.port, self.late, self.asked = port, late, set()

    def watched(self, port: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """A port's method, which fails while its port does."""

        async def call(*args: Any, **kwargs: Any) -> Any:
            self.asked.add(port)
            if self.port != port:
                return await method(*args, **kwargs)
            if self.late:
                await method(*args, **kwargs)
            raise PORTS[port](SECRET)

        return call


class Failing:
    """A port that fails while it has an outage."""

    def __init__(self, port: str, inner: Any, outage: Outage) -> None:
        self._port, self._inner, self._outage = port, inner, outage

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._outage.watched(self._port, found) if iscoroutinefunction(found) else found


@dataclass
class Silent(Account):
    """A PayPal that gives no answer while it has an outage."""

    outage: Outage = field(default_factory=Outage)

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or not iscoroutinefunction(found):
            return found
        return self.outage.watched(GATEWAY, found)


def failing_house() -> tuple[House, Outage]:
    """A house where all is well, and what ends that."""
    outage = Outage()

    class World(MemoryWorld):
        def __init__(self, **rest: Any) -> None:
            super().__init__(**rest)
            for port in STORES:
                setattr(self, port, Failing(port, getattr(self, port), outage))

        def channel(self, name: str) -> Channel:
            made: Any = Failing(name, super().channel(name), outage)
            return made

    return House(world_of=World, paypal=Silent(outage=outage)), outage
