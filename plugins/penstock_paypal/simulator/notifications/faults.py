"""How deliveries go wrong on demand: lost, or overtaken by later ones."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field, model_validator

from penstock.testing.faults import Limited, Pattern


class DeliveryFault(Limited):
    """
    One way a webhook goes wrong, for the events it matches.

    Attributes:
        event_type: a regular expression that is searched for in the event's type.
        lost: the event is in PayPal's list, and its webhook is never sent.
        hold: keep the webhook back until so many later ones were sent.
    """

    event_type: Pattern = ""
    lost: bool = False
    hold: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _one(self) -> DeliveryFault:
        if self.lost == (self.hold is not None):
            raise ValueError("give either lost or hold")
        return self

    def matches(self, event_type: Any) -> bool:
        """Whether it is for a webhook about such an event."""
        return re.search(self.event_type, str(event_type)) is not None
