"""
The interface of a gateway's stand-in in `penstock.simulation`.

The module that builds a plugin's simulator offers `stand(clock, letters)`, which returns a
`Stand`: the simulator on the simulation's time, with names that come from the simulation's seed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from penstock.api import Clock, Response
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
        signed: makes its signature anew for each sending, where one is good for a while only.
    """

    id: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    signed: Callable[[], Mapping[str, str]] = field(default=dict[str, str], repr=False)


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
        since: when the period began that it pays for, if a declined payment was taken later.
    """

    id: str
    of: str
    amount: Money
    back: bool = False
    since: datetime | None = None


class Stand:
    """
    A gateway's stand-in in a simulation; what it cannot do is left out of the traffic.

    Inherit from it, and write what your gateway has: `simulator` and `books` are enough for one
    that only takes charges.

    Attributes:
        simulator: the application that plays the gateway's API, a `penstock.api.Simulator`.
        plans: those that a buyer can subscribe to; none where there are no subscriptions.
        references: references of an order that ask the stand-in to behave oddly, and never for
            ever.
        meddles: whether others move money there, too: people at its own pages, buyers with their
            banks. A refund or a collection of ours may then end in doubt, and a person must look.
        retries: whether a subscription's payment that was declined is tried again as the same
            payment, as PaymentIntents are; else each try is a payment of its own.
    """

    simulator: Any
    plans: Sequence[str] = ()
    references: Sequence[str] = ()
    meddles: bool = False
    retries: bool = False

    def order(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """An order with what the gateway needs besides, such as the card that pays."""
        return order

    def webhooks(self) -> Sequence[Webhook]:
        """The webhooks that the gateway has made since the last call, oldest first."""
        return ()

    async def decide(self, approval_url: str, decision: str, ask: Ask) -> str | None:
        """
        The buyer decides at that address: `approve`, `decline` or `cancel`.

        Returns the address to which the gateway sends the buyer back; None where nothing waits.
        """
        return None

    async def time_passes(self, ask: Ask) -> None:
        """Do what has come due at the gateway, such as billing."""

    async def happens(self, choose: Random, ask: Ask) -> None:
        """Something that we did not ask for: a payment fails, a refund by hand, a dispute."""

    def books(self) -> Sequence[Entry]:
        """All money that moved, oldest first."""
        return ()

    def done(self, operation_id: str) -> str | None:
        """
        The gateway's id of what it did for an operation of ours; None if it did nothing.

        A person looks it up there before an operation is resolved by hand.
        """
        return None

    def invoices(self) -> Mapping[str, Sequence[str]]:
        """
        The status of each invoice that is not cancelled, by the gateway's id of what was paid.

        `draft` for one that no buyer has seen, `open` for one that can be paid, `twice` for one
        that was recorded as paid or not and that its buyer paid as well, else `paid`.
        """
        return {}

    def recorded_back(self) -> Mapping[str, int]:
        """What invoices show as gone back, in minor units, by the id of what was paid."""
        return {}

    def owing(self) -> Sequence[str]:
        """The gateway's ids of subscriptions whose buyers owe something that can be collected."""
        return ()

    def subscriptions(self) -> Mapping[str, str]:
        """The status of each subscription, by the gateway's id, in the API's words."""
        return {}


Build = Callable[[Clock, Letters], Stand]
"""What `stand` is."""
