"""A baseline: what was published of a contract, to compare with what it is now."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.contract.event_schemas import CONTRACTS

Change = Callable[[Any], None]
"""Changes a contract in place."""


@dataclass(frozen=True)
class Baseline:
    """
    What was published of one contract.

    Attributes:
        name: of its file, `contracts/<name>-baseline.json`.
        present: the contract as it is now; a new one each time.
        breaking: from one state of the contract to another, what breaks people, one line each.
    """

    name: str
    present: Callable[[], Any]
    breaking: Callable[[Any, Any], Iterable[str]]

    def broken(self) -> list[str]:
        """Say what was broken since the baseline was renewed."""
        kept = json.loads((CONTRACTS / f"{self.name}-baseline.json").read_text("utf-8"))
        return list(self.breaking(kept, self.present()))

    def broken_by(self, change: Change) -> list[str]:
        """Say what a change of the present contract would break."""
        changed = copy.deepcopy(self.present())
        change(changed)
        return list(self.breaking(self.present(), changed))

    def renew(self) -> None:
        """Keep the present contract as the baseline."""
        text = json.dumps(self.present(), indent=1, ensure_ascii=False)
        (CONTRACTS / f"{self.name}-baseline.json").write_text(f"{text}\n", "utf-8")
