"""The adapters that a platform is made of, behind their ports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from penstock.api.context import Aws, Clock, Http, Ids, Secrets
from penstock.ports import (
    Answers,
    Attempts,
    Audit,
    Channel,
    DeadLetters,
    Inbox,
    Ledger,
    Restrictions,
    Tokens,
    Watermarks,
)


class World(Protocol):
    """One set of adapters; each is made when it is first asked for."""

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def ids(self) -> Ids:
        """New ids."""
        ...

    @property
    def http(self) -> Http:
        """Outgoing HTTP, for plugins."""
        ...

    @property
    def public_http(self) -> Http:
        """The same to public addresses only, for URLs that somebody else chose."""
        ...

    @property
    def aws(self) -> Aws:
        """AWS, for plugins."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Facts, seen ids and unsent events."""
        ...

    @property
    def attempts(self) -> Attempts:
        """Which events each sink was given."""
        ...

    @property
    def tokens(self) -> Tokens:
        """The API's bearer tokens."""
        ...

    @property
    def audit(self) -> Audit:
        """What operators did."""
        ...

    @property
    def restrictions(self) -> Restrictions:
        """What operators have restricted."""
        ...

    @property
    def answers(self) -> Answers:
        """What was answered to operators' requests."""
        ...

    @property
    def watermarks(self) -> Watermarks:
        """How far gateways' lists were compared with the ledger."""
        ...

    def channel(self, name: str) -> Channel:
        """A topic (deliveries, events) or queue (verified, rejected, payments) to send to."""
        ...

    def inbox(self, queue: str) -> Inbox:
        """A queue to consume: deliveries, verified, payments, sink-<name>."""
        ...

    def parked(self, queue: str) -> DeadLetters:
        """The dead letters of a queue; of `rejected` all that it holds, for deliveries."""
        ...

    def secrets(self, plugin: str, apart: Sequence[str] = ()) -> Secrets:
        """
        A plugin's own secret.

        Args:
            apart: the fields that authenticate its webhooks and lie in a secret of their own.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and threads."""
        ...
