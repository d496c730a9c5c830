"""The teller as `penstock.simulation` plays it: its books, and what a person sees in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from penstock.api import Clock, Money
from penstock.testing.stand import Entry, Letters, Stand
from teller.simulator import TellerSimulator


@dataclass
class TellerStand(Stand):
    """It has charges only."""

    simulator: TellerSimulator = field(default_factory=TellerSimulator)

    def books(self) -> Sequence[Entry]:
        """The charges."""
        return [
            Entry(one["id"], one["payment"], Money(one["minor"], one["currency"]))
            for one in self.simulator.taken
        ]

    def done(self, operation_id: str) -> str | None:
        """The charge that names the operation."""
        named = (one["id"] for one in self.simulator.taken if one["operation"] == operation_id)
        return next(named, None)


def stand(clock: Clock, letters: Letters) -> TellerStand:
    """The teller; it tells no time, and its ids are numbers."""
    return TellerStand()
