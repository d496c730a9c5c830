"""The mutants that no test has to kill, each with its reason."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutants import Mutant

LISTED = Path(__file__).with_name("survivors.toml")


@dataclass(frozen=True)
class Survivor:
    """
    One entry of `survivors.toml`.

    Attributes:
        module: the file, from the root of the checkout.
        line: as it is, without its indent.
        becomes: as the mutant has it, or empty if the line is removed.
        reason: why no test has to tell the difference.
    """

    module: str
    line: str
    becomes: str
    reason: str

    def is_of(self, mutant: Mutant) -> bool:
        """Whether it is this mutant."""
        return (self.module, self.line, self.becomes) == (
            mutant.module,
            mutant.line,
            mutant.becomes,
        )


def listed() -> list[Survivor]:
    """All of them."""
    return [Survivor(**entry) for entry in tomllib.loads(LISTED.read_text()).get("survivor", ())]
