"""A sink that hears every event, and may fail to say so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from penstock.adapters.memory import MemoryAttempts
from penstock.api import Attempt, Context, Delivered, Event, Register, RetryAfter, Sink, hookimpl
from penstock.api.answers import Delivering
from penstock.simulation.chance import Chance, Fate
from penstock.simulation.process import FOREVER

NAME = "ear"
SELECTED = "cashier"
"""A second sink, for some types of events only."""
PAID = ("payment.succeeded", "payment.refunded")


@dataclass
class Heard:
    """
    What the sinks were given.

    Attributes:
        events: by sink, in the order they came, copies included.
        copies: events that were given although their delivery was on record.
        attempts: where deliveries are recorded.
    """

    chance: Chance
    events: dict[str, list[Event]] = field(default_factory=lambda: {NAME: [], SELECTED: []})
    copies: list[str] = field(default_factory=list[str])
    attempts: MemoryAttempts | None = None


_DANGER = 5.0
"""Sinks are out for a while, so that events of one entity pile up."""


class EarSettings(BaseModel):
    """It needs none."""

    model_config = ConfigDict(extra="forbid")


class Ear:
    """Hears."""

    def __init__(self, heard: Heard, name: str = NAME) -> None:
        self.name = name
        self._heard = heard

    def accepts(self, event: Event) -> bool:
        """All of them."""
        return True

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        """Hear an event, or not, and say so, or not."""
        chance = self._heard.chance
        known = self._heard.attempts
        before = known is not None and await known.delivered(self.name, event.id)
        match chance.fate(_DANGER):
            case Fate.not_begun | Fate.dies | Fate.late:
                return RetryAfter("it is busy", chance.delay(1.0, 30.0))
            case Fate.hangs:
                await asyncio.sleep(FOREVER)
                return RetryAfter("it is busy", None)
            case Fate.unanswered | Fate.dies_done:
                self._hear(event, before)
                return RetryAfter("it gave no answer", None)
            case Fate.hangs_done:
                self._hear(event, before)
                await asyncio.sleep(FOREVER)
                return RetryAfter("it gave no answer", None)
            case _:
                await asyncio.sleep(chance.latency())
                self._hear(event, before)
                return Delivered()

    def _hear(self, event: Event, recorded: bool) -> None:
        self._heard.events[self.name].append(event)
        if recorded:
            self._heard.copies.append(event.id)


def plugin(heard: Heard) -> object:
    """The plugin that brings the two sinks."""

    def ear(context: Context[EarSettings]) -> Ear:
        return Ear(heard)

    def cashier(context: Context[EarSettings]) -> Ear:
        return Ear(heard, SELECTED)

    class Ears:
        """Offers them."""

        __name__ = "ears"

        @hookimpl
        def penstock_register_sinks(self, register: Register[Sink]) -> None:
            """Offer both."""
            register(name=NAME, settings=EarSettings, build=ear)
            register(name=SELECTED, settings=EarSettings, build=cashier, events=PAID)

    return Ears()
