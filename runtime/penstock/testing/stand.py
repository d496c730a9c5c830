"""
The interface of a gateway's stand-in in `penstock.simulation`.

The module that builds a plugin's simulator offers `stand(clock, letters)`, which returns a
`Stand`: the simulator on the simulation's time, with names that come from the simulation's seed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from penstock.api import Clock, Response, Simulator
from penstock.domain.money import Money

Letters = Callable[[int], str]
"""Makes a name of that many random bytes, in hexadecimal."""


Ask = Callable[[str, str, Mapping[str, str], bytes], Awaitable[Response]]
"""Asks the simulator: method, path, headers, body."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """
    One webhook as the gateway sends it.

    Attributes:
        id: the gateway's id of the notification.
    """

    id: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One line of the gateway's own books: money that moved, once.

    Attributes:
        id: the gateway's id of the move.
        of: what it belongs to. For a charge and a capture, our payment; for a sale, the
            gateway's subscription; for a refund, the gateway's id of what was paid.
        amount: what moved, always above zero.
        back: whether it went back to the buyer.
    """

    id: str
    of: str
    amount: Money
    back: bool = False


class Stand(Protocol):
    """A gateway's stand-in in a simulation; what it cannot do is left out of the traffic."""

    @property
    def simulator(self) -> Simulator:
        """The application that plays the gateway's API."""
        ...

    @property
    def plans(self) -> Sequence[str]:
        """Plans that a buyer can subscribe to; none where there are no subscriptions."""
        ...

    @property
    def references(self) -> Sequence[str]:
        """References of an order that ask the stand-in to behave oddly, and never for ever."""
        ...

    def webhooks(self) -> Sequence[Webhook]:
        """The webhooks that the gateway has made since the last call, oldest first."""
        ...

    async def decide(self, approval_url: str, decision: str, ask: Ask) -> str | None:
        """
        The buyer decides at that address: `approve`, `decline` or `cancel`.

        Returns the address to which the gateway sends the buyer back; None where nothing waits.
        """
        ...

    async def time_passes(self, ask: Ask) -> None:
        """Do what has come due at the gateway, such as billing."""
        ...

    async def happens(self, choose: Random, ask: Ask) -> None:
        """Something that we did not ask for: a payment fails, a refund by hand, a dispute."""
        ...

    def books(self) -> Sequence[Entry]:
        """All money that moved, oldest first."""
        ...

    def invoices(self) -> Mapping[str, Sequence[str]]:
        """
        The status of each invoice that is not cancelled, by the gateway's id of what was paid.

        `draft` for one that no buyer has seen, `open` for one that can be paid, else `paid`.
        """
        ...

    def subscriptions(self) -> Mapping[str, str]:
        """The status of each subscription, by the gateway's id, in the API's words."""
        ...


Build = Callable[[Clock, Letters], Stand]
"""What `stand` is."""
