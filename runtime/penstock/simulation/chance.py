"""What goes wrong and when: every choice comes from one seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Fate(StrEnum):
    """What becomes of one call of a port."""

    fine = "fine"
    slow = "slow"
    not_begun = "not_begun"
    """It fails, and had no effect."""
    unanswered = "unanswered"
    """It fails, and had its effect."""
    hangs = "hangs"
    """It hangs past every limit without an effect."""
    hangs_done = "hangs_done"
    """It hangs past every limit, and had its effect."""
    late = "late"
    """It fails, and has its effect minutes later."""
    dies = "dies"
    """The host dies before the effect."""
    dies_done = "dies_done"
    """The host dies once the effect is there."""


_FAULTS = (
    Fate.slow,
    Fate.not_begun,
    Fate.unanswered,
    Fate.hangs,
    Fate.hangs_done,
    Fate.late,
    Fate.dies,
    Fate.dies_done,
)
_WEIGHTS = (3, 6, 6, 2, 2, 4, 1, 1)


@dataclass(slots=True)
class Chance:
    """
    The seed's choices.

    Attributes:
        share: of the calls of all ports that meet a fault.
        met: how often each fault was met.
    """

    random: Random
    share: float = 0.0
    met: Counter[Fate] = field(default_factory=Counter[Fate])

    def fate(self, times: float = 1.0) -> Fate:
        """
        What becomes of the next call.

        Args:
            times: by how much it is in more danger than others.
        """
        if not self.share or self.random.random() >= self.share * times:
            return Fate.fine
        fate = self.random.choices(_FAULTS, _WEIGHTS)[0]
        self.met[fate] += 1
        return fate

    def latency(self) -> float:
        """How long a call that goes well takes, in seconds; no time while nothing fails."""
        return self.random.random() ** 4 * 0.4 if self.share else 0.0

    def delay(self, least: float, most: float) -> float:
        """Some seconds."""
        return self.random.uniform(least, most)

    def is_lucky(self, share: float) -> bool:
        """Whether one of that share of all chances comes true."""
        return self.random.random() < share

    def letters(self, size: int) -> str:
        """A name of that many bytes, in hexadecimal."""
        return f"{self.random.getrandbits(8 * size):0{2 * size}x}"

    def new(self) -> str:
        """A name that nobody has had before: the port `Ids`."""
        return self.letters(16)
