"""How deliveries go wrong on demand: lost, or overtaken by later ones."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class DeliveryFault(BaseModel):
    """
    One way a webhook goes wrong, for the events it matches.

    Attributes:
        event_type: a regular expression that is searched for in the event's type.
        lost: the event is in PayPal's list, and its webhook is never sent.
        hold: keep the webhook back until so many later ones were sent.
        times: how many webhooks it is for; all, when left out.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    event_type: str = ""
    lost: bool = False
    hold: int | None = Field(None, ge=1)
    times: int | None = Field(None, ge=1)

    @field_validator("event_type")
    @classmethod
    def _pattern(cls, event_type: str) -> str:
        try:
            re.compile(event_type)
        except re.error as exc:
            raise ValueError("event_type must be a regular expression") from exc
        return event_type

    @model_validator(mode="after")
    def _one(self) -> DeliveryFault:
        if self.lost == (self.hold is not None):
            raise ValueError("give either lost or hold")
        return self


class DeliveryFaults:
    """The faults that wait for their webhooks; the first that matches is used."""

    def __init__(self) -> None:
        self._pending: list[tuple[DeliveryFault, list[int]]] = []

    def add(self, faults: list[DeliveryFault]) -> None:
        """Add some."""
        self._pending.extend((fault, [0]) for fault in faults)

    def clear(self) -> None:
        """Forget all of them."""
        self._pending.clear()

    def take(self, event_type: Any) -> DeliveryFault | None:
        """The fault of a webhook about such an event, one of its times used up."""
        for entry in self._pending:
            fault, used = entry
            if re.search(fault.event_type, str(event_type)):
                used[0] += 1
                if used[0] == fault.times:
                    self._pending.remove(entry)
                return fault
        return None
