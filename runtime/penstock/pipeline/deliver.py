"""Deliver: one event to one sink, once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from penstock.api.answers import Delivered, Gone, Refused, RetryAfter
from penstock.api.context import Clock
from penstock.api.sink import Attempt, Sink
from penstock.domain.events import Event
from penstock.errors import SinkRefused, SinkUnavailable
from penstock.pipeline import correlation
from penstock.pipeline.batch import Handled
from penstock.ports import Attempts, Message

if TYPE_CHECKING:
    # Only the sinks that have a schedule need it.
    from penstock.pipeline.endpoint import Endpoint

REPLAY = "replay"
"""The attribute of an event that an operator has sent to a sink again: the replay's id."""


def attempt_key(event_id: str, replay: str | None) -> str:
    """The key under which a delivery is remembered; each replay has its own."""
    return f"{event_id}#{replay}" if replay else event_id


@dataclass(frozen=True, slots=True)
class Deliver:
    """
    The stage of one sink. Each sink has a queue of its own, so that none waits for another.

    Attributes:
        selected: the event types it gets; None for all. The topic's filter holds the others
            back, except those on their way when the selection changed.
        endpoint: what is known of the endpoint of a sink that retries at times of its own.
    """

    sink: Sink
    attempts: Attempts
    clock: Clock
    selected: Collection[str] | None = None
    endpoint: Endpoint | None = None

    async def __call__(self, message: Message) -> Handled:
        """
        Hand one event over, unless the sink was given it before, or in the same replay.

        The operator who replays events selects them, so a replay ignores `selected`.

        Sinks keep no idempotency keys, so a crash between the hand-over and the record delivers
        the event twice: delivery is at least once.

        Raises:
            SinkRefused: the sink will never take it, or its endpoint is disabled.
            SinkUnavailable: the sink does not take it now.
        """
        event = Event.loads(message.body)
        correlation.bind(
            event_id=event.id,
            entity=event.entity,
            delivery_id=message.attributes.get(correlation.DELIVERY),
        )
        replay = message.attributes.get(REPLAY)
        selected = replay is not None or self._selects(event)
        # During a deployment newer code may publish what this code has no words for.
        if not event.known or not selected or not self.sink.accepts(event):
            return Handled(event.entity, "skipped")
        key = attempt_key(event.id, replay)
        if await self.attempts.delivered(self.sink.name, key):
            return Handled(event.entity, "duplicate")
        endpoint = self.endpoint
        trouble = await endpoint.admit(message, replayed=replay is not None) if endpoint else None
        answer = await self.sink.deliver(event, Attempt(message.receives))
        match answer:
            case Delivered():
                # Before the record: without it the event comes again, and this is noted then.
                if endpoint:
                    await endpoint.took()
                await self.attempts.record(self.sink.name, key, self.clock.now())
                return Handled(event.entity, f"{event.type} delivered")
            case RetryAfter(because, seconds, tried):
                if endpoint and tried:
                    await endpoint.failed(trouble, message, because, seconds)
                raise SinkUnavailable(because, retry_after=seconds)
            case Gone(because):
                if endpoint:
                    await endpoint.gone(because)
                raise SinkRefused(because)
            case Refused(because):
                raise SinkRefused(because)
            case _:
                assert_never(answer)

    def _selects(self, event: Event) -> bool:
        return self.selected is None or event.type in self.selected
