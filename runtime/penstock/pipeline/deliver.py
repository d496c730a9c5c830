"""Deliver: one event to one sink, once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import assert_never

from penstock.api.answers import Delivered, Refused, RetryAfter
from penstock.api.context import Clock
from penstock.api.sink import Attempt, Sink
from penstock.domain.events import Event
from penstock.errors import SinkRefused, SinkUnavailable
from penstock.pipeline import correlation
from penstock.pipeline.batch import Handled
from penstock.ports import Attempts, Message

REPLAY = "replay"
"""The attribute of an event that an operator has sent to a sink again: the replay's id."""


def attempt_key(event_id: str, replay: str | None) -> str:
    """What a delivery is remembered under: each replay delivers an event once more, and once."""
    return f"{event_id}#{replay}" if replay else event_id


@dataclass(frozen=True, slots=True)
class Deliver:
    """
    The stage of one sink: its queue, its record, its pace; no other sink waits for it.

    Attributes:
        selected: the event types it gets; None for all. The topic's filter holds the others back
            already, except what was on its way when the selection changed.
    """

    sink: Sink
    attempts: Attempts
    clock: Clock
    selected: Collection[str] | None = None

    async def __call__(self, message: Message) -> Handled:
        """
        Hand one event over, unless the sink has had it, or had it in the same replay.

        The operator who replays events selects them, so a replay ignores `selected`.

        No sink keeps idempotency keys, so a crash between the hand-over and the record delivers
        twice: at least once is what a sink gets.

        Raises:
            SinkRefused: it never will.
            SinkUnavailable: not now.
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
        answer = await self.sink.deliver(event, Attempt(message.receives))
        match answer:
            case Delivered():
                await self.attempts.record(self.sink.name, key, self.clock.now())
                return Handled(event.entity, f"{event.type} delivered")
            case RetryAfter(because, seconds):
                raise SinkUnavailable(because, retry_after=seconds)
            case Refused(because):
                raise SinkRefused(because)
            case _:
                assert_never(answer)

    def _selects(self, event: Event) -> bool:
        return self.selected is None or event.type in self.selected
