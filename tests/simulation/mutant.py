"""A fault to put into a copy of the code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """
    One safeguard taken away.

    Attributes:
        file: below `runtime/penstock`.
        before: the text that is replaced, which must be there once.
        gateway: the one that needs the safeguard.
    """

    name: str
    file: str
    before: str
    after: str
    gateway: str = "example"
