"""A sink that hears every event, and may fail to say so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from penstock.adapters.memory import MemoryAttempts
from penstock.api import Attempt, Context, Delivered, Event, Register, RetryAfter, Sink, hookimpl
from penstock.api.answers import Delivering, Refused
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
        replayed: the ids of events that an operator has replayed.
        refused: the ids of events that a sink has refused once: they were parked.
        attempts: where deliveries are recorded.
    """

    chance: Chance
    events: dict[str, list[Event]] = field(default_factory=lambda: {NAME: [], SELECTED: []})
    copies: list[str] = field(default_factory=list[str])
    replayed: set[str] = field(default_factory=set[str])
    refused: set[str] = field(default_factory=set[str])
    attempts: MemoryAttempts | None = None
    _bad: dict[int, bool] = field(default_factory=dict[int, bool])

    def danger(self) -> float:
        """By how much a sink fails more often than a port."""
        spell = int(asyncio.get_running_loop().time() // _SPELL)
        if self.chance.share and spell not in self._bad:
            self._bad[spell] = self.chance.is_lucky(0.5)
        return 0.6 / self.chance.share if self.chance.share and self._bad[spell] else 1.0


_SPELL = 1800.0
"""Seconds for which a sink works well, or badly: then the events of one entity pile up."""


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
        if chance.share and event.id not in self._heard.refused and chance.is_lucky(0.02):
            self._heard.refused.add(event.id)
            return Refused("it does not want it")
        match chance.fate(self._heard.danger()):
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
        if recorded and event.id not in self._heard.replayed:
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
