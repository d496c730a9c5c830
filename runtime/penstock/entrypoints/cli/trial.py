"""One run of `penstock smoke`: what it sends, how long it waits, and what it has seen so far."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from penstock.api import MOCK
from penstock.bootstrap.aws import AwsWorld
from penstock.domain.events import Event
from penstock.entrypoints.cli.session import Code, CommandError
from penstock.entrypoints.cli.stack import Stack

T = TypeVar("T")
CHARGED = "example"
"""The plugin whose charges may be played: it needs no account anywhere."""
_LOOK_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Proof:
    """
    What one check found.

    Attributes:
        ok: whether it is proved; None for what cannot be proved in this way.
        todo: where to look, if it failed.
    """

    check: str
    said: str
    ok: bool | None = True
    todo: str | None = None

    def view(self) -> Mapping[str, Any]:
        """It for programs."""
        return {"check": self.check, "ok": self.ok, "said": self.said, "todo": self.todo}

    @classmethod
    def failed(cls, check: str, said: str, todo: str | None = None) -> Proof:
        """What is not as it must be."""
        return cls(check, said, False, todo)


@dataclass(slots=True)
class Trial:
    """
    One run.

    Attributes:
        gateway: the name of the gateway that is charged.
        payment: the id of its payment, new in each run; its webhook's begins alike.
        began: by this machine's clock.
        until: when waiting for effects ends; each check looks once at least.
        delivery: the id of its webhook, once the API has taken it.
        events: of its payment, oldest first, once it has succeeded.
    """

    stack: Stack
    world: AwsWorld = field(repr=False)
    gateway: str
    payment: str
    began: datetime
    until: datetime
    delivery: str | None = None
    events: tuple[Event, ...] = ()

    @classmethod
    def of(cls, stack: Stack, world: AwsWorld, wait: float) -> Trial:
        """
        Begin a run.

        Raises:
            CommandError: the stack would charge real money, or nothing.
        """
        gateway = _without_money(stack)
        now = world.clock.now()
        name = f"smoke-{world.ids.new().replace('-', '')[:12]}"
        return cls(stack, world, gateway, name, now, now + timedelta(seconds=wait))

    def command(self, words: str) -> str:
        """A command of this stack, to be typed as it stands."""
        return f"penstock --stack {self.stack.name} {words}"

    async def seen(
        self, look: Callable[[], Awaitable[T | None]], until: datetime | None = None
    ) -> T | None:
        """
        What `look` finds as soon as it finds something; None when the time is up.

        Args:
            until: when waiting ends, where that is not when waiting for effects ends.
        """
        end = until or self.until
        while (found := await look()) is None and self.world.clock.now() < end:
            await self.world.clock.sleep(_LOOK_EVERY)
        return found


Check = Callable[[Trial], AsyncIterator[Proof]]


def _without_money(stack: Stack) -> str:
    """The gateway that a mock or a simulator plays."""
    instances = stack.instances(CHARGED)
    simulators = stack.outputs.get("simulators", {})
    for name in instances:
        settings = stack.outputs["gateways"][name]
        address = simulators.get(name)
        # A setting that is written down goes before the simulator's.
        simulated = address and any(str(one).startswith(address) for one in settings.values())
        if MOCK in settings.values() or simulated:
            return name
    add = f"penstock:gateways.{CHARGED}.request_uri: {MOCK}"
    if not instances:
        raise CommandError(
            f"the stack {stack.name} has no gateway {CHARGED}, so there is nothing to charge "
            f"without money; in a trial stack add {add}",
            Code.configuration,
        )
    raise CommandError(
        f"the gateway {instances[0]} of {stack.name} is a real one, and a charge would move "
        f"money; nothing was done (smoke needs {add})",
        Code.refused,
    )
