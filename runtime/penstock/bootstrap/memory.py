"""A world in memory: the same topology, gone when the process ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn

from penstock.adapters.memory import (
    MemoryAnswers,
    MemoryAttempts,
    MemoryAudit,
    MemoryDeadLetters,
    MemoryLedger,
    MemoryQueue,
    MemoryRestrictions,
    MemorySecrets,
    MemoryTokens,
    MemoryTopic,
    MemoryWatermarks,
)
from penstock.api import Clock, GatewayUnavailable, Http, Ids
from penstock.api.context import Secrets
from penstock.ports import Channel


class NoAws:
    """AWS where there is none."""

    async def call(self, service: str, operation: str, **arguments: Any) -> NoReturn:
        """Refuse."""
        raise GatewayUnavailable(f"there is no AWS in memory to call {service} of")


class MemoryWorld:
    """
    Queues, topics, ledger and tokens of one process.

    Args:
        sinks: each sink's name and the event types its queue is for; None for all.
        public_http: the way to public addresses only; `http` where it is left out, as in tests.
        secrets: each plugin's secret.
        letters_kept_for: how long a dead letter is kept (SQS: 14 days); None keeps it for ever.
        as_sent: whether queues hand on what stages send; else its text, as SQS does.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        http: Http,
        sinks: Mapping[str, Collection[str] | None],
        public_http: Http | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        letters_kept_for: timedelta | None = None,
        as_sent: bool = False,
    ) -> None:
        self.clock = clock
        self.ids = ids
        self.http = http
        self.public_http = public_http or http
        self.aws = NoAws()
        self.ledger = MemoryLedger()
        self.attempts = MemoryAttempts()
        self.tokens = MemoryTokens()
        self.audit = MemoryAudit()
        self.restrictions = MemoryRestrictions()
        self.answers = MemoryAnswers()
        self.watermarks = MemoryWatermarks()
        self._secrets = secrets or {}
        consumed = ["deliveries", "verified", "payments", *(f"sink-{name}" for name in sinks)]
        self.dead_letters = {
            name: MemoryQueue(clock, kept_for=letters_kept_for, as_sent=as_sent)
            for name in consumed
        }
        self.queues = {
            name: MemoryQueue(clock, dead_letters=self.dead_letters[name], as_sent=as_sent)
            for name in consumed
        }
        self.queues["rejected"] = MemoryQueue(clock, as_sent=as_sent)
        self._topics = {"deliveries": MemoryTopic(clock), "events": MemoryTopic(clock)}
        self._topics["deliveries"].subscribe(self.queues["deliveries"])
        for name, types in sinks.items():
            self._topics["events"].subscribe(self.queues[f"sink-{name}"], types)

    def channel(self, name: str) -> Channel:
        """A topic or queue to send to."""
        return self._topics.get(name) or self.queues[name]

    def topic(self, name: str) -> MemoryTopic:
        """A topic, for more subscribers."""
        return self._topics[name]

    def inbox(self, queue: str) -> MemoryQueue:
        """A queue to consume."""
        return self.queues[queue]

    def parked(self, queue: str) -> MemoryDeadLetters:
        """The dead letters of a queue; of `rejected` all that it holds, for deliveries."""
        if queue == "rejected":
            return MemoryDeadLetters(self.queues[queue], self.queues["deliveries"])
        return MemoryDeadLetters(self.dead_letters[queue], self.queues[queue])

    def secrets(self, plugin: str, apart: Sequence[str] = ()) -> Secrets:
        """A plugin's own secret, whole."""
        return MemorySecrets(self.clock, self._secrets.get(plugin, {}))

    async def close(self) -> None:
        """Nothing to close: the maker of the HTTP client closes it."""
